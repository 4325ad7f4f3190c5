import type { LayerTarSpec } from './layer-tar.ts';
import { inTreePool } from './tree-pool.ts';
import type { LayerTarResult } from './tree-request.ts';

/**
 * Writes a layer's tar, byte for byte what the reference lifecycle would write (CNB.md C144, C145), in a worker
 * thread, in one pass and constant memory. The file appears under `outputPath` when it is complete; without an
 * `outputPath` only digest and size are found.
 *
 * Throws `TAR_SOURCE_CHANGED` and `TAR_SOURCE_UNREADABLE`, naming the file.
 */
export function writeLayerTar(spec: LayerTarSpec, outputPath?: string): Promise<LayerTarResult> {
  return inTreePool({ spec, outputPath });
}
