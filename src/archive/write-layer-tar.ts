import { availableParallelism } from 'node:os';
import type { Digest } from '../foundation/index.ts';
import type { LayerTarSpec } from './layer-tar.ts';
import { WorkerPool } from './worker-pool.ts';

export interface LayerTarRequest {
  readonly spec: LayerTarSpec;
  readonly outputPath: string | undefined;
}

export interface LayerTarResult {
  /** Of the uncompressed tar. */
  readonly diffId: Digest;
  /** Of the uncompressed tar. */
  readonly sizeBytes: number;
}

/** More threads than this only wait for the same disk. */
const MOST_THREADS = 4;

let pool: WorkerPool<LayerTarRequest, LayerTarResult> | undefined;

/**
 * Writes a layer's tar, byte for byte what the reference lifecycle would write (CNB.md C144, C145), in a worker
 * thread, in one pass and constant memory. The file appears under `outputPath` when it is complete; without an
 * `outputPath` only digest and size are found.
 *
 * Throws `TAR_SOURCE_CHANGED` and `TAR_SOURCE_UNREADABLE`, naming the file.
 */
export function writeLayerTar(spec: LayerTarSpec, outputPath?: string): Promise<LayerTarResult> {
  pool ??= new WorkerPool('layer-tar', Math.min(MOST_THREADS, availableParallelism()));
  return pool.run({ spec, outputPath });
}
