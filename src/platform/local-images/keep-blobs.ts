import { createBlobLayer } from '../../oci/index.ts';
import type { BlobDirectory, Image, Layer } from '../../oci/index.ts';

/** So many layers are fetched at once. */
const AT_ONCE = 3;

/**
 * The image with its blobs on this machine: they are fetched as they are, so that the image keeps its digest when it is
 * pushed elsewhere. Layers without a blob, as daemons have, stay what they are.
 */
export async function keepBlobs(image: Image, blobs: BlobDirectory, signal: AbortSignal): Promise<Image> {
  const layers: Layer[] = [...image.layers];
  const waiting = layers.map((layer, index) => ({ layer, index }));
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      signal.throwIfAborted();
      layers[next.index] = await keepBlob(next.layer, blobs);
    }
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, () =>
      worker().catch((error: unknown) => {
        waiting.length = 0;
        throw error;
      }),
    ),
  );
  return { ...image, layers };
}

async function keepBlob(layer: Layer, blobs: BlobDirectory): Promise<Layer> {
  const { blob, diffId, openBlob } = layer;
  if (blob === undefined || openBlob === undefined) return layer;
  await blobs.put(blob, () => openBlob.call(layer));
  return createBlobLayer({ descriptor: blob, diffId, openBlob: () => blobs.open(blob.digest) });
}
