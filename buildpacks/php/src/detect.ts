import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { detectedWithFrontend, findNodeServer, notDetected, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';
import { findWebDirectory } from './web-directory.ts';

/** `bin/detect` has looked at the names already. A Node.js application with some PHP file in it is left alone. */
export function detect({ applicationDirectory, env }: DetectContext): DetectOutcome {
  const isOurs = existsSync(join(applicationDirectory, 'composer.json')) || (env['BP_PHP_WEB_DIR'] ?? '') !== '';
  const server = isOurs ? undefined : findNodeServer(applicationDirectory);
  if (server !== undefined) return notDetected({ lookedFor: ['composer.json'], nearMisses: [], note: `${server} starts this application` });
  if (!isOurs && findWebDirectory(applicationDirectory, env) === undefined) return notDetected({ lookedFor: ['composer.json', 'index.php'], nearMisses: [] });
  return detectedWithFrontend(applicationDirectory, { provides: ['php'], requires: ['php'] });
}
