import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFile } from './file-kind.ts';
import { detected, type DetectOutcome, type DetectPlan } from './buildpack.ts';

/**
 * A passed detection of a language whose application may have a front end built by Node.js: with a package.json at the root, a plan
 * that requires `frontend` besides its own comes before the plan alone, each of the alternatives likewise. The Node.js buildpack
 * provides it: it runs the `build` script and leaves its output in the application, and nothing of Node.js in the image.
 */
export function detectedWithFrontend(applicationDirectory: string, plan: DetectPlan, ...alternatives: readonly DetectPlan[]): DetectOutcome {
  const plans = [plan, ...alternatives];
  const withFrontend = isFile(join(applicationDirectory, 'package.json'))
    ? plans.map((one): DetectPlan => ({ ...one, requires: [...(one.requires ?? []), 'frontend'] }))
    : [];
  const [first, ...others] = [...withFrontend, ...plans];
  return detected(first, ...others);
}

/** Files that Node.js applications start when their package.json names nothing. */
const SERVER_FILES = ['server.js', 'server.mjs', 'server.cjs', 'app.js', 'app.mjs', 'app.cjs'];

/**
 * What starts the application as a Node.js server, in words: `the "start" script of package.json`, `server.js`; undefined when there is
 * nothing. A buildpack of another language that finds no entry point of its own leaves such an application alone.
 */
export function findNodeServer(applicationDirectory: string): string | undefined {
  if (!isFile(join(applicationDirectory, 'package.json'))) return undefined;
  if (hasStartScript(join(applicationDirectory, 'package.json'))) return 'the "start" script of package.json';
  return SERVER_FILES.find((name) => isFile(join(applicationDirectory, name)));
}

function hasStartScript(file: string): boolean {
  try {
    const { scripts } = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as { scripts?: { start?: unknown; 'start:prod'?: unknown } };
    return [scripts?.start, scripts?.['start:prod']].some((script) => typeof script === 'string' && script !== '');
  } catch {
    return false; // the Node.js buildpack says what is wrong with it
  }
}
