import { createHash } from 'node:crypto';
import { digestFromHex } from '../../src/foundation/index.ts';
import { writeTar } from '../../src/archive/index.ts';
import { createImage, createTarLayer } from '../../src/oci/index.ts';
import type { ImageConfig, Image, Layer } from '../../src/oci/index.ts';

/** A layer with one file of pseudo-random content: the same for the same seed. */
export async function syntheticLayer(seed: string, sizeBytes = 10_000): Promise<Layer & { readonly tarSizeBytes: number }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar([{ path: `file-${seed}`, type: 'file', content: randomBytes(seed, sizeBytes) }])) chunks.push(chunk);
  const tar = Buffer.concat(chunks);
  const diffId = digestFromHex(createHash('sha256').update(tar).digest('hex'));
  return createTarLayer({
    diffId,
    tarSizeBytes: tar.length,
    openTar: async function* () {
      yield await Promise.resolve(tar);
    },
  });
}

/** A small valid image: the same for the same seed. */
export async function syntheticImage(
  seed: string,
  options: { readonly layers?: number; readonly layerBytes?: number; readonly config?: Partial<ImageConfig> } = {},
): Promise<Image> {
  const layers = await Promise.all(Array.from({ length: options.layers ?? 2 }, (_, index) => syntheticLayer(`${seed}-${index}`, options.layerBytes)));
  const history = layers.map((_, index) => ({ created: '1980-01-01T00:00:01Z', created_by: `layer ${index}` }));
  return createImage({
    config: { os: 'linux', architecture: 'amd64', created: '1980-01-01T00:00:01Z', history, config: { Labels: { seed } }, ...options.config },
    layers,
  });
}

function randomBytes(seed: string, size: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) => createHash('sha256').update(`${seed} ${index}`).digest());
  return Buffer.concat(blocks).subarray(0, size);
}
