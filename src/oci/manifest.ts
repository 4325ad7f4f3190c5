import { GoStruct, TspackError, digestOf, formatGoJson, isDigest } from '../foundation/index.ts';
import { MEDIA_TYPES } from './descriptor.ts';
import { createBlobLayer } from './layer.ts';
import { collectBytes, verifyContent } from './verify.ts';
import type { Descriptor, ImagePlatform } from './descriptor.ts';
import type { Image, ImageConfig, Layer } from './image.ts';

/** An image manifest (OCI image-spec `manifest.md`, Docker schema 2). */
export interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** What it refers to: then it is no image. */
  readonly subject?: Descriptor;
}

/** An image index (OCI image-spec `image-index.md`, Docker manifest list). */
export interface ManifestIndex {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Manifests, indexes and configs above this are refused, as registries do. */
export const MAXIMUM_MANIFEST_BYTES = 4 * 1024 * 1024;

/** The config blob of an image. */
export function configDescriptor(image: Image): Descriptor {
  const mediaType = image.manifest === undefined ? MEDIA_TYPES.ociConfig : parseManifest(image.manifest.bytes).config.mediaType;
  return { mediaType, digest: image.imageId, size: image.configBytes.length };
}

/**
 * The manifest of an image whose layers all have a blob. An image read by a manifest keeps those bytes as long as
 * nothing in it changed.
 */
export function createManifest(image: Image, layers: readonly (Layer & Required<Pick<Layer, 'blob'>>)[]): { descriptor: Descriptor; bytes: Uint8Array } {
  if (image.manifest !== undefined) return image.manifest;
  const { annotations = {} } = image;
  const manifest = new GoStruct({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: descriptorStruct(configDescriptor(image)),
    layers: layers.map(({ blob }) => descriptorStruct({ ...blob, mediaType: ociLayerType(blob.mediaType) })),
    annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
  });
  const bytes = Buffer.from(formatGoJson(manifest));
  return { descriptor: { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(bytes), size: bytes.length }, bytes };
}

const descriptorStruct = ({ mediaType, digest, size }: Descriptor): GoStruct => new GoStruct({ mediaType, digest, size });

/** The text of the `index.json` of a layout. Nothing hashes it, and entries of others keep members that we do not know. */
export function formatManifestIndex(entries: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: entries });
}

/** One manifest does not mix Docker's and OCI's layer types. */
function ociLayerType(mediaType: string): string {
  if (mediaType === MEDIA_TYPES.dockerLayerGzip) return MEDIA_TYPES.ociLayerGzip;
  if (mediaType === MEDIA_TYPES.dockerLayerTar) return MEDIA_TYPES.ociLayerTar;
  return mediaType;
}

/** Reads an image manifest. Throws `MANIFEST_INVALID`. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseJsonObject(bytes, 'image manifest');
  if (value.schemaVersion !== 2 || !isDescriptor(value.config) || !Array.isArray(value.layers) || !value.layers.every(isDescriptor)) {
    throw invalid('image manifest', 'want schemaVersion 2, config and layers');
  }
  const mediaType = typeof value.mediaType === 'string' ? value.mediaType : MEDIA_TYPES.ociManifest;
  const subject = isDescriptor(value.subject) ? { subject: value.subject } : {};
  return { mediaType, config: value.config, layers: value.layers, ...annotationsOf(value), ...subject };
}

/** Reads an index, or undefined when the bytes are a manifest. Throws `MANIFEST_INVALID`. */
export function parseManifestIndex(bytes: Uint8Array): ManifestIndex | undefined {
  const value = parseJsonObject(bytes, 'image index');
  if (value.manifests === undefined) return undefined;
  if (!Array.isArray(value.manifests) || !value.manifests.every(isDescriptor)) throw invalid('image index', 'want a list of manifests');
  const mediaType = typeof value.mediaType === 'string' ? value.mediaType : MEDIA_TYPES.ociIndex;
  return { mediaType, manifests: value.manifests, ...annotationsOf(value) };
}

/**
 * The manifest of an index that fits the platform: same os and architecture, the same variant first, then one
 * without a variant (arm64 and arm64/v8 are the same). undefined when none fits.
 */
export function selectManifest(index: ManifestIndex, platform: ImagePlatform): Descriptor | undefined {
  const fitting = index.manifests.filter(
    (entry) => entry.platform === undefined || (entry.platform.os === platform.os && entry.platform.architecture === platform.architecture),
  );
  const variant = (entry: Descriptor) => normalVariant(entry.platform?.variant, platform.architecture);
  const wanted = normalVariant(platform.variant, platform.architecture);
  return (
    fitting.find((entry) => entry.platform !== undefined && variant(entry) === wanted) ??
    fitting.find((entry) => variant(entry) === undefined || wanted === undefined)
  );
}

function normalVariant(variant: string | undefined, architecture: string): string | undefined {
  return variant === '' || (architecture === 'arm64' && variant === 'v8') ? undefined : variant;
}

/**
 * The image that a manifest describes; layers stay where they are until opened. `open` gives the bytes of a blob,
 * verified or not. Throws `MANIFEST_INVALID`, `DIGEST_MISMATCH`.
 */
export async function imageFromManifest(
  bytes: Uint8Array,
  descriptor: Descriptor,
  open: (descriptor: Descriptor) => AsyncIterable<Uint8Array>,
): Promise<Image> {
  const manifest = parseManifest(bytes);
  const configBytes = await collectBytes(
    verifyContent(open(manifest.config), manifest.config, `config ${manifest.config.digest}`),
    MAXIMUM_MANIFEST_BYTES,
    `config ${manifest.config.digest}`,
  );
  const config = parseConfig(configBytes);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw invalid('image manifest', `it lists ${manifest.layers.length} layers and its config ${diffIds.length}`);
  }
  const layers = manifest.layers.map((layer, index) => createBlobLayer({ descriptor: layer, diffId: diffIds[index]!, openBlob: () => open(layer) }));
  return {
    config,
    configBytes,
    imageId: manifest.config.digest,
    layers,
    manifest: { descriptor: { mediaType: manifest.mediaType, digest: descriptor.digest, size: descriptor.size }, bytes },
    ...annotationsOf(manifest),
  };
}

/** Reads an image config. Throws `MANIFEST_INVALID`. */
export function parseConfig(bytes: Uint8Array): ImageConfig {
  const value = parseJsonObject(bytes, 'image config');
  const rootfs = value.rootfs as { diff_ids?: unknown } | undefined;
  const diffIds = rootfs?.diff_ids ?? [];
  if (typeof value.os !== 'string' || typeof value.architecture !== 'string') throw invalid('image config', 'want os and architecture');
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id))) {
    throw invalid('image config', 'want rootfs.diff_ids to be a list of digests');
  }
  return { ...(value as unknown as ImageConfig), rootfs: { type: 'layers', diff_ids: diffIds } };
}

function parseJsonObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(what, (error as Error).message, error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(what, 'want a JSON object');
  return value as Record<string, unknown>;
}

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== 'object' || value === null) return false;
  const { mediaType, digest, size } = value as Record<string, unknown>;
  return typeof mediaType === 'string' && typeof digest === 'string' && isDigest(digest) && typeof size === 'number' && size >= 0 && Number.isSafeInteger(size);
}

function annotationsOf(value: { readonly annotations?: unknown }): { annotations?: Readonly<Record<string, string>> } {
  return typeof value.annotations === 'object' && value.annotations !== null ? { annotations: value.annotations as Record<string, string> } : {};
}

function invalid(what: string, why: string, cause?: unknown): TspackError {
  return new TspackError({ code: 'MANIFEST_INVALID', message: `Cannot read ${what}: ${why}`, cause });
}
