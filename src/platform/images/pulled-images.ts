import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, digestOf, markUsed, writeFileAtomic } from '../../foundation/index.ts';
import { createTarLayer, imageFromManifest, parseConfig } from '../../oci/index.ts';
import type { Clock, Digest } from '../../foundation/index.ts';
import type { BlobDirectory, Descriptor, Image, Layer } from '../../oci/index.ts';

/**
 * What is remembered of images of registries and daemons: manifest and config, when they were asked for, but no layer.
 * A layer's bytes are opened where they lie, or in the store once something has put them there.
 */
export interface PulledImages {
  /** undefined when nothing, or nothing readable, is remembered. */
  find(key: string): RememberedImage | undefined;
  /** `pointed`: the digest that the name pointed to, which may be that of an index. */
  remember(key: string, image: Image, pointed?: Digest): void;
  /** The image without asking anybody; `openBlob` is called for layers that the store does not have. */
  open(remembered: RememberedImage, open: (descriptor: Descriptor) => AsyncIterable<Uint8Array>): Promise<Image>;
  /** The same for an image without a manifest, as daemons have; `load` gets all of it when a layer is wanted. */
  openWhole(remembered: RememberedImage, load: () => Promise<Image>): Image;
}

export interface RememberedImage {
  /** Milliseconds since 1970. */
  readonly asked: number;
  readonly config: Uint8Array;
  readonly manifest?: NonNullable<Image['manifest']>;
  readonly pointed?: Digest;
}

/** Wire form: bytes in base64. */
interface RecordFile {
  readonly key: string;
  readonly asked: number;
  readonly config: string;
  readonly manifest?: { readonly descriptor: Descriptor; readonly bytes: string };
  readonly pointed?: Digest;
}

export function openPulledImages(options: { readonly directory: string; readonly blobs: BlobDirectory; readonly clock: Clock }): PulledImages {
  const { directory, blobs, clock } = options;
  const path = (key: string) => join(directory, `${digestHex(digestOf(key))}.json`);
  return {
    find(key) {
      if (!markUsed(path(key))) return undefined;
      try {
        return decode(JSON.parse(readFileSync(path(key), 'utf8')) as RecordFile, key);
      } catch {
        // Deleting it loses only time, and so does a damaged one.
        return undefined;
      }
    },
    remember(key, image, pointed) {
      const { configBytes, manifest } = image;
      const record: RecordFile = {
        key,
        asked: clock.now().getTime(),
        config: base64(configBytes),
        ...(manifest === undefined ? {} : { manifest: { descriptor: manifest.descriptor, bytes: base64(manifest.bytes) } }),
        ...(pointed === undefined ? {} : { pointed }),
      };
      writeFileAtomic(path(key), JSON.stringify(record));
    },
    async open({ config, manifest }, open) {
      const image = await imageFromManifest(manifest!.bytes, manifest!.descriptor, (descriptor) =>
        descriptor.digest === digestOf(config) ? once(config) : open(descriptor),
      );
      return { ...image, layers: image.layers.map((layer) => storedLayer(layer, blobs)) };
    },
    openWhole({ config: configBytes }, load) {
      let loaded: Promise<Image> | undefined;
      const config = parseConfig(configBytes);
      const layers = config.rootfs.diff_ids.map((diffId, index): Layer => {
        const layer: Layer = {
          diffId,
          async *openTar() {
            const whole = await (loaded ??= load());
            yield* whole.layers[index]!.openTar();
          },
        };
        return storedLayer(layer, blobs);
      });
      return { config, configBytes, imageId: digestOf(configBytes), layers };
    },
  };
}

function decode(record: RecordFile, key: string): RememberedImage | undefined {
  if (record.key !== key || typeof record.asked !== 'number') return undefined;
  const config = Buffer.from(record.config, 'base64');
  const manifest = record.manifest && { descriptor: record.manifest.descriptor, bytes: Buffer.from(record.manifest.bytes, 'base64') };
  if (manifest !== undefined && digestOf(manifest.bytes) !== manifest.descriptor.digest) return undefined;
  const { asked, pointed } = record;
  return { asked, config, ...(manifest === undefined ? {} : { manifest }), ...(pointed === undefined ? {} : { pointed }) };
}

/** The layer as the store has it, when it has it; its blob in the registry stays known, so that it need not be compressed again. */
function storedLayer(layer: Layer, blobs: BlobDirectory): Layer {
  const sizeBytes = blobs.size(layer.diffId);
  if (sizeBytes === undefined) return layer;
  return { ...layer, ...tarOf(layer.diffId, sizeBytes, blobs) };
}

function tarOf(diffId: Digest, tarSizeBytes: number, blobs: BlobDirectory): Layer {
  return createTarLayer({ diffId, tarSizeBytes, openTar: () => blobs.open(diffId) });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
