import { rmSync } from 'node:fs';
import { writeLayerTar } from '../../archive/index.ts';
import { createTarLayer } from '../layer.ts';
import type { DiffId } from '../image.ts';
import type { LayerWriter } from '../layer-writer.ts';
import type { BlobDirectory } from './blob-directory.ts';

/** Writes layers as uncompressed blobs, each named by its diff ID. */
export function createLayerWriter(blobs: BlobDirectory): LayerWriter {
  return {
    async write(spec) {
      const file = blobs.ingestPath();
      try {
        const { diffId, sizeBytes } = await writeLayerTar(spec, file);
        blobs.adopt(file, diffId);
        return storedTarLayer(blobs, diffId, sizeBytes);
      } finally {
        rmSync(file, { force: true });
      }
    },
  };
}

/** A layer whose tar is in the folder. */
export function storedTarLayer(blobs: BlobDirectory, diffId: DiffId, tarSizeBytes: number) {
  return createTarLayer({ diffId, tarSizeBytes, openTar: () => blobs.open(diffId) });
}
