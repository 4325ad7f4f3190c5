import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TspackError } from '../../foundation/index.ts';

/** What one of pack's ways to name a buildpack or extension means. */
export type ModuleLocation =
  /** The whole order of the builder. */
  | { readonly kind: 'builder-order' }
  | { readonly kind: 'reference'; readonly id: string; readonly version?: string }
  | { readonly kind: 'registry'; readonly namespace: string; readonly name: string; readonly version?: string }
  /** A folder, an archive or a .cnb file; absolute. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'download'; readonly url: string }
  /** A package: a name, `docker:<name>`, `oci:<dir>`, `oci-archive:<file>`, `docker-archive:<file>`. */
  | { readonly kind: 'image'; readonly image: string };

const REGISTRY_ID = /^([a-z0-9.-]{1,253})\/([a-z0-9.-]{1,253})(?:@(.+))?$/;
const REGISTRY_URN = 'urn:cnb:registry:';
const BUILDER_PREFIXES = ['urn:cnb:builder:', 'from=builder:'];
const IMAGE_FORM = /^(?:docker|oci|oci-archive|docker-archive):/;

/**
 * Reads what `--buildpack` and `uri` take (CNB.md C196), as pack does: a URN or URI by its form; otherwise a path that
 * exists, what the builder has, an ID of the buildpack registry, an image name, in this order. Throws
 * `MODULE_URI_INVALID`.
 */
export function parseModuleUri(uri: string, options: { readonly baseDirectory: string; readonly isInBuilder: (id: string) => boolean }): ModuleLocation {
  if (uri === '') throw invalid(uri, 'it is empty');
  if (uri === 'from=builder' || uri === 'urn:cnb:builder') return { kind: 'builder-order' };
  const prefix = BUILDER_PREFIXES.find((each) => uri.startsWith(each));
  if (prefix !== undefined) return referenceOf(uri, uri.slice(prefix.length));
  if (uri.startsWith(REGISTRY_URN))
    return parseRegistryId(uri.slice(REGISTRY_URN.length)) ?? refuse(uri, 'want urn:cnb:registry:<namespace>/<name>[@<version>]');
  if (/^docker:\/+/.test(uri)) return { kind: 'image', image: uri.replace(/^docker:\/+/, '') };
  if (uri.startsWith('file:')) return { kind: 'path', path: pathOf(uri) };
  if (/^https?:\/\//i.test(uri)) return { kind: 'download', url: uri };
  if (IMAGE_FORM.test(uri)) return { kind: 'image', image: uri };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) throw invalid(uri, `"${uri.slice(0, uri.indexOf(':'))}" is no scheme that buildpacks are fetched by`);
  return parseNaked(uri, options);
}

function parseNaked(uri: string, { baseDirectory, isInBuilder }: Parameters<typeof parseModuleUri>[1]): ModuleLocation {
  const path = resolve(baseDirectory, uri);
  if (existsSync(path) || /^\.{0,2}\/|^\.{1,2}$|\.(?:cnb|tgz|tar|tar\.gz)$/.test(uri)) return { kind: 'path', path };
  const reference = referenceOf(uri, uri);
  if (isInBuilder(reference.id)) return reference;
  return parseRegistryId(uri) ?? { kind: 'image', image: uri };
}

/** `<namespace>/<name>[@<version>]` (`buildpack-registry`; CNB.md C198); undefined when it is none. An image's digest is no version. */
export function parseRegistryId(text: string): Extract<ModuleLocation, { kind: 'registry' }> | undefined {
  const [, namespace, name, version] = REGISTRY_ID.exec(text) ?? [];
  if (namespace === undefined || name === undefined || version?.startsWith('sha256:') === true) return undefined;
  return { kind: 'registry', namespace, name, ...(version === undefined ? {} : { version }) };
}

function referenceOf(uri: string, text: string): Extract<ModuleLocation, { kind: 'reference' }> {
  const at = text.lastIndexOf('@');
  const id = at < 0 ? text : text.slice(0, at);
  const version = at < 0 ? undefined : text.slice(at + 1);
  if (id === '' || version === '') throw invalid(uri, 'want <id> or <id>@<version>');
  return { kind: 'reference', id, ...(version === undefined ? {} : { version }) };
}

function pathOf(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch (error) {
    throw invalid(uri, (error as Error).message, error);
  }
}

function refuse(uri: string, why: string): never {
  throw invalid(uri, why);
}

function invalid(uri: string, why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'MODULE_URI_INVALID',
    message: `Cannot read "${uri}" as a buildpack: ${why}`,
    nextStep: 'Write a folder, an archive, an image name, <id>@<version> of the builder, or from=builder',
    cause,
  });
}
