import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describeFolder, detected, findNearMisses, notDetected, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';

/** Without a package.json, only names that nobody gives to anything but a server. */
const ENTRY_FILES = ['package.json', 'server.js', 'server.mjs', 'server.cjs', 'app.js', 'app.mjs', 'app.cjs'];

/** Passes for more than build can handle, so that build can explain what is missing. */
export function detect(context: DetectContext): DetectOutcome {
  if (ENTRY_FILES.some((name) => isFile(join(context.applicationDirectory, name)))) return detected({ provides: ['node'], requires: ['node'] });
  return notDetected({
    lookedFor: ['package.json', 'server.js', 'app.js'],
    nearMisses: findNearMisses(context.applicationDirectory, ['package.json']),
    note: describeFolder(context.applicationDirectory),
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
