import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { removeTree, temporaryBeside } from '../foundation/index.ts';
import { createTarLayer } from '../oci/index.ts';
import type { Image, Layer } from '../oci/index.ts';
import type { Inputs } from './inputs-table.ts';

const tarName = (diffId: string) => `${diffId}.tar`;

/** The image with layers from the launch cache where it has them: a daemon gives out no single layer (platform.md `-launch-cache`). */
export function withLaunchCache(image: Image, { daemon, launchCache }: Pick<Inputs, 'daemon' | 'launchCache'>): Image {
  if (!daemon || launchCache === '') return image;
  return { ...image, layers: image.layers.map((layer) => cachedLayer(layer, join(launchCache, 'committed', tarName(layer.diffId)))) };
}

function cachedLayer(layer: Layer, file: string): Layer {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return layer;
  return createTarLayer({ diffId: layer.diffId, tarSizeBytes: stat.size, openTar: () => createReadStream(file) as AsyncIterable<Uint8Array> });
}

/** Makes these layers the content of the launch cache, in the folder that the reference uses. */
export async function writeLaunchCache(directory: string, layers: readonly Layer[]): Promise<void> {
  if (!existsSync(directory)) return;
  const committed = join(directory, 'committed');
  const staging = temporaryBeside(join(directory, 'staging'));
  mkdirSync(staging, { recursive: true });
  try {
    for (const layer of layers) await pipeline(layer.openTar(), createWriteStream(join(staging, tarName(layer.diffId))));
    removeTree(join(directory, 'committed-backup'));
    if (existsSync(committed)) renameSync(committed, join(directory, 'committed-backup'));
    renameSync(staging, committed);
    removeTree(join(directory, 'committed-backup'));
  } finally {
    removeTree(staging);
  }
}
