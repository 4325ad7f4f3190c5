import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, systemClock } from '../foundation/index.ts';
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
  parseConfig,
  parseManifest,
  readIndex,
  samePlatform,
  writeIndex,
} from '../oci/index.ts';
import { openDistributions } from './distributions.ts';
import { createdOf, entryImageId, entryName, imageEntry, readEntry, withManifest } from './local-image.ts';
import { acquireLock } from './lock.ts';
import { ownTag } from './process-identity.ts';
import type { Clock, Digest } from '../foundation/index.ts';
import type { BlobDirectory, Descriptor, Image, ImageReference, ImageStore, Layer, LayerCompressor, LayerWriter } from '../oci/index.ts';
import type { ImageFacts, LocalImage } from './local-image.ts';

/**
 * The images of this machine: an OCI layout with uncompressed layers, so that nothing is compressed before an
 * output needs it. An image is known by its image ID; the manifest it has elsewhere is kept beside it.
 */
export interface LocalStore extends ImageStore {
  readonly blobs: BlobDirectory;
  readonly layerWriter: LayerWriter;
  readonly compressor: LayerCompressor;
  /** Names in the order in which they were given. */
  list(): readonly LocalImage[];
  /** Images whose image ID or manifest digest begins with these hexadecimal digits (at least six). */
  findByDigest(prefix: string): readonly LocalImage[];
  readById(imageId: Digest): Promise<Image | undefined>;
  /** Gives an image that is here more names. */
  tag(image: LocalImage, references: readonly ImageReference[]): Promise<void>;
  /** Takes names away, each for its platform. What no name needs any more stays until it is swept. */
  remove(images: readonly Pick<LocalImage, 'reference' | 'platform'>[]): Promise<void>;
  /**
   * The image in its distribution form: every layer with its blob, and the manifest that every output shares.
   * Compresses what has not been compressed before.
   */
  distribute(image: Image): Promise<Image & Required<Pick<Image, 'manifest'>>>;
}

export interface LocalStoreOptions {
  readonly directory: string;
  readonly lockDirectory: string;
  readonly clock?: Clock;
}

export function openLocalStore({ directory, lockDirectory, clock = systemClock }: LocalStoreOptions): LocalStore {
  const blobs = openBlobDirectory(directory, { writer: ownTag(), isCache: true });
  const compressor = createLayerCompressor(blobs);
  const distributions = openDistributions(directory, blobs);

  /** A layer as it lies here: the tar, and a blob when there is one. */
  function storedLayer(tar: Layer, blob: Descriptor | undefined): Layer {
    const plain = {
      ...createTarLayer({ diffId: tar.diffId, tarSizeBytes: tar.tarSizeBytes ?? 0, openTar: () => blobs.open(tar.diffId) }),
      isPresent: () => Promise.resolve(blobs.has(tar.diffId)),
    };
    // Whoever reads an image may need its layers long after: from now on they count as used.
    blobs.has(tar.diffId);
    if (blob === undefined || !blobs.has(blob.digest)) return plain;
    return { ...createBlobLayer({ descriptor: blob, diffId: tar.diffId, openBlob: () => blobs.open(blob.digest) }), ...plain };
  }

  async function load(entry: Descriptor): Promise<Image> {
    const { manifest: _plain, ...image } = await imageFromManifest(readFileSync(blobs.path(entry.digest)), entry, ({ digest }) => blobs.open(digest));
    const distribution = distributions.read(image.imageId);
    // Its own blobs: another image may have the same content in another compression.
    const own = image.layers.map((layer, index) => storedLayer(layer, distribution?.layers[index]));
    if (distribution !== undefined && own.every(({ blob }) => blob !== undefined)) return { ...image, layers: own, manifest: distribution.manifest };
    return { ...image, layers: image.layers.map((layer) => storedLayer(layer, compressedBlob(blobs, layer))) };
  }

  function measure(entry: Descriptor): ImageFacts {
    const manifest = parseManifest(readFileSync(blobs.path(entry.digest)));
    const config = parseConfig(readFileSync(blobs.path(manifest.config.digest)));
    const manifestDigest = distributions.digest(manifest.config.digest);
    const sizeBytes = manifest.layers.reduce((sum, { size }) => sum + size, 0);
    return { sizeBytes, ...createdOf({ config }), ...(manifestDigest === undefined ? {} : { manifestDigest }) };
  }

  const named = () => readIndex(directory).filter((entry) => entryName(entry) !== undefined);

  /** Replaces the index under its lock. */
  async function changeIndex(change: (entries: readonly Descriptor[]) => readonly Descriptor[]): Promise<void> {
    using _lock = await acquireLock(join(lockDirectory, 'store-index'));
    writeIndex(directory, change(readIndex(directory)));
  }

  const isFor = ({ reference, platform }: Pick<LocalImage, 'reference' | 'platform'>) => {
    const name = formatImageReference(reference);
    return (entry: Descriptor) => entryName(entry) === name && samePlatform(entry.platform, platform);
  };

  async function nameImage(manifest: Descriptor, image: Omit<LocalImage, 'reference'>, references: readonly ImageReference[]): Promise<void> {
    const updatedAt = clock.now().getTime();
    const added = references.map((reference) => imageEntry(manifest, { ...image, reference, updatedAt }));
    const replaced = references.map((reference) => isFor({ reference, platform: image.platform }));
    await changeIndex((entries) => [...entries.filter((entry) => !replaced.some((isReplaced) => isReplaced(entry))), ...added]);
  }

  const store: LocalStore = {
    blobs,
    layerWriter: createLayerWriter(blobs),
    compressor,
    list: () => named().map((entry) => readEntry(entry, () => measure(entry))),
    findByDigest: (prefix) =>
      prefix.length < 6
        ? []
        : store
            .list()
            .filter(({ imageId, manifestDigest }) => [imageId, manifestDigest].some((digest) => digest !== undefined && digestHex(digest).startsWith(prefix))),
    async readById(imageId) {
      const entry = named().find((candidate) => entryImageId(candidate) === imageId);
      return entry === undefined ? undefined : await load(entry);
    },
    async read(reference, platform) {
      const { digest } = reference;
      if (digest !== undefined) {
        const found = store.list().find((image) => image.imageId === digest || image.manifestDigest === digest);
        return found === undefined ? undefined : await store.readById(found.imageId);
      }
      const name = formatImageReference(reference);
      const entries = named().filter((entry) => entryName(entry) === name);
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
      if (read !== undefined) distributions.record(image.imageId, read);
      const { imageId } = image;
      const manifestDigest = distributions.digest(imageId);
      const facts: ImageFacts = {
        sizeBytes: layers.reduce((sum, { size }) => sum + size, 0),
        ...createdOf(image),
        ...(manifestDigest === undefined ? {} : { manifestDigest }),
      };
      await nameImage(plain.descriptor, { imageId, platform: imagePlatform(image), ...facts }, references);
      return plain.descriptor;
    },
    async tag(image, references) {
      const entry = named().find(isFor(image));
      if (entry !== undefined) await nameImage(entry, image, references);
    },
    async remove(images) {
      const removed = images.map(isFor);
      await changeIndex((entries) => entries.filter((entry) => !removed.some((isRemoved) => isRemoved(entry))));
    },
    async distribute(image) {
      const layers = [];
      for (const layer of image.layers) layers.push(await compressor.compress(layer));
      const manifest = createManifest(image, layers);
      distributions.record(image.imageId, manifest);
      const noted = (entry: Descriptor) => withManifest(entry, image.imageId, manifest.descriptor.digest);
      if (readIndex(directory).some((entry) => noted(entry) !== entry)) await changeIndex((entries) => entries.map(noted));
      return { ...image, layers, manifest };
    },
  };

  return store;
}
