import { GoStruct, digestOf, formatGoJson } from '../foundation/index.ts';
import { MEDIA_TYPES } from './descriptor.ts';
import { imagePlatform } from './create-image.ts';
import type { Descriptor } from './descriptor.ts';
import type { Image } from './image.ts';
import type { ManifestIndex } from './manifest.ts';

/** A manifest or an index as it is stored. */
export interface ManifestBytes {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** The index over images that have manifests, in the order given (OCI image-spec `image-index.md`). */
export function createIndexManifest(images: readonly (Image & Required<Pick<Image, 'manifest'>>)[]): ManifestBytes {
  const manifests = images.map((image) => {
    const { mediaType, digest, size } = image.manifest.descriptor;
    const { os, architecture, variant } = imagePlatform(image);
    const version = image.config['os.version'];
    return new GoStruct({ mediaType, size, digest, platform: new GoStruct({ architecture, os, 'os.version': version, variant }) });
  });
  return indexBytes(Buffer.from(formatGoJson(new GoStruct({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests }))));
}

/** The index of these entries, with every member that they have. */
export function createIndexOf({ manifests, annotations }: Pick<ManifestIndex, 'manifests' | 'annotations'>): ManifestBytes {
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests, ...(annotations === undefined ? {} : { annotations }) };
  return indexBytes(Buffer.from(JSON.stringify(index)));
}

function indexBytes(bytes: Uint8Array): ManifestBytes {
  return { descriptor: { mediaType: MEDIA_TYPES.ociIndex, digest: digestOf(bytes), size: bytes.length }, bytes };
}
