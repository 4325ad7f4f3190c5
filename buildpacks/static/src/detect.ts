import {
  because,
  describeFolder,
  detected,
  findNearMisses,
  findNodeServer,
  isFile,
  notDetected,
  type DetectContext,
  type DetectOutcome,
} from '../../../src/sdk/index.ts';

const FILES = ['Staticfile', 'nginx.conf', 'index.html', 'public/index.html'];
const VARIABLES = ['BP_WEB_SERVER', 'BP_WEB_SERVER_ROOT', 'BP_NGINX_CONF_LOCATION'];

/**
 * Serves what a buildpack before it has built: that one provides `static-site`, and leaves the entry `static-web` with the place of the
 * files. Else a site that is there already, unless a Node.js server is beside it and the user has not asked for a web server.
 */
export function detect({ applicationDirectory: root, env }: DetectContext): DetectOutcome {
  const built = { provides: ['static-web'], requires: ['static-site', 'static-web'] };
  const own = { provides: ['static-web'], requires: ['static-web'] };
  const asked = [...VARIABLES.filter((name) => Boolean(env[name])), ...(isFile(root, 'Staticfile') ? ['Staticfile'] : [])];
  const file = FILES.find((name) => isFile(root, name));
  const isSite = file !== undefined && findNodeServer(root) === undefined;
  if (asked.length > 0 || isSite) return because(asked.length > 0 ? asked : [file!], detected(built, own));
  if (isFile(root, 'package.json')) return because(['package.json, when Node.js makes a static site of it'], detected(built));
  return notDetected({ lookedFor: FILES, nearMisses: findNearMisses(root, ['index.html', 'nginx.conf', 'Staticfile']), note: describeFolder(root) });
}
