import { TspackError } from '../../foundation/index.ts';
import type { Descriptor, Image } from '../../oci/index.ts';
import type { AppIndex } from './app-index.ts';

/** Where an app image lies that is rebased, and where the result goes. */
export interface RebasePlace {
  /** The name of the image, for people. */
  readonly image: string;
  /** `local store`, `registry example.com`, `oci:<dir>`, `docker`. */
  readonly place: string;
  /** The registry of the image's name: run images of the same one are preferred (CNB.md C026). */
  readonly registry?: string;
  /** `whole`: whether it is an index that will be written. Throws `REBASE_INDEX` when writing would replace other images, `OUTPUT_UNUSABLE`. */
  checkWritable(whole: boolean): Promise<void>;
  /** The image of this machine's platform. */
  read(): Promise<Image | undefined>;
  /** Returns the manifest where the place holds one. */
  write(image: Image): Promise<Descriptor | undefined>;
  /** Absent where a name means one image. */
  readonly indexes?: RebaseIndexes;
}

/** A place that holds indexes. */
export interface RebaseIndexes {
  /** undefined when the name means one image, or none. Throws `REBASE_INDEX`. */
  read(): Promise<AppIndex | undefined>;
  /** Images first, what names them last. */
  write(index: AppIndex): Promise<WrittenIndex>;
}

export interface WrittenIndex {
  /** One a member. */
  readonly manifests: readonly Descriptor[];
  /** Absent in a layout that lists the images itself. */
  readonly index?: Descriptor;
}

/** One image must not take the place of several. */
export function indexReplaced(image: string): TspackError {
  return new TspackError({
    code: 'REBASE_INDEX',
    message: `Cannot write "${image}": it is an index of other images, and one image would take its place`,
    nextStep: 'Give the result another name',
  });
}
