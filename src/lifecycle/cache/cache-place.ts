import type { LayerTarSpec } from '../../archive/index.ts';
import type { CacheMetadata } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { DiffId, Layer } from '../../oci/index.ts';
import type { LayerOwner } from '../export/layer-specs.ts';
import type { LifecycleEvent } from '../events.ts';

/** A place that holds a cache as tars, in a format of the reference lifecycle (CNB.md C155). */
export interface CachePlace {
  readonly metadata: CacheMetadata;
  /** Verified: wrong content throws instead of ending. What is wrong with the cache is a `TspackError`. */
  openTar(diffId: DiffId): AsyncIterable<Uint8Array>;
  /** Begins the next content. Until it is finished, the place is as it was. */
  begin(): CacheDraft;
}

/** The next content of a place. */
export interface CacheDraft {
  /** Adds a tar, of a layer that there is or of one that is only described. `reused`: the place had it already. */
  add(source: Layer | LayerTarSpec): Promise<{ readonly diffId: DiffId; readonly reused: boolean }>;
  /** Makes it the content. */
  finish(metadata: CacheMetadata): Promise<void>;
  /** Removes what was written beside the content. Fine after `finish`. */
  abandon(): void;
}

/** What every cache of tars is opened with. */
export interface TarCacheOptions {
  /** Host folder that is `<layers>` of this build: cached layers are extracted into it. */
  readonly layersDirectory: string;
  /** Where `<layers>` lies for buildpacks: tars name their files by it. */
  readonly layersPath: string;
  /** Who owns the files in the tars. */
  readonly owner: LayerOwner;
  readonly events: EventSink<LifecycleEvent>;
  readonly signal?: AbortSignal | undefined;
}

export const NO_CACHE_METADATA: CacheMetadata = { buildpacks: [] };

/** The cache's metadata has a layer that the cache has not. */
export function cacheLayerMissing(diffId: DiffId, where: string, cause?: unknown): TspackError {
  return new TspackError({ code: 'CACHE_LAYER_MISSING', message: `Cannot find cache layer ${diffId} in ${where}`, cause });
}
