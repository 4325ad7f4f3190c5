import { availableParallelism } from 'node:os';
import type { FingerprintRequest, LayerTarRequest, LayerTarResult, TreeFingerprint } from './tree-request.ts';
import { WorkerPool } from './worker-pool.ts';

/** More threads than this only wait for the same disk. */
const MOST_THREADS = 4;

let pool: WorkerPool<LayerTarRequest | FingerprintRequest, LayerTarResult | TreeFingerprint> | undefined;

/**
 * Walks a tree in a worker thread. Fingerprints and tars share the threads: a thread takes 40 ms to start, and the
 * fingerprints are taken while buildpacks run, so the tars find them warm.
 */
export async function inTreePool(request: LayerTarRequest): Promise<LayerTarResult>;
export async function inTreePool(request: FingerprintRequest): Promise<TreeFingerprint>;
export async function inTreePool(request: LayerTarRequest | FingerprintRequest): Promise<LayerTarResult | TreeFingerprint> {
  pool ??= new WorkerPool('tree', Math.min(MOST_THREADS, availableParallelism()));
  return await pool.run(request);
}
