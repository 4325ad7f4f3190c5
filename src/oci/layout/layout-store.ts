import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, writeFileAtomic } from '../../foundation/index.ts';
import { MEDIA_TYPES } from '../descriptor.ts';
import { createManifest, formatManifestIndex, imageFromManifest, parseManifestIndex, selectManifest } from '../manifest.ts';
import { imagePlatform } from '../create-image.ts';
import { formatImageReference } from '../image-reference.ts';
import { openBlobDirectory } from './blob-directory.ts';
import type { BlobDirectory } from './blob-directory.ts';
import type { Descriptor, ImagePlatform } from '../descriptor.ts';
import type { Image, Layer } from '../image.ts';
import type { ImageReference } from '../image-reference.ts';
import type { ImageStore, LayerCompressor } from '../store.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';

/** The text of the file `oci-layout`. */
export const OCI_LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

export interface LayoutStore extends ImageStore {
  readonly blobs: BlobDirectory;
  /** The image that `org.opencontainers.image.ref.name` names so. */
  readTag(tag: string, platform: ImagePlatform): Promise<Image | undefined>;
  /** The only image of the layout for this platform, whatever its name. Throws `LAYOUT_AMBIGUOUS` when there are several. */
  readOnly(platform: ImagePlatform): Promise<Image | undefined>;
  /** What the images of that name are for, as far as the entries say it. */
  platforms(tag: string | undefined): readonly ImagePlatform[];
}

/**
 * An OCI image layout in a folder (OCI image-spec `image-layout.md`): what `--output oci:<dir>` writes and skopeo,
 * crane and containerd read. Entries carry the tag as `org.opencontainers.image.ref.name` (CNB.md C215) and the
 * whole name as `io.containerd.image.name`.
 */
export function openLayoutStore(options: {
  readonly directory: string;
  readonly compressor: LayerCompressor;
  /** Layers that the manifest names and the layout does not hold: a sparse layout. */
  readonly isLeftOut?: (layer: Layer) => boolean;
}): LayoutStore {
  const blobs = openBlobDirectory(options.directory);
  // Artifacts, such as bills of materials, lie beside the images that they refer to.
  const images = () => readIndex(options.directory).filter((entry) => entry.artifactType === undefined);
  const open = (descriptor: Descriptor) => blobs.open(descriptor.digest);
  const load = (entry: Descriptor) => imageFromManifest(readFileSync(blobs.path(entry.digest)), entry, open);
  return {
    blobs,
    async read(reference, platform) {
      const entries = images().filter((entry) => isNamed(entry, reference));
      const entry = selectEntry(blobs, entries, platform);
      return entry === undefined ? undefined : await load(entry);
    },
    async readTag(tag, platform) {
      const entry = selectEntry(
        blobs,
        images().filter((each) => each.annotations?.[REF_NAME] === tag),
        platform,
      );
      return entry === undefined ? undefined : await load(entry);
    },
    async readOnly(platform) {
      const entries = images();
      if (new Set(entries.map((entry) => entry.digest)).size > 1 && selectable(entries, platform).length > 1) {
        throw new TspackError({ code: 'LAYOUT_AMBIGUOUS', message: `Cannot choose an image in ${options.directory}: it holds ${entries.length}` });
      }
      const entry = selectEntry(blobs, entries, platform);
      return entry === undefined ? undefined : await load(entry);
    },
    platforms: (tag) => {
      const entries = images().filter((entry) => tag === undefined || entry.annotations?.[REF_NAME] === tag);
      return entries.flatMap((entry) => platformsOf(blobs, entry));
    },
    async write(image, references) {
      const descriptor = await putImage(blobs, image, options.compressor, options.isLeftOut);
      const platform = imagePlatform(image);
      const added = references.map((reference) => ({ ...descriptor, platform, annotations: referenceAnnotations(reference) }));
      const kept = readIndex(options.directory).filter(
        (entry) => !references.some((reference) => isNamed(entry, reference) && samePlatform(entry.platform, platform)),
      );
      writeIndex(options.directory, [...kept, ...added]);
      return descriptor;
    },
  };
}

/** How an entry of an index names its image. */
export function referenceAnnotations(reference: ImageReference): Readonly<Record<string, string>> {
  return { [CONTAINERD_NAME]: formatImageReference(reference), ...(reference.tag === undefined ? {} : { [REF_NAME]: reference.tag }) };
}

/**
 * The name that an entry of an index gives its image; undefined for a bare tag or none. skopeo writes whole names into
 * the annotation that is for tags.
 */
export function indexedName({ annotations }: Descriptor): string | undefined {
  const name = annotations?.[CONTAINERD_NAME] ?? annotations?.[REF_NAME];
  return name !== undefined && /[/:]/.test(name) ? name : undefined;
}

/** Puts every blob of an image but those left out: layers first, then config, then manifest. */
export async function putImage(
  blobs: BlobDirectory,
  image: Image,
  compressor: LayerCompressor,
  isLeftOut: (layer: Layer) => boolean = () => false,
): Promise<Descriptor> {
  const layers = [];
  for (const layer of image.layers) {
    const compressed = await compressor.compress(layer);
    if (!isLeftOut(layer)) await blobs.put(compressed.blob, compressed.openBlob);
    layers.push(compressed);
  }
  blobs.putBytes(image.configBytes);
  const manifest = createManifest(image, layers);
  blobs.putBytes(manifest.bytes);
  return manifest.descriptor;
}

/** The entries of `index.json`; none when there is no layout. Throws `MANIFEST_INVALID`. */
export function readIndex(directory: string): readonly Descriptor[] {
  const path = join(directory, 'index.json');
  if (!existsSync(path)) return [];
  return parseManifestIndex(readFileSync(path))?.manifests ?? [];
}

/** Writes `oci-layout` and `index.json`. */
export function writeIndex(directory: string, entries: readonly Descriptor[]): void {
  writeFileAtomic(join(directory, 'oci-layout'), OCI_LAYOUT);
  writeFileAtomic(join(directory, 'index.json'), formatManifestIndex(entries));
}

export function samePlatform(a: ImagePlatform | undefined, b: ImagePlatform): boolean {
  return a !== undefined && a.os === b.os && a.architecture === b.architecture && (a.variant ?? '') === (b.variant ?? '');
}

function isNamed(entry: Descriptor, reference: ImageReference): boolean {
  const name = entry.annotations?.[CONTAINERD_NAME];
  if (reference.digest !== undefined) return entry.digest === reference.digest;
  return name === undefined ? entry.annotations?.[REF_NAME] === reference.tag : name === formatImageReference(reference);
}

function selectable(entries: readonly Descriptor[], platform: ImagePlatform): readonly Descriptor[] {
  return entries.filter((entry) => entry.platform === undefined || samePlatform(entry.platform, platform));
}

function platformsOf(blobs: BlobDirectory, { platform, digest }: Descriptor): readonly ImagePlatform[] {
  if (platform !== undefined) return [platform];
  const nested = parseManifestIndex(readFileSync(blobs.path(digest)));
  return nested?.manifests.flatMap((entry) => entry.platform ?? []) ?? [];
}

/** An entry may itself be an index, as `skopeo copy --all` and buildx write. */
function selectEntry(blobs: BlobDirectory, entries: readonly Descriptor[], platform: ImagePlatform): Descriptor | undefined {
  const chosen = selectManifest({ mediaType: MEDIA_TYPES.ociIndex, manifests: entries }, platform);
  if (chosen === undefined) return undefined;
  const nested = parseManifestIndex(readFileSync(blobs.path(chosen.digest)));
  return nested === undefined ? chosen : selectEntry(blobs, nested.manifests, platform);
}
