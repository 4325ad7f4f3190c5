import { digestHex } from '../../foundation/index.ts';
import { writeTar } from '../../archive/index.ts';
import { createManifest, formatManifestIndex } from '../manifest.ts';
import { imagePlatform } from '../create-image.ts';
import { OCI_LAYOUT, referenceAnnotations } from '../layout/layout-store.ts';
import type { Descriptor } from '../descriptor.ts';
import type { LayerCompressor } from '../store.ts';
import type { TarSourceEntry } from '../../archive/index.ts';
import type { NamedImage } from './named-image.ts';

/**
 * An OCI layout as one tar (`skopeo copy oci-archive:...`): the same blobs and manifests as every other output. An image
 * without references has no name in it, as in a `.cnb` file. `descriptors` are those of the manifests, in order.
 */
export async function createOciArchive(
  images: readonly NamedImage[],
  compressor: LayerCompressor,
): Promise<{ readonly descriptors: readonly Descriptor[]; open(): AsyncIterable<Uint8Array> }> {
  const blobs = new Map<string, TarSourceEntry>();
  const addBlob = (entry: Omit<TarSourceEntry, 'type' | 'path'>, digest: Descriptor['digest']) =>
    blobs.set(digest, { path: `blobs/sha256/${digestHex(digest)}`, type: 'file', ...entry });
  const index: Descriptor[] = [];
  const descriptors: Descriptor[] = [];
  for (const { image, references } of images) {
    const layers = [];
    for (const layer of image.layers) layers.push(await compressor.compress(layer));
    const manifest = createManifest(image, layers);
    const named = references.map((reference) => ({ ...manifest.descriptor, platform: imagePlatform(image), annotations: referenceAnnotations(reference) }));
    for (const { blob, openBlob } of layers) addBlob({ sizeBytes: blob.size, open: openBlob }, blob.digest);
    addBlob({ content: image.configBytes }, image.imageId);
    addBlob({ content: manifest.bytes }, manifest.descriptor.digest);
    descriptors.push(manifest.descriptor);
    index.push(...(named.length === 0 ? [manifest.descriptor] : named));
  }
  const entries: TarSourceEntry[] = [
    { path: 'oci-layout', type: 'file', content: Buffer.from(OCI_LAYOUT) },
    { path: 'index.json', type: 'file', content: Buffer.from(formatManifestIndex(index)) },
    ...blobs.values(),
  ];
  return { descriptors, open: () => writeTar(entries) };
}
