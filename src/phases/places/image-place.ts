import type { Digest } from '../../foundation/index.ts';
import type { Image } from '../../oci/index.ts';

/** An image where it was found. */
export interface PlacedImage {
  readonly image: Image;
  /** What analyzed.toml calls it: digest reference, image ID, or path of a layout with the digest (CNB.md C024). */
  readonly identifier: string;
}

/** Where an image has been written, for report.toml (CNB.md C153). */
export type WrittenImage = { readonly imageId: string } | { readonly digest: Digest; readonly manifestSize: number };

/** The place that a phase reads its images from and writes them to. */
export interface ImagePlace {
  readonly kind: 'registry' | 'daemon' | 'layout';
  /** By name or by an identifier that this place gave; undefined when there is no such image. */
  read(name: string): Promise<PlacedImage | undefined>;
  /** The whole image, ready to be the base of another. */
  readBase(name: string): Promise<PlacedImage | undefined>;
  isReadable(name: string): Promise<boolean>;
  /** Throws when nothing could be written there. */
  verifyWritable(names: readonly string[]): Promise<void>;
  write(image: Image, names: readonly string[]): Promise<WrittenImage>;
}
