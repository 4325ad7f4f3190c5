import { digestHex } from '../../foundation/index.ts';
import { writeTar } from '../../archive/index.ts';
import { formatFamiliarReference } from '../image-reference.ts';
import type { TarSourceEntry } from '../../archive/index.ts';
import type { ImageReference } from '../image-reference.ts';
import type { LayerCompressor } from '../store.ts';
import type { NamedImage } from './named-image.ts';

/**
 * Images as `docker save` writes them, for `docker load` and `podman load`: layers uncompressed, so that nothing is
 * compressed for a daemon that unpacks it again. A layer whose size is not known without reading it goes in as the
 * blob it has. What images share is in it once.
 */
export async function* openDockerArchive(images: readonly NamedImage[], compressor: LayerCompressor): AsyncGenerator<Uint8Array> {
  const entries = new Map<string, TarSourceEntry>();
  const manifest: { readonly Config: string; readonly RepoTags: readonly string[]; readonly Layers: readonly string[] }[] = [];
  for (const { image, references } of images) {
    const config = `${digestHex(image.imageId)}.json`;
    entries.set(config, { path: config, type: 'file', content: image.configBytes });
    const layers: string[] = [];
    for (const layer of image.layers) {
      const path = `${digestHex(layer.diffId)}.tar`;
      if (!entries.has(path)) {
        const { tarSizeBytes } = layer;
        const blob = tarSizeBytes === undefined ? await compressor.compress(layer) : undefined;
        entries.set(path, { path, type: 'file', sizeBytes: blob?.blob.size ?? tarSizeBytes ?? 0, open: () => blob?.openBlob() ?? layer.openTar() });
      }
      layers.push(path);
    }
    manifest.push({ Config: config, RepoTags: references.map(repoTag), Layers: layers });
  }
  yield* writeTar([...entries.values(), { path: 'manifest.json', type: 'file', content: Buffer.from(JSON.stringify(manifest)) }]);
}

/** Docker wants `repository:tag`, in the short form that it shows. */
function repoTag(reference: ImageReference): string {
  return `${formatFamiliarReference({ registry: reference.registry, repository: reference.repository, tag: 'latest' })}:${reference.tag ?? 'latest'}`;
}
