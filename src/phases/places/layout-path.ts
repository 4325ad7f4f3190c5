import { join } from 'node:path';
import { digestHex, isDigest } from '../../foundation/index.ts';
import { parseImageReference } from '../../oci/index.ts';
import type { Digest } from '../../foundation/index.ts';

/** Where an image lies below the folder of layouts (platform.md#map-an-image-reference-to-a-path, CNB.md C215). */
export function layoutPath(directory: string, name: string): string {
  const { registry, repository, tag, digest } = parseImageReference(name);
  const last = digest === undefined ? [tag ?? 'latest'] : ['sha256', digestHex(digest)];
  return join(directory, registry, repository, ...last);
}

/** The identifier of an image in a layout, as the reference writes it: path and digest of the manifest. */
export function formatLayoutIdentifier(path: string, digest: Digest): string {
  return `${path}@${digest}`;
}

/** undefined for what is no identifier of a layout. */
export function parseLayoutIdentifier(text: string): { readonly path: string; readonly digest: Digest } | undefined {
  const at = text.lastIndexOf('@');
  const digest = text.slice(at + 1);
  return at > 0 && text.startsWith('/') && isDigest(digest) ? { path: text.slice(0, at), digest } : undefined;
}
