import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The daemon that `docker context use` chose, as Colima, Rancher Desktop and others set it up: `DOCKER_CONTEXT`, else
 * `currentContext` of Docker's config. undefined for the default one, and for one that cannot be read.
 */
export function readDockerContext(
  env: Readonly<Record<string, string | undefined>>,
  home: string | undefined,
): { readonly name: string; readonly address: string } | undefined {
  const folder = env.DOCKER_CONFIG || (home === undefined ? undefined : join(home, '.docker'));
  if (folder === undefined) return undefined;
  const name = env.DOCKER_CONTEXT || (readJson(join(folder, 'config.json')) as { currentContext?: unknown } | undefined)?.currentContext;
  if (typeof name !== 'string' || name === '' || name === 'default') return undefined;
  // Docker's store names a context's folder by the digest of the name.
  const meta = readJson(join(folder, 'contexts', 'meta', createHash('sha256').update(name).digest('hex'), 'meta.json'));
  const address = (meta as { Endpoints?: { docker?: { Host?: unknown } } } | undefined)?.Endpoints?.docker?.Host;
  return typeof address === 'string' && address !== '' ? { name, address } : undefined;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) ?? undefined;
  } catch {
    return undefined; // Looking for a daemon must not fail on a file that only the docker command needs.
  }
}
