import type { Descriptor, ImagePlatform } from './descriptor.ts';
import type { Image, Layer } from './image.ts';
import type { ImageReference } from './image-reference.ts';

/** A content-addressed place: OCI layout, registry, memory. */
export interface ContentStore {
  has(descriptor: Descriptor): Promise<boolean>;
  /** Verified: bad content throws `DIGEST_MISMATCH` instead of ending. Throws `BLOB_NOT_FOUND`. */
  open(descriptor: Descriptor): AsyncIterable<Uint8Array>;
  /** `open` may be called again for a retry. Does nothing when the content is there. */
  push(descriptor: Descriptor, open: () => AsyncIterable<Uint8Array>): Promise<void>;
}

/** A place that holds whole images: the same, plus daemon and tarball. */
export interface ImageStore {
  /** undefined when there is no such image; an index is resolved to the image of `platform`. */
  read(reference: ImageReference, platform: ImagePlatform): Promise<Image | undefined>;
  /** Writes blobs first, references last. Returns the descriptor of the manifest (of the config, for a daemon). */
  write(image: Image, references: readonly ImageReference[]): Promise<Descriptor>;
}

/**
 * Gives a layer its distribution form: the gzip blob that every output shares, so that the manifest digest is
 * the same for registry, layout and archive. A layer that has a `blob` keeps it.
 */
export interface LayerCompressor {
  compress(layer: Layer): Promise<Layer & Required<Pick<Layer, 'blob' | 'openBlob'>>>;
}
