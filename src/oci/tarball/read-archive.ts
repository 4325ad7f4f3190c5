import { TspackError, digestOf } from '../../foundation/index.ts';
import { detectCompression } from '../../archive/index.ts';
import { MEDIA_TYPES } from '../descriptor.ts';
import { parseImageReference } from '../image-reference.ts';
import { createBlobLayer, createTarLayer } from '../layer.ts';
import { indexedName } from '../layout/layout-store.ts';
import { imageFromManifest, parseConfig, parseManifestIndex } from '../manifest.ts';
import { spoolArchive } from './spool-archive.ts';
import type { BlobDirectory } from '../layout/blob-directory.ts';
import type { Descriptor } from '../descriptor.ts';
import type { DiffId, Image, Layer } from '../image.ts';
import type { NamedImage } from './named-image.ts';
import type { SpooledArchive } from './spool-archive.ts';

/**
 * The image of a stream that `docker save` or a daemon's `GET /images/{name}/get` writes. Layers are spooled into
 * `blobs`, verified against the config. Throws `DOCKER_ARCHIVE_INVALID`.
 */
export async function readDockerArchive(source: AsyncIterable<Uint8Array>, blobs: BlobDirectory): Promise<Image> {
  const [first] = await dockerImages(await spoolArchive(source, blobs), blobs);
  if (first === undefined) throw invalid('its manifest.json names no image');
  return first.image;
}

/**
 * All images of an archive that `docker save`, `podman save`, skopeo, buildx or tspack has written, of Docker's or OCI's
 * form, with the names that it gives them. Blobs go to `blobs`. Throws `DOCKER_ARCHIVE_INVALID`, `MANIFEST_INVALID`.
 */
export async function readImageArchive(source: AsyncIterable<Uint8Array>, blobs: BlobDirectory): Promise<readonly NamedImage[]> {
  const archive = await spoolArchive(source, blobs);
  // Newer daemons write both forms into one archive: Docker's has the names that they show.
  if (archive.files.has('manifest.json')) return await dockerImages(archive, blobs);
  const index = await archive.read('index.json');
  if (index === undefined) throw invalid('it has neither manifest.json nor index.json');
  return await indexedImages(index, archive, blobs, undefined);
}

interface ArchiveManifest {
  readonly Config?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Layers?: readonly string[];
}

async function dockerImages(archive: SpooledArchive, blobs: BlobDirectory): Promise<readonly NamedImage[]> {
  const bytes = await archive.read('manifest.json');
  if (bytes === undefined) throw invalid('it has no manifest.json');
  const images: NamedImage[] = [];
  for (const { Config, RepoTags, Layers } of parseArchiveManifest(bytes)) {
    if (Config === undefined || Layers === undefined) throw invalid('its manifest.json names no image');
    const configBytes = await archive.read(Config);
    if (configBytes === undefined) throw invalid(`${Config} is missing`);
    const config = parseConfig(configBytes);
    const layers: Layer[] = [];
    for (const [index, diffId] of config.rootfs.diff_ids.entries()) {
      const file = archive.files.get(Layers[index] ?? '');
      if (file === undefined) throw invalid(`layer ${index} is missing`);
      layers.push(await archivedLayer(file, diffId, index, blobs));
    }
    images.push({ image: { config, configBytes, imageId: digestOf(configBytes), layers }, references: (RepoTags ?? []).map(parseImageReference) });
  }
  return images;
}

function parseArchiveManifest(bytes: Uint8Array): readonly ArchiveManifest[] {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
    if (Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null)) return value as readonly ArchiveManifest[];
  } catch {
    // The same as any other text that is no such list.
  }
  throw invalid('its manifest.json is no list of images');
}

type ArchivedFile = NonNullable<ReturnType<SpooledArchive['files']['get']>>;

/** Daemons that keep images in containerd put layers in as they are in registries. */
async function archivedLayer({ digest, sizeBytes }: ArchivedFile, diffId: DiffId, index: number, blobs: BlobDirectory): Promise<Layer> {
  const open = () => blobs.open(digest);
  if (digest === diffId) return createTarLayer({ diffId, tarSizeBytes: sizeBytes, openTar: open });
  for await (const start of open()) {
    if (detectCompression(start) === 'none') break;
    return createBlobLayer({ descriptor: { mediaType: MEDIA_TYPES.ociLayerGzip, digest, size: sizeBytes }, diffId, openBlob: open });
  }
  throw invalid(`layer ${index} is ${digest}, its config lists ${diffId}`);
}

/** Images of an index and of those that it lists, which have its name; what is no image, as an attestation, is left out. */
async function indexedImages(bytes: Uint8Array, archive: SpooledArchive, blobs: BlobDirectory, inherited: string | undefined): Promise<readonly NamedImage[]> {
  const images: NamedImage[] = [];
  for (const entry of parseManifestIndex(bytes)?.manifests ?? []) {
    const name = indexedName(entry) ?? inherited;
    const manifest = await archive.read(`blobs/sha256/${entry.digest.slice('sha256:'.length)}`);
    if (manifest === undefined) throw invalid(`the manifest ${entry.digest} is missing`);
    if (parseManifestIndex(manifest) !== undefined) images.push(...(await indexedImages(manifest, archive, blobs, name)));
    else if (isImage(entry)) {
      const image = await imageFromManifest(manifest, entry, ({ digest }) => blobs.open(digest));
      images.push({ image, references: name === undefined ? [] : [parseImageReference(name)] });
    }
  }
  // The same image under several names is an entry for each.
  return images
    .filter(({ image }, index) => images.findIndex((other) => other.image.imageId === image.imageId) === index)
    .map((named) => ({
      image: named.image,
      references: images.filter(({ image }) => image.imageId === named.image.imageId).flatMap(({ references }) => references),
    }));
}

function isImage({ artifactType, platform, annotations }: Descriptor): boolean {
  return artifactType === undefined && platform?.os !== 'unknown' && annotations?.['vnd.docker.reference.type'] === undefined;
}

function invalid(why: string): TspackError {
  return new TspackError({ code: 'DOCKER_ARCHIVE_INVALID', message: `Cannot read the image archive: ${why}`, nextStep: 'Save the image again' });
}
