import type { Digest } from '../../../foundation/index.ts';

/** A named value in two images; the side that does not have it is absent. */
export interface ValueChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

/** Versions of a package, several where an application has it more than once; none on the side that does not have it. */
export interface PackageDifference {
  /** As in package URLs: `deb`, `npm`, `pypi`. */
  readonly ecosystem: string;
  readonly name: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface FileDifference {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Of a changed file: what is another, such as `content`, `mode`, `owner`, `type`, `target`. */
  readonly aspects: readonly string[];
  readonly fromBytes?: number;
  readonly toBytes?: number;
}

export interface LayerDifference {
  readonly change: 'added' | 'removed';
  readonly diffId: Digest;
  readonly createdBy: string;
  readonly sizeBytes: number;
}

export interface ComparedImage {
  readonly name: string;
  readonly imageId: Digest;
  /** Of all layers, uncompressed. */
  readonly sizeBytes: number;
}

/** What is another in the second image. Lists are sorted; equal images have empty ones. */
export interface ImageDifference {
  readonly from: ComparedImage;
  readonly to: ComparedImage;
  readonly packages: readonly PackageDifference[];
  readonly environment: readonly ValueChange[];
  readonly processes: readonly ValueChange[];
  /** User, entrypoint, working directory and so on. */
  readonly settings: readonly ValueChange[];
  readonly layers: readonly LayerDifference[];
  readonly files: readonly FileDifference[];
}
