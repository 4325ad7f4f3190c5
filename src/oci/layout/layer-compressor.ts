import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, writeFileAtomic } from '../../foundation/index.ts';
import { gzipFile } from '../../archive/index.ts';
import { MEDIA_TYPES } from '../descriptor.ts';
import { createBlobLayer } from '../layer.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Layer } from '../image.ts';
import type { LayerCompressor } from '../store.ts';
import type { BlobDirectory } from './blob-directory.ts';

/**
 * Compresses a layer when an output first needs it, and keeps the result: the blob beside the tar, and the blob's
 * descriptor under `compressed/<diff ID>.json`, so that a later output knows the digest without compressing.
 */
export function createLayerCompressor(blobs: BlobDirectory): LayerCompressor {
  const inProgress = new Map<string, Promise<Descriptor>>();

  async function gzip(layer: Layer): Promise<Descriptor> {
    const file = blobs.ingestPath();
    try {
      const input = blobs.has(layer.diffId) ? blobs.path(layer.diffId) : layer.openTar();
      const { digest, sizeBytes } = await gzipFile(input, file);
      blobs.adopt(file, digest);
      const descriptor = { mediaType: MEDIA_TYPES.ociLayerGzip, digest, size: sizeBytes };
      writeFileAtomic(recordPath(blobs, layer), JSON.stringify(descriptor));
      return descriptor;
    } finally {
      rmSync(file, { force: true });
    }
  }

  return {
    async compress(layer) {
      if (layer.blob !== undefined && layer.openBlob !== undefined) return layer as Layer & Required<Pick<Layer, 'blob' | 'openBlob'>>;
      const known = compressedBlob(blobs, layer);
      let descriptor = known !== undefined && blobs.has(known.digest) ? known : undefined;
      if (descriptor === undefined) {
        const started = inProgress.get(layer.diffId) ?? gzip(layer);
        inProgress.set(layer.diffId, started);
        descriptor = await started.finally(() => inProgress.delete(layer.diffId));
      }
      const { digest } = descriptor;
      const compressed = createBlobLayer({ descriptor, diffId: layer.diffId, openBlob: () => blobs.open(digest) });
      return { ...compressed, openTar: () => layer.openTar(), ...(layer.tarSizeBytes === undefined ? {} : { tarSizeBytes: layer.tarSizeBytes }) };
    },
  };
}

/** What a layer was compressed to before, if it was. */
export function compressedBlob(blobs: BlobDirectory, layer: Pick<Layer, 'diffId'>): Descriptor | undefined {
  const path = recordPath(blobs, layer);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Descriptor) : undefined;
}

function recordPath(blobs: BlobDirectory, layer: Pick<Layer, 'diffId'>): string {
  return join(blobs.directory, 'compressed', `${digestHex(layer.diffId)}.json`);
}
