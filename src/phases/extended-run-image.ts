import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, removeTree } from '../foundation/index.ts';
import { CREATED_BY, NORMALIZED_TIME, parseExtensionLayer } from '../lifecycle/index.ts';
import { createImage, createManifest, imageFromManifest, openBlobDirectory, parseImageReference, putImage, readIndex, writeIndex } from '../oci/index.ts';
import { sparseImagePlace } from './extended-images.ts';
import type { ExportedRunImage, ExtensionLayer } from '../lifecycle/index.ts';
import type { ContainerConfig, HistoryEntry, Image, LayerCompressor } from '../oci/index.ts';

/** Reads an image that the restorer has kept without its layers, by its digest reference (CNB.md C095). Throws `RUN_IMAGE_UNREADABLE`. */
export async function readSparseImage(reference: string | undefined, kind: 'build' | 'run', extenderDirectory: string): Promise<Image> {
  const digest = parseImageReference(reference ?? '').digest;
  const image = digest === undefined ? undefined : await readLayout(sparseImagePlace(extenderDirectory, digest));
  if (image !== undefined) return image;
  throw new TspackError({
    code: 'RUN_IMAGE_UNREADABLE',
    message: `Cannot find the ${kind} image "${reference ?? ''}" in ${extenderDirectory}`,
    nextStep: `Run the restorer with ${extenderDirectory} shared between the two, and -build-image`,
  });
}

/** The only image of a layout, which may lack layers. */
async function readLayout(directory: string): Promise<Image | undefined> {
  const [entry] = existsSync(directory) ? readIndex(directory) : [];
  if (entry === undefined) return undefined;
  const blobs = openBlobDirectory(directory);
  return await imageFromManifest(readFileSync(blobs.path(entry.digest)), entry, ({ digest }) => blobs.open(digest));
}

export interface ExtendedImage {
  readonly config: ContainerConfig;
  readonly layers: readonly ExtensionLayer[];
}

/**
 * Saves the extended run image as an OCI layout `<directory>/<manifest digest>` with the new layers alone (CNB.md C078),
 * in the place of one from before. Returns the layout's folder.
 */
export async function saveExtendedImage(base: Image, extended: ExtendedImage, directory: string, compressor: LayerCompressor): Promise<string> {
  const added = extended.layers.flatMap(({ layer, createdBy, extensionId }) =>
    layer === undefined ? [] : [{ layer, history: { created_by: CREATED_BY.extensionLayer(createdBy, extensionId) } }],
  );
  const layers = [];
  for (const layer of [...base.layers, ...added.map((each) => each.layer)]) layers.push(await compressor.compress(layer));
  const history = [...layersHistory(base), ...added.map((each) => each.history)].map((entry) => ({ ...entry, created: NORMALIZED_TIME }));
  const image = createImage({ config: { ...base.config, created: NORMALIZED_TIME, config: extended.config, history }, layers });
  const target = join(directory, createManifest(image, layers).descriptor.digest);
  removeTree(directory);
  const isOfBase = new Set(base.layers);
  const descriptor = await putImage(openBlobDirectory(target), image, compressor, (layer) => isOfBase.has(layer));
  writeIndex(target, [descriptor]);
  return target;
}

/** One entry a layer, which a history need not have. */
function layersHistory({ config, layers }: Image): readonly HistoryEntry[] {
  const entries = (config.history ?? []).filter((entry) => entry.empty_layer !== true);
  return entries.length === layers.length ? entries : layers.map(() => ({}));
}

/** What the extender has made of the run image (CNB.md C141). Throws `EXTENDED_IMAGE_MISSING`. */
export async function readExtension(directory: string): Promise<NonNullable<ExportedRunImage['extension']>> {
  const [name] = existsSync(directory) ? readdirSync(directory) : [];
  const image = name === undefined ? undefined : await readLayout(join(directory, name));
  if (name === undefined || image === undefined) {
    throw new TspackError({
      code: 'EXTENDED_IMAGE_MISSING',
      message: `Cannot export: there is no extended run image in "${directory}"`,
      nextStep: 'Run the extender with -kind run before the exporter',
    });
  }
  const blobs = openBlobDirectory(join(directory, name));
  const history = layersHistory(image);
  return {
    config: image.config.config ?? {},
    layers: image.layers.flatMap((layer, index) =>
      layer.blob !== undefined && blobs.has(layer.blob.digest) ? [{ ...parseExtensionLayer(history[index]?.created_by ?? ''), layer }] : [],
    ),
  };
}
