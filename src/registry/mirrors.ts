import { TspackError } from '../foundation/index.ts';
import { parseImageReference } from '../oci/index.ts';
import { canonicalRegistry } from './keychain.ts';
import type { ImageReference } from '../oci/index.ts';

/** A repository of a registry. */
export type RepositoryPlace = Pick<ImageReference, 'registry' | 'repository'>;

/** Where else a repository can be read, first choice first. */
export type Mirrors = (place: RepositoryPlace) => readonly RepositoryPlace[];

/** Stands for every registry. */
const EVERY = '*';

/**
 * Mirrors as pack spells them: `host[:port]`, with a path before the repository or without, for each registry; `*` is
 * for all others. A registry is never its own mirror. Throws `REGISTRY_MIRROR_INVALID`.
 */
export function createMirrors(configured: ReadonlyMap<string, readonly string[]>): Mirrors {
  const parsed = [...configured].flatMap(([registry, mirrors]) => mirrors.map((mirror) => ({ registry: parseRegistry(registry), ...parseMirror(mirror) })));
  return ({ registry, repository }) => {
    const name = canonicalRegistry(registry);
    return [name, EVERY].flatMap((wanted) =>
      parsed
        .filter((mirror) => mirror.registry === wanted && canonicalRegistry(mirror.host) !== name)
        .map(({ host, path }) => ({ registry: host, repository: `${path}${repository}` })),
    );
  };
}

function parseRegistry(text: string): string {
  if (text === EVERY) return EVERY;
  return canonicalRegistry(requireHost(text, `registry "${text}"`, 'Name it as images do, such as index.docker.io, or * for all'));
}

function parseMirror(text: string): { readonly host: string; readonly path: string } {
  const slash = text.indexOf('/');
  const nextStep = 'Write a host, with a port or a path if it has one: mirror.example.com:5000/docker-hub';
  const host = requireHost(slash < 0 ? text : text.slice(0, slash), `mirror "${text}"`, nextStep);
  const path = slash < 0 ? '' : `${text.slice(slash + 1).replace(/\/+$/, '')}/`;
  if (path !== '' && !isRepository(host, `${path}x`)) throw invalid(`mirror "${text}"`, nextStep);
  return { host, path };
}

/** A name without a dot or a port is a folder of Docker Hub to everybody else; here it can only be a host. */
function requireHost(text: string, what: string, nextStep: string): string {
  if (!/^[a-z0-9.-]+(:[0-9]{1,5})?$|^\[[0-9a-f:]+\](:[0-9]{1,5})?$/i.test(text)) throw invalid(what, nextStep);
  return text;
}

function isRepository(host: string, repository: string): boolean {
  try {
    return parseImageReference(`${host.includes(':') || host.includes('.') ? host : 'localhost'}/${repository}`).repository === repository;
  } catch {
    return false;
  }
}

function invalid(what: string, nextStep: string): TspackError {
  return new TspackError({ code: 'REGISTRY_MIRROR_INVALID', message: `Cannot use ${what}: it is no address of a registry`, nextStep });
}
