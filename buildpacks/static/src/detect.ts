import {
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

/**
 * Serves what a buildpack before it has built: that one provides `static-site`, and leaves the entry `static-web` with the place of the
 * files. Else a site that is there already, unless a Node.js server is beside it and the user has not asked for a web server.
 */
export function detect({ applicationDirectory: root, env }: DetectContext): DetectOutcome {
  const built = { provides: ['static-web'], requires: ['static-site', 'static-web'] };
  const own = { provides: ['static-web'], requires: ['static-web'] };
  const asked = isFile(root, 'Staticfile') || [env['BP_WEB_SERVER'], env['BP_WEB_SERVER_ROOT'], env['BP_NGINX_CONF_LOCATION']].some(Boolean);
  const isSite = FILES.some((name) => isFile(root, name)) && findNodeServer(root) === undefined;
  if (asked || isSite) return detected(built, own);
  if (isFile(root, 'package.json')) return detected(built);
  return notDetected({ lookedFor: FILES, nearMisses: findNearMisses(root, ['index.html', 'nginx.conf', 'Staticfile']), note: describeFolder(root) });
}
