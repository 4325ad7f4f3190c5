import type { Task } from '../api.ts';
import type { UsedSpace } from '../local-images/api.ts';

/** What the caches of the data folder take. */
export interface CacheList {
  readonly items: readonly UsedSpace[];
  readonly totalBytes: number;
}

export interface RemoveCachesRequest {
  /** IDs of {@link CacheList}, their first parts (`layers`, `builders/rootfs`), or images, whose cached layers are meant. None: all caches. */
  readonly names: readonly string[];
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

export interface RemovedCaches {
  readonly removed: readonly UsedSpace[];
  /** What other processes may need now. */
  readonly kept: readonly UsedSpace[];
  readonly freedBytes: number;
}

/** What a file of {@link CacheVerbs.exportCaches} holds. */
export interface ExportCachesOptions {
  /** Images whose cached layers it gets; none: all that have some. */
  readonly images: readonly string[];
  /** Downloads that all builds share, too. */
  readonly downloads: boolean;
}

export interface ImportedCaches {
  /** Applications whose cached layers are here now. */
  readonly layers: readonly string[];
  /** Those that had some before, which stay. */
  readonly kept: readonly string[];
  /** Files of shared downloads that were not here. */
  readonly downloads: number;
}

/** The verbs on the caches of the data folder. */
export interface CacheVerbs {
  caches(): Promise<CacheList>;
  /** Throws `CACHE_NOT_FOUND`. */
  removeCaches(request: RemoveCachesRequest, task: Task): Promise<RemovedCaches>;
  /** One file that another machine can import, by {@link CacheVerbs.importCaches}. Throws `CACHE_NOT_FOUND`. */
  exportCaches(options: ExportCachesOptions, task: Task): Promise<AsyncIterable<Uint8Array>>;
  /** The same into a file, which appears complete or not at all. Throws `OUTPUT_UNUSABLE`, too. */
  exportCachesTo(path: string, options: ExportCachesOptions, task: Task): Promise<void>;
  /** Takes all of a file, plain or compressed, or nothing. What is here already stays. Throws `CACHE_FILE_INVALID`, `CACHE_NOT_FOUND`. */
  importCaches(source: string | AsyncIterable<Uint8Array>, task: Task): Promise<ImportedCaches>;
}
