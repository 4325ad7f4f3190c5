import { TspackError, isDigest } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';

/**
 * The name of an image, normalised as Docker does: `node` is `index.docker.io/library/node:latest`
 * (distribution-spec `spec.md#pulling-manifests` for the grammar of repository and tag).
 */
export interface ImageReference {
  /** Host and optional port: `index.docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** `library/node`, `team/app`. */
  readonly repository: string;
  /** undefined only when there is a digest. */
  readonly tag?: string;
  readonly digest?: Digest;
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
const DEFAULT_REGISTRY = 'index.docker.io';

/** Reads an image name. Throws `IMAGE_REFERENCE_INVALID` with the part that is wrong. */
export function parseImageReference(text: string): ImageReference {
  const fail = (why: string, nextStep = 'Use [registry/]repository[:tag], such as myapp, team/app:1.2 or localhost:5000/app') =>
    new TspackError({ code: 'IMAGE_REFERENCE_INVALID', message: `Cannot read image name "${text}": ${why}`, nextStep });
  if (text === '') throw fail('it is empty');
  let rest = text;
  let digest: Digest | undefined;
  const at = rest.indexOf('@');
  if (at >= 0) {
    const algorithmAndHex = rest.slice(at + 1);
    if (!isDigest(algorithmAndHex)) throw fail(`"${algorithmAndHex}" is not a digest, want sha256: and 64 hexadecimal digits`);
    digest = algorithmAndHex;
    rest = rest.slice(0, at);
  }
  let tag: string | undefined;
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
  if (colon >= 0) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!TAG.test(tag)) throw fail(`"${tag}" is not a tag, want letters, digits, ".", "_" and "-", at most 128`);
  }
  const slash = rest.indexOf('/');
  const first = slash < 0 ? '' : rest.slice(0, slash);
  const named = first.includes('.') || first.includes(':') || first === 'localhost' || first.startsWith('[');
  let registry = named ? first : DEFAULT_REGISTRY;
  let repository = named ? rest.slice(slash + 1) : rest;
  if (named && !HOST.test(first)) throw fail(`"${first}" is not a registry host`);
  if (registry === 'docker.io' || registry === 'registry-1.docker.io') registry = DEFAULT_REGISTRY;
  if (registry === DEFAULT_REGISTRY && !repository.includes('/')) repository = `library/${repository}`;
  for (const component of repository.split('/')) {
    if (COMPONENT.test(component)) continue;
    if (component !== component.toLowerCase()) throw fail(`"${component}" has upper-case letters`, `Write it as ${text.toLowerCase()}`);
    throw fail(`"${component}" is not a repository name, want lower-case letters and digits, joined by ".", "_" or "-"`);
  }
  if (repository.length > 255) throw fail('its repository is longer than 255 characters');
  return {
    registry,
    repository,
    ...(digest === undefined ? { tag: tag ?? 'latest' } : tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The full text of a reference, registry and tag included. */
export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** A reference as people write it: without the default registry, `library/` and `:latest`. */
export function formatFamiliarReference(reference: ImageReference): string {
  const full = formatImageReference(reference);
  const short = full.startsWith(`${DEFAULT_REGISTRY}/library/`)
    ? full.slice(`${DEFAULT_REGISTRY}/library/`.length)
    : full.startsWith(`${DEFAULT_REGISTRY}/`)
      ? full.slice(DEFAULT_REGISTRY.length + 1)
      : full;
  return short.endsWith(':latest') ? short.slice(0, -':latest'.length) : short;
}

/** The same repository at a digest, without tag: what the specs call a digest reference. */
export function withDigest(reference: ImageReference, digest: Digest): ImageReference {
  return { registry: reference.registry, repository: reference.repository, digest };
}
