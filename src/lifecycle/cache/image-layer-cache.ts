import { createReadStream, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { writeLayerTar } from '../../archive/index.ts';
import type { LayerTarSpec } from '../../archive/index.ts';
import { LABELS, formatCacheMetadata, parseCacheMetadata } from '../../cnb/index.ts';
import type { CacheMetadata } from '../../cnb/index.ts';
import { removeTree } from '../../foundation/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import { createImage, createTarLayer, formatFamiliarReference } from '../../oci/index.ts';
import type { DiffId, Image, ImagePlatform, ImageReference, ImageStore, Layer } from '../../oci/index.ts';
import type { LifecycleEvent } from '../events.ts';
import { NORMALIZED_TIME } from '../export/history.ts';
import { NO_CACHE_METADATA, cacheLayerMissing } from './cache-place.ts';
import type { CacheDraft, CachePlace, TarCacheOptions } from './cache-place.ts';
import type { LayerCache } from './layer-cache.ts';
import { createTarCache } from './tar-cache.ts';

export interface ImageLayerCacheOptions extends TarCacheOptions {
  /** Where the cache image is: a registry, as a rule. */
  readonly images: ImageStore;
  readonly reference: ImageReference;
  /** What is built for. A cache image that says otherwise is not used. */
  readonly platform: ImagePlatform;
  /** A folder for the tars of layers that no image holds, while they are written. */
  readonly scratch: string;
}

/**
 * A cache image (platform.md `-cache-image`, CNB.md C155): a layer for each cached layer, one for their SBOM files, and
 * metadata in the label `io.buildpacks.lifecycle.cache.metadata`. The same layers make the same image.
 *
 * An image that is not there, cannot be read or is no cache of this platform makes an empty cache, with a warning in
 * the last two cases. Layers are fetched when they are restored.
 */
export async function openImageLayerCache(options: ImageLayerCacheOptions): Promise<LayerCache> {
  return createTarCache(createImagePlace(await readCacheImage(options), options), options);
}

interface CacheImage {
  readonly metadata: CacheMetadata;
  readonly layers: ReadonlyMap<DiffId, Layer>;
}

async function readCacheImage({ images, reference, platform, events, signal }: ImageLayerCacheOptions): Promise<CacheImage> {
  const none: CacheImage = { metadata: NO_CACHE_METADATA, layers: new Map() };
  const name = formatFamiliarReference(reference);
  try {
    const image = await images.read(reference, platform);
    if (image === undefined) return none;
    const problem = unusable(image, platform);
    if (problem !== undefined) return ignored(name, problem, events, none);
    const label = image.config.config?.Labels?.[LABELS.cacheMetadata] ?? '';
    return { metadata: parseCacheMetadata(label, `label ${LABELS.cacheMetadata}`), layers: new Map(image.layers.map((layer) => [layer.diffId, layer])) };
  } catch (error) {
    signal?.throwIfAborted();
    return ignored(name, (error as Error).message, events, none);
  }
}

function unusable({ config }: Image, platform: ImagePlatform): string | undefined {
  if (config.config?.Labels?.[LABELS.cacheMetadata] === undefined) return `it is not a cache image: label ${LABELS.cacheMetadata} is missing`;
  // Images that the reference makes may leave both empty.
  const [made, wanted] = [`${config.os}/${config.architecture}`, `${platform.os}/${platform.architecture}`];
  return config.architecture === '' || made === wanted ? undefined : `it is a cache of builds for ${made}, want ${wanted}`;
}

function ignored(name: string, problem: string, events: EventSink<LifecycleEvent>, none: CacheImage): CacheImage {
  events({ kind: 'message', level: 'warning', message: `Ignoring cache image "${name}": ${problem}` });
  return none;
}

function createImagePlace(before: CacheImage, { images, reference, platform, scratch, signal }: ImageLayerCacheOptions): CachePlace {
  const name = formatFamiliarReference(reference);

  function begin(): CacheDraft {
    mkdirSync(scratch, { recursive: true });
    const folder = mkdtempSync(join(scratch, 'cache-image-'));
    const added = new Map<DiffId, Layer>();
    return {
      async add(source) {
        const layer = 'parts' in source ? await writeTarLayer(source, join(folder, `${added.size}.tar`)) : source;
        added.set(layer.diffId, layer);
        return { diffId: layer.diffId, reused: before.layers.has(layer.diffId) };
      },
      async finish(metadata) {
        // Some registries refuse an image without layers.
        const layers = added.size > 0 ? [...added.values()] : [await writeTarLayer({ parts: [] }, join(folder, 'empty.tar'))];
        const reusing = layers.map((layer) => withBlob(layer, before.layers.get(layer.diffId)));
        try {
          await images.write(cacheImage(reusing, metadata, platform), [reference]);
        } catch (error) {
          // The registry may have lost a blob that the image before has; all of them can be sent again.
          if (signal?.aborted === true || !reusing.some((layer, index) => layer !== layers[index])) throw error;
          await images.write(cacheImage(layers, metadata, platform), [reference]);
        }
      },
      abandon: () => removeTree(folder),
    };
  }

  return {
    metadata: before.metadata,
    async *openTar(diffId) {
      const layer = before.layers.get(diffId);
      if (layer === undefined) throw cacheLayerMissing(diffId, `image "${name}"`);
      yield* layer.openTar();
    },
    begin,
  };
}

function cacheImage(layers: readonly Layer[], metadata: CacheMetadata, { os, architecture, variant }: ImagePlatform): Image {
  const config = { Labels: { [LABELS.cacheMetadata]: formatCacheMetadata(metadata) } };
  return createImage({ config: { os, architecture, ...(variant === undefined ? {} : { variant }), created: NORMALIZED_TIME, config }, layers });
}

/** The layer as a blob that the registry holds already, so that it is not sent. */
function withBlob(layer: Layer, known: Layer | undefined): Layer {
  if (known?.blob === undefined || known.openBlob === undefined) return layer;
  return { ...layer, blob: known.blob, openBlob: () => known.openBlob!() };
}

async function writeTarLayer(spec: LayerTarSpec, file: string): Promise<Layer> {
  const { diffId, sizeBytes } = await writeLayerTar(spec, file);
  return createTarLayer({
    diffId,
    tarSizeBytes: sizeBytes,
    openTar: () => createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>,
  });
}
