import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, writeFileAtomic } from '../foundation/index.ts';
import {
  MEDIA_TYPES,
  compressedBlob,
  createBlobLayer,
  createLayerCompressor,
  createLayerWriter,
  createManifest,
  createTarLayer,
  formatImageReference,
  imageFromManifest,
  imagePlatform,
  openBlobDirectory,
  parseImageReference,
  readIndex,
  samePlatform,
  writeIndex,
} from '../oci/index.ts';
import { acquireLock } from './lock.ts';
import { ownTag } from './process-identity.ts';
import type { Digest } from '../foundation/index.ts';
import type { BlobDirectory, Descriptor, Image, ImagePlatform, ImageReference, ImageStore, Layer, LayerCompressor, LayerWriter } from '../oci/index.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';
const IMAGE_ID = 'dev.tspack.image.id';

/** One name of a local image. */
export interface LocalImage {
  readonly reference: ImageReference;
  readonly imageId: Digest;
  readonly platform: ImagePlatform;
  /** Digest of the manifest that outputs write, once one has. */
  readonly manifestDigest?: Digest;
}

/**
 * The images of this machine: an OCI layout with uncompressed layers, so that nothing is compressed before an
 * output needs it. An image is known by its image ID; the manifest it has elsewhere is kept beside it.
 */
export interface LocalStore extends ImageStore {
  readonly blobs: BlobDirectory;
  readonly layerWriter: LayerWriter;
  readonly compressor: LayerCompressor;
  list(): readonly LocalImage[];
  /** Images whose image ID or manifest digest begins with these hexadecimal digits (at least six). */
  findByDigest(prefix: string): readonly LocalImage[];
  readById(imageId: Digest): Promise<Image | undefined>;
  /**
   * The image in its distribution form: every layer with its blob, and the manifest that every output shares.
   * Compresses what has not been compressed before.
   */
  distribute(image: Image): Promise<Image & Required<Pick<Image, 'manifest'>>>;
}

export function openLocalStore(options: { readonly directory: string; readonly lockDirectory: string }): LocalStore {
  const { directory } = options;
  const blobs = openBlobDirectory(directory, { writer: ownTag() });
  const compressor = createLayerCompressor(blobs);
  const distributionPath = (imageId: Digest) => join(directory, 'distribution', `${digestHex(imageId)}.json`);

  function distribution(imageId: Digest): Image['manifest'] {
    const path = distributionPath(imageId);
    if (!existsSync(path)) return undefined;
    const descriptor = JSON.parse(readFileSync(path, 'utf8')) as Descriptor;
    return blobs.has(descriptor.digest) ? { descriptor, bytes: readFileSync(blobs.path(descriptor.digest)) } : undefined;
  }

  /** A layer as it lies here: the tar, and the blob when it has been compressed before. */
  function storedLayer(tar: Layer): Layer {
    const plain = createTarLayer({ diffId: tar.diffId, tarSizeBytes: tar.tarSizeBytes ?? 0, openTar: () => blobs.open(tar.diffId) });
    const blob = compressedBlob(blobs, tar);
    if (blob === undefined || !blobs.has(blob.digest)) return plain;
    return { ...createBlobLayer({ descriptor: blob, diffId: tar.diffId, openBlob: () => blobs.open(blob.digest) }), ...plain };
  }

  async function load(entry: Descriptor): Promise<Image> {
    const { manifest: _plain, ...image } = await imageFromManifest(readFileSync(blobs.path(entry.digest)), entry, ({ digest }) => blobs.open(digest));
    const layers = image.layers.map(storedLayer);
    const manifest = layers.every((layer) => layer.blob !== undefined) ? distribution(image.imageId) : undefined;
    return { ...image, layers, ...(manifest === undefined ? {} : { manifest }) };
  }

  const describe = (entry: Descriptor): LocalImage => {
    const imageId = entry.annotations?.[IMAGE_ID] as Digest;
    const manifestDigest = distribution(imageId)?.descriptor.digest;
    return {
      reference: parseImageReference(entry.annotations?.[REF_NAME] ?? ''),
      imageId,
      platform: entry.platform ?? { os: 'linux', architecture: 'amd64' },
      ...(manifestDigest === undefined ? {} : { manifestDigest }),
    };
  };
  const named = () => readIndex(directory).filter((entry) => entry.annotations?.[REF_NAME] !== undefined);

  const store: LocalStore = {
    blobs,
    layerWriter: createLayerWriter(blobs),
    compressor,
    list: () => named().map(describe),
    findByDigest: (prefix) =>
      prefix.length < 6
        ? []
        : store
            .list()
            .filter(({ imageId, manifestDigest }) => [imageId, manifestDigest].some((digest) => digest !== undefined && digestHex(digest).startsWith(prefix))),
    async readById(imageId) {
      const entry = named().find((candidate) => candidate.annotations?.[IMAGE_ID] === imageId);
      return entry === undefined ? undefined : await load(entry);
    },
    async read(reference, platform) {
      const { digest } = reference;
      if (digest !== undefined) {
        const found = store.list().find((image) => image.imageId === digest || image.manifestDigest === digest);
        return found === undefined ? undefined : await store.readById(found.imageId);
      }
      const name = formatImageReference(reference);
      const entries = named().filter((entry) => entry.annotations?.[REF_NAME] === name);
      const entry = entries.find((candidate) => samePlatform(candidate.platform, platform)) ?? (entries.length === 1 ? entries[0] : undefined);
      return entry === undefined ? undefined : await load(entry);
    },
    async write(image, references) {
      const layers: Descriptor[] = [];
      for (const layer of image.layers) {
        const size = blobs.size(layer.diffId) ?? (await blobs.ingest(layer.openTar())).sizeBytes;
        layers.push({ mediaType: MEDIA_TYPES.ociLayerTar, digest: layer.diffId, size });
      }
      blobs.putBytes(image.configBytes);
      const { manifest: read, ...unread } = image;
      const plain = createManifest(
        unread,
        layers.map((blob, index) => ({ ...image.layers[index]!, blob })),
      );
      blobs.putBytes(plain.bytes);
      if (read !== undefined) recordDistribution(image.imageId, read);
      using _lock = await acquireLock(join(options.lockDirectory, 'store-index'));
      const platform = imagePlatform(image);
      const names = references.map(formatImageReference);
      const kept = readIndex(directory).filter((entry) => !(names.includes(entry.annotations?.[REF_NAME] ?? '') && samePlatform(entry.platform, platform)));
      const added = names.map((name) => ({ ...plain.descriptor, platform, annotations: { [REF_NAME]: name, [IMAGE_ID]: image.imageId } }));
      writeIndex(directory, [...kept, ...added]);
      return plain.descriptor;
    },
    async distribute(image) {
      const layers = [];
      for (const layer of image.layers) layers.push(await compressor.compress(layer));
      const manifest = createManifest(image, layers);
      recordDistribution(image.imageId, manifest);
      return { ...image, layers, manifest };
    },
  };

  function recordDistribution(imageId: Digest, manifest: NonNullable<Image['manifest']>): void {
    blobs.putBytes(manifest.bytes);
    writeFileAtomic(distributionPath(imageId), JSON.stringify(manifest.descriptor));
  }

  return store;
}
