import { formatImageReference, parseImageReference } from '../oci/index.ts';
import type { Digest } from '../foundation/index.ts';
import type { Descriptor, Image, ImagePlatform, ImageReference } from '../oci/index.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';
const IMAGE_ID = 'dev.tspack.image.id';
const SIZE = 'dev.tspack.image.size';
const CREATED = 'dev.tspack.image.created';
const UPDATED = 'dev.tspack.image.updated';
const MANIFEST = 'dev.tspack.image.manifest';

/** One name of a local image. */
export interface LocalImage {
  readonly reference: ImageReference;
  readonly imageId: Digest;
  readonly platform: ImagePlatform;
  /** Bytes of its layers, uncompressed. */
  readonly sizeBytes: number;
  /** RFC 3339, as its config says. */
  readonly created?: string;
  /** When the name was given to it, in milliseconds since 1970; absent where an older tspack wrote it. */
  readonly updatedAt?: number;
  /** Digest of the manifest that outputs write, once one has. */
  readonly manifestDigest?: Digest;
}

/** What entries of the index did not always say. */
export type ImageFacts = Pick<LocalImage, 'sizeBytes' | 'created' | 'manifestDigest'>;

/** The entry of the store's index for one name of an image; `manifest` is that with uncompressed layers. */
export function imageEntry(manifest: Descriptor, { reference, imageId, platform, sizeBytes, created, updatedAt, manifestDigest }: LocalImage): Descriptor {
  const { mediaType, digest, size } = manifest;
  const annotations = {
    [REF_NAME]: formatImageReference(reference),
    [IMAGE_ID]: imageId,
    [SIZE]: String(sizeBytes),
    ...(created === undefined ? {} : { [CREATED]: created }),
    ...(updatedAt === undefined ? {} : { [UPDATED]: String(updatedAt) }),
    ...(manifestDigest === undefined ? {} : { [MANIFEST]: manifestDigest }),
  };
  return { mediaType, digest, size, platform, annotations };
}

/** What an entry says; `measure` finds out what older ones do not. */
export function readEntry(entry: Descriptor, measure: () => ImageFacts): LocalImage {
  const { annotations = {} } = entry;
  const size = annotations[SIZE];
  const created = annotations[CREATED];
  const updated = annotations[UPDATED];
  const manifest = annotations[MANIFEST] as Digest | undefined;
  const facts =
    size === undefined
      ? measure()
      : { sizeBytes: Number(size), ...(created === undefined ? {} : { created }), ...(manifest === undefined ? {} : { manifestDigest: manifest }) };
  return {
    reference: parseImageReference(entryName(entry) ?? ''),
    imageId: entryImageId(entry),
    platform: entry.platform ?? { os: 'linux', architecture: 'amd64' },
    ...facts,
    ...(updated === undefined ? {} : { updatedAt: Number(updated) }),
  };
}

/** The same entry for an image that now has this manifest outside of the store. */
export function withManifest(entry: Descriptor, imageId: Digest, digest: Digest): Descriptor {
  if (entryImageId(entry) !== imageId || entry.annotations?.[MANIFEST] === digest) return entry;
  return { ...entry, annotations: { ...entry.annotations, [MANIFEST]: digest } };
}

/** The full name in an entry; undefined for one that has none. */
export function entryName(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME];
}

/** The image ID in an entry. */
export function entryImageId(entry: Descriptor): Digest {
  return entry.annotations?.[IMAGE_ID] as Digest;
}

/** What an image says about itself, its layers' sizes apart. */
export function createdOf({ config }: Pick<Image, 'config'>): Pick<ImageFacts, 'created'> {
  return config.created === undefined ? {} : { created: config.created };
}
