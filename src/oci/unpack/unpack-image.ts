import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync, renameSync } from 'node:fs';
import { basename, dirname, join, posix, sep } from 'node:path';
import { extractTar } from '../../archive/index.ts';
import { digestHex, hasSystemCode, markUsed, removeTree } from '../../foundation/index.ts';
import { mergeLayers } from './merge-layers.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { Image, Layer } from '../image.ts';

/** A layer begins to be unpacked: its number, counted from 1, of how many. */
export interface UnpackEvent {
  readonly kind: 'unpacking';
  readonly layer: number;
  readonly layers: number;
  readonly sizeBytes: number | undefined;
}

export interface UnpackImageOptions {
  readonly image: Image;
  /** Holds `layers/<diff ID>/` and `rootfs/<image ID>/`. Deleting it loses only time. */
  readonly cacheDirectory: string;
  /** Existing folder on the same file system, for what is being unpacked; its owner removes it afterwards. */
  readonly workDirectory: string;
  readonly events: EventSink<UnpackEvent>;
  readonly signal: AbortSignal;
}

/** So many layers are unpacked at once. */
const AT_ONCE = 3;

/**
 * The folder with the image's files, which must not be written to: layers that images share lie on the disk once.
 * Everything belongs to the caller. Safe to call twice at once, also by two processes.
 */
export async function unpackImage(options: UnpackImageOptions): Promise<string> {
  const { image, cacheDirectory, workDirectory } = options;
  const rootfs = join(cacheDirectory, 'rootfs', digestHex(image.imageId));
  if (markUsed(rootfs)) return rootfs;
  const directories = image.layers.map(({ diffId }) => join(cacheDirectory, 'layers', digestHex(diffId)));
  await unpackLayers(directories, options);
  await fillOnce(rootfs, workDirectory, (temporary) => {
    mergeLayers(directories, temporary);
    makeFolder(temporary, image.config.config?.WorkingDir ?? '/');
    return Promise.resolve();
  });
  return rootfs;
}

/** Layers that come from a registry wait for the network; meanwhile others can be written. When one fails, the others are stopped and waited for. */
async function unpackLayers(directories: readonly string[], { image, workDirectory, events, signal }: UnpackImageOptions): Promise<void> {
  // An image may hold the same layer twice.
  const missing = image.layers
    .map((layer, index) => ({ layer, index, directory: directories[index]! }))
    .filter(({ directory, index }) => !markUsed(directory) && directories.indexOf(directory) === index);
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let next = missing.shift(); next !== undefined; next = missing.shift()) {
      const { layer, index, directory } = next;
      events({ kind: 'unpacking', layer: index + 1, layers: image.layers.length, sizeBytes: layer.tarSizeBytes });
      await fillOnce(directory, workDirectory, (temporary) => unpackLayer(layer, temporary, both));
    }
  });
  try {
    await Promise.all(workers);
  } catch (error) {
    missing.length = 0;
    stop.abort(error);
    await Promise.allSettled(workers);
    throw error;
  }
}

async function unpackLayer(layer: Layer, directory: string, signal: AbortSignal): Promise<void> {
  await extractTar(layer.openTar(), directory, { dropLeadingSlash: true, symlinks: 'any', specialFiles: 'skip', dropSetuid: true, signal });
  // The archive may have a mode for its root; the folder has to stay usable for its owner.
  chmodSync(directory, 0o755);
}

/**
 * The folder appears whole or not at all; when two make it at once, the later one throws its work away. `workDirectory` is
 * on the same file system.
 */
export async function fillOnce(directory: string, workDirectory: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  mkdirSync(dirname(directory), { recursive: true });
  const temporary = join(workDirectory, basename(directory));
  try {
    await fill(temporary);
    renameSync(temporary, directory);
  } catch (error) {
    removeTree(temporary);
    if (!hasSystemCode(error, 'ENOTEMPTY', 'EEXIST') || !existsSync(directory)) throw error;
  }
}

/** A missing working directory is made, as Docker does; never through a link that leads out of the root. */
function makeFolder(root: string, path: string): void {
  const folder = join(root, posix.resolve('/', path));
  let existing = folder;
  while (lstatSync(existing, { throwIfNoEntry: false }) === undefined) existing = dirname(existing);
  // What is there already is left alone: also a link that leads nowhere.
  if (existing === folder || !existsSync(existing)) return;
  const inside = realpathSync(existing);
  const real = realpathSync(root);
  if (inside === real || inside.startsWith(real + sep)) mkdirSync(folder, { recursive: true });
}
