import { TspackError, digestHex, digestOf } from '../../foundation/index.ts';
import { readTar, writeTar } from '../../archive/index.ts';
import { formatFamiliarReference } from '../image-reference.ts';
import { MAXIMUM_MANIFEST_BYTES, parseConfig } from '../manifest.ts';
import { collectBytes } from '../verify.ts';
import { createTarLayer } from '../layer.ts';
import type { Digest } from '../../foundation/index.ts';
import type { TarSourceEntry } from '../../archive/index.ts';
import type { Image } from '../image.ts';
import type { ImageReference } from '../image-reference.ts';
import type { LayerCompressor } from '../store.ts';
import type { BlobDirectory } from '../layout/blob-directory.ts';

/**
 * An image as `docker save` writes it, for `docker load` and `podman load`: layers uncompressed, so that nothing is
 * compressed for a daemon that unpacks it again. A layer whose size is not known without reading it goes in as the
 * blob it has.
 */
export async function* openDockerArchive(image: Image, references: readonly ImageReference[], compressor: LayerCompressor): AsyncGenerator<Uint8Array> {
  const config = `${digestHex(image.imageId)}.json`;
  const entries: TarSourceEntry[] = [{ path: config, type: 'file', content: image.configBytes }];
  const layers: string[] = [];
  for (const layer of image.layers) {
    const path = `${digestHex(layer.diffId)}.tar`;
    if (!layers.includes(path)) {
      const { tarSizeBytes } = layer;
      const blob = tarSizeBytes === undefined ? await compressor.compress(layer) : undefined;
      entries.push({ path, type: 'file', sizeBytes: blob?.blob.size ?? tarSizeBytes ?? 0, open: () => blob?.openBlob() ?? layer.openTar() });
    }
    layers.push(path);
  }
  const manifest = [{ Config: config, RepoTags: references.map(repoTag), Layers: layers }];
  entries.push({ path: 'manifest.json', type: 'file', content: Buffer.from(JSON.stringify(manifest)) });
  yield* writeTar(entries);
}

/** Docker wants `repository:tag`, in the short form that it shows. */
function repoTag(reference: ImageReference): string {
  return `${formatFamiliarReference({ registry: reference.registry, repository: reference.repository, tag: 'latest' })}:${reference.tag ?? 'latest'}`;
}

/**
 * The image of a stream that `docker save` or a daemon's `GET /images/{name}/get` writes. Layers are spooled into
 * `blobs`, verified against the config. Throws `DOCKER_ARCHIVE_INVALID`.
 */
export async function readDockerArchive(source: AsyncIterable<Uint8Array>, blobs: BlobDirectory): Promise<Image> {
  const small = new Map<string, Uint8Array>();
  const spooled = new Map<string, { readonly digest: Digest; readonly sizeBytes: number }>();
  for await (const entry of readTar(source)) {
    if (entry.type === 'symlink' && entry.linkTarget !== undefined) {
      const target = spooled.get(resolveLink(entry.path, entry.linkTarget));
      if (target !== undefined) spooled.set(entry.path, target);
    } else if (entry.type === 'file' && entry.path.endsWith('.json')) {
      small.set(entry.path, await collectBytes(entry.content, MAXIMUM_MANIFEST_BYTES, entry.path));
    } else if (entry.type === 'file') {
      spooled.set(entry.path, await blobs.ingest(entry.content));
    }
  }
  const manifestBytes = small.get('manifest.json');
  if (manifestBytes === undefined) throw invalid('it has no manifest.json');
  const manifest = (JSON.parse(Buffer.from(manifestBytes).toString('utf8')) as { Config?: string; Layers?: string[] }[])[0];
  if (manifest?.Config === undefined || manifest.Layers === undefined) throw invalid('its manifest.json names no image');
  const configBlob = spooled.get(manifest.Config);
  const configBytes =
    small.get(manifest.Config) ?? (configBlob && (await collectBytes(blobs.open(configBlob.digest), MAXIMUM_MANIFEST_BYTES, manifest.Config)));
  if (configBytes === undefined) throw invalid(`${manifest.Config} is missing`);
  const config = parseConfig(configBytes);
  const layers = config.rootfs.diff_ids.map((diffId, index) => {
    const file = spooled.get(manifest.Layers?.[index] ?? '');
    if (file === undefined) throw invalid(`layer ${index} is missing`);
    if (file.digest !== diffId) throw invalid(`layer ${index} is ${file.digest}, its config lists ${diffId}`);
    return createTarLayer({ diffId, tarSizeBytes: file.sizeBytes, openTar: () => blobs.open(file.digest) });
  });
  return { config, configBytes, imageId: digestOf(configBytes), layers };
}

/** `../abc/layer.tar`, as old daemons link equal layers. */
function resolveLink(path: string, target: string): string {
  return new URL(target, `file:///${path}`).pathname.slice(1);
}

function invalid(why: string): TspackError {
  return new TspackError({ code: 'DOCKER_ARCHIVE_INVALID', message: `Cannot read the image archive: ${why}` });
}
