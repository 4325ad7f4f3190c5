import type { Image } from '../image.ts';
import type { ImageReference } from '../image-reference.ts';

/** An image and the names that it gets in an archive; none is fine. */
export interface NamedImage {
  readonly image: Image;
  readonly references: readonly ImageReference[];
}
