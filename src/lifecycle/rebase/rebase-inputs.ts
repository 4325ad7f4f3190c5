import type { Image } from '../../oci/index.ts';

/** The run image that an app image is put on. */
export interface RebaseRunImage {
  readonly image: Image;
  /** What the label calls it: digest reference or image ID. */
  readonly reference: string;
  /** As the user or the label names it; absent for an image that has no name, such as the only one of a layout. */
  readonly name?: string;
}

export interface RebaseInputs {
  /** How messages call the app image. */
  readonly name: string;
  readonly app: Image;
  readonly runImage: RebaseRunImage;
  /** Rebases in spite of a target that does not fit, a name that is not known, or the label `io.buildpacks.rebasable`. */
  readonly force: boolean;
  /** RFC 3339, of the image and its history. */
  readonly created: string;
}
