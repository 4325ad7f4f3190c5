import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { because, detectedWithFrontend, findNodeServer, notDetected, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';
import { GEMFILES } from './gemfile.ts';

/** `bin/detect` has looked at the names already. A Node.js application with a Gemfile for its tools is left alone. */
export function detect({ applicationDirectory }: DetectContext): DetectOutcome {
  const has = (name: string) => existsSync(join(applicationDirectory, name));
  const start = ['config.ru', 'bin/rails', 'app.rb', 'server.rb', 'main.rb'].find(has);
  const server = start !== undefined ? undefined : findNodeServer(applicationDirectory);
  if (server !== undefined)
    return notDetected({ lookedFor: ['config.ru', 'app.rb'], nearMisses: GEMFILES.filter(has), note: `${server} starts this application` });
  const found = [...GEMFILES.filter(has), ...(start === undefined ? [] : [start])];
  return because(found, detectedWithFrontend(applicationDirectory, { provides: ['ruby'], requires: ['ruby'] }));
}
