import type { Digest, InputChange } from '../../foundation/index.ts';
import type { RecordStore } from '../../store/index.ts';
import type { BuildFact } from '../build-fact.ts';

/** Another format counts as no record. */
const FORMAT = 1;

/** A build as the store remembers it, with each image that came of one. */
export interface StoredBuild {
  readonly format: typeof FORMAT;
  /** The familiar name. */
  readonly image: string;
  readonly imageId: Digest;
  /** ISO 8601. */
  readonly built: string;
  readonly milliseconds: number;
  /** The record, without the packages of the builder. */
  readonly facts: readonly BuildFact[];
  /** By layer: the build that made it, perhaps an earlier one. Absent where nobody has written it down. */
  readonly origins: Readonly<Record<string, LayerOrigin>>;
}

/** The build that made the content of a layer. */
export interface LayerOrigin {
  readonly image: string;
  readonly imageId: Digest;
  readonly built: string;
  readonly reason: string;
  readonly change?: InputChange;
  /** Absent for a layer that no image holds. */
  readonly diffId?: Digest;
  readonly downloads: readonly LayerDownload[];
}

/** A file that a layer was made of. */
export interface LayerDownload {
  readonly url: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly from: 'network' | 'store';
}

export function createStoredBuild(build: Omit<StoredBuild, 'format'>): StoredBuild {
  return { format: FORMAT, ...build };
}

/** The build that made an image; undefined where none is written down. */
export function readStoredBuild(records: RecordStore, imageId: Digest): StoredBuild | undefined {
  const text = records.read(imageId);
  if (text === undefined) return undefined;
  const stored = JSON.parse(text) as StoredBuild;
  return stored.format === FORMAT ? stored : undefined;
}
