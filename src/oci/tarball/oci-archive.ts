import { digestHex } from '../../foundation/index.ts';
import { writeTar } from '../../archive/index.ts';
import { createManifest, formatManifestIndex } from '../manifest.ts';
import { imagePlatform } from '../create-image.ts';
import { OCI_LAYOUT, referenceAnnotations } from '../layout/layout-store.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Image } from '../image.ts';
import type { ImageReference } from '../image-reference.ts';
import type { LayerCompressor } from '../store.ts';
import type { TarSourceEntry } from '../../archive/index.ts';

/** An OCI layout as one tar (`skopeo copy oci-archive:...`): the same blobs and manifest as every other output. */
export async function createOciArchive(
  image: Image,
  references: readonly ImageReference[],
  compressor: LayerCompressor,
): Promise<{ readonly descriptor: Descriptor; open(): AsyncIterable<Uint8Array> }> {
  const layers = [];
  for (const layer of image.layers) layers.push(await compressor.compress(layer));
  const manifest = createManifest(image, layers);
  const named = references.map((reference) => ({ ...manifest.descriptor, platform: imagePlatform(image), annotations: referenceAnnotations(reference) }));
  const blobs = new Map<string, TarSourceEntry>();
  const addBlob = (entry: Omit<TarSourceEntry, 'type' | 'path'>, digest: Descriptor['digest']) =>
    blobs.set(digest, { path: `blobs/sha256/${digestHex(digest)}`, type: 'file', ...entry });
  for (const { blob, openBlob } of layers) addBlob({ sizeBytes: blob.size, open: openBlob }, blob.digest);
  addBlob({ content: image.configBytes }, image.imageId);
  addBlob({ content: manifest.bytes }, manifest.descriptor.digest);
  const entries: TarSourceEntry[] = [
    { path: 'oci-layout', type: 'file', content: Buffer.from(OCI_LAYOUT) },
    { path: 'index.json', type: 'file', content: Buffer.from(formatManifestIndex(named)) },
    ...blobs.values(),
  ];
  return { descriptor: manifest.descriptor, open: () => writeTar(entries) };
}
