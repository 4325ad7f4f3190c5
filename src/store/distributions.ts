import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, writeFileAtomic } from '../foundation/index.ts';
import { parseManifest } from '../oci/index.ts';
import type { Digest } from '../foundation/index.ts';
import type { BlobDirectory, Descriptor, Image } from '../oci/index.ts';

/** The manifests that images have outside of the store, by image ID: `distribution/<image ID>.json` names the blob. */
export interface Distributions {
  /** Without looking into it. */
  digest(imageId: Digest): Digest | undefined;
  /** With the layers' blobs in the order of the image's layers. */
  read(imageId: Digest): { readonly manifest: NonNullable<Image['manifest']>; readonly layers: readonly Descriptor[] } | undefined;
  record(imageId: Digest, manifest: NonNullable<Image['manifest']>): void;
}

/** @param directory Root of the store. */
export function openDistributions(directory: string, blobs: BlobDirectory): Distributions {
  const path = (imageId: Digest) => join(directory, 'distribution', `${digestHex(imageId)}.json`);
  const find = (imageId: Digest): Descriptor | undefined => {
    if (!existsSync(path(imageId))) return undefined;
    const descriptor = JSON.parse(readFileSync(path(imageId), 'utf8')) as Descriptor;
    return existsSync(blobs.path(descriptor.digest)) ? descriptor : undefined;
  };
  return {
    digest: (imageId) => find(imageId)?.digest,
    read(imageId) {
      const descriptor = find(imageId);
      if (descriptor === undefined) return undefined;
      const bytes = readFileSync(blobs.path(descriptor.digest));
      return { manifest: { descriptor, bytes }, layers: parseManifest(bytes).layers };
    },
    record(imageId, { descriptor, bytes }) {
      blobs.putBytes(bytes);
      writeFileAtomic(path(imageId), JSON.stringify(descriptor));
    },
  };
}
