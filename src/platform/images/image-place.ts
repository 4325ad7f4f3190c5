import { resolve } from 'node:path';
import { TspackError } from '../../foundation/index.ts';

/** Where a user says that an image is. Paths are absolute. */
export type ImagePlace =
  /** A name or an image ID: the local store, a daemon or a registry may have it. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'docker'; readonly name: string }
  /** Without a tag: the only image that the layout has. */
  | { readonly kind: 'oci' | 'oci-archive'; readonly path: string; readonly tag?: string }
  | { readonly kind: 'docker-archive'; readonly path: string };

const FORMS = ['oci', 'oci-archive', 'docker-archive'] as const;

/**
 * Reads where an image is: a name, `docker:<name>`, `oci:<dir>[:<tag>]`, `oci-archive:<file>[:<tag>]`,
 * `docker-archive:<file>`. `docker://<name>`, as pack and skopeo write it, is a name. Throws `IMAGE_REFERENCE_INVALID`.
 */
export function parseImagePlace(text: string, workingDirectory = '/'): ImagePlace {
  if (text.startsWith('docker://')) return { kind: 'name', name: required(text, text.slice('docker://'.length)) };
  if (text.startsWith('docker:')) return { kind: 'docker', name: required(text, text.slice('docker:'.length)) };
  const kind = FORMS.find((form) => text.startsWith(`${form}:`));
  if (kind === undefined) return { kind: 'name', name: text };
  const rest = required(text, text.slice(kind.length + 1));
  const colon = rest.lastIndexOf(':');
  if (kind === 'docker-archive' || colon <= rest.lastIndexOf('/')) return { kind, path: resolve(workingDirectory, rest) };
  return { kind, path: resolve(workingDirectory, required(text, rest.slice(0, colon))), tag: required(text, rest.slice(colon + 1)) };
}

/** The same place with an absolute path; a name stays as it is. */
export function absoluteImagePlace(text: string, baseDirectory: string): string {
  const kind = FORMS.find((form) => text.startsWith(`${form}:`) && text.length > form.length + 1);
  return kind === undefined ? text : `${kind}:${resolve(baseDirectory, text.slice(kind.length + 1))}`;
}

function required(text: string, part: string): string {
  if (part !== '') return part;
  throw new TspackError({
    code: 'IMAGE_REFERENCE_INVALID',
    message: `Cannot read "${text}" as an image: something is missing`,
    nextStep: 'Write a name, docker:<name>, oci:<folder>[:<tag>], oci-archive:<file> or docker-archive:<file>',
  });
}
