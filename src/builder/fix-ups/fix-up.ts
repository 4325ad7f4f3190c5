import type { Architecture, ImageUser } from '../builder-file.ts';
import type { RootEntry, RootTree } from '../root-tree.ts';

/** A package whose files are in the root, with what its archive says about it. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** The `control` file, verbatim. */
  readonly control: string;
  /** The `md5sums` file, verbatim, where the package has one. */
  readonly md5sums?: string;
}

export interface FixUpInput {
  readonly tree: RootTree;
  readonly architecture: Architecture;
  /** undefined for roots that nobody logs into, such as the toolbox. */
  readonly user: ImageUser | undefined;
  readonly packages: readonly InstalledPackage[];
  /** The content of a small file of the tree. */
  read(path: string): Buffer;
}

/** What a maintainer script would have done, as a pure function: the entries to add or to replace. */
export type FixUp = (input: FixUpInput) => readonly RootEntry[];
