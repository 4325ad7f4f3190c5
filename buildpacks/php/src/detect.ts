import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { because, detectedWithFrontend, findNodeServer, notDetected, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';
import { findWebDirectory } from './web-directory.ts';

/** `bin/detect` has looked at the names already. A Node.js application with some PHP file in it is left alone. */
export function detect({ applicationDirectory, env }: DetectContext): DetectOutcome {
  const asked = [
    ...(existsSync(join(applicationDirectory, 'composer.json')) ? ['composer.json'] : []),
    ...((env['BP_PHP_WEB_DIR'] ?? '') === '' ? [] : ['BP_PHP_WEB_DIR']),
  ];
  const server = asked.length > 0 ? undefined : findNodeServer(applicationDirectory);
  if (server !== undefined) return notDetected({ lookedFor: ['composer.json'], nearMisses: [], note: `${server} starts this application` });
  const web = asked.length > 0 ? undefined : findWebDirectory(applicationDirectory, env);
  if (asked.length === 0 && web === undefined) return notDetected({ lookedFor: ['composer.json', 'index.php'], nearMisses: [] });
  const found = web === undefined ? asked : [join(web.path, 'index.php')];
  return because(found, detectedWithFrontend(applicationDirectory, { provides: ['php'], requires: ['php'] }));
}
