import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync, renameSync } from 'node:fs';
import { basename, dirname, join, posix, sep } from 'node:path';
import { extractTar } from '../archive/index.ts';
import { digestHex, hasSystemCode, removeTree } from '../foundation/index.ts';
import { mergeLayers } from './merge-layers.ts';
import type { EventSink } from '../foundation/index.ts';
import type { Image } from '../oci/index.ts';
import type { RunEvent } from './events.ts';

export interface UnpackImageOptions {
  readonly image: Image;
  /** Holds `layers/<diff ID>/` and `rootfs/<image ID>/`. Deleting it loses only time. */
  readonly cacheDirectory: string;
  /** Existing folder on the same file system, for what is being unpacked; its owner removes it afterwards. */
  readonly workDirectory: string;
  readonly events: EventSink<RunEvent>;
  readonly signal: AbortSignal;
}

/**
 * The folder with the image's files, which must not be written to: layers that images share lie on the disk once.
 * Everything belongs to the caller. Safe to call twice at once, also by two processes.
 */
export async function unpackImage(options: UnpackImageOptions): Promise<string> {
  const { image, cacheDirectory, workDirectory, events, signal } = options;
  const rootfs = join(cacheDirectory, 'rootfs', digestHex(image.imageId));
  if (existsSync(rootfs)) return rootfs;
  const layers: string[] = [];
  for (const [index, layer] of image.layers.entries()) {
    const directory = join(cacheDirectory, 'layers', digestHex(layer.diffId));
    layers.push(directory);
    if (existsSync(directory)) continue;
    events({ kind: 'unpacking', layer: index + 1, layers: image.layers.length, sizeBytes: layer.tarSizeBytes });
    await fillOnce(directory, workDirectory, async (temporary) => {
      await extractTar(layer.openTar(), temporary, {
        ...{ dropLeadingSlash: true, symlinks: 'any', specialFiles: 'skip', dropSetuid: true, signal },
      });
      // The archive may have a mode for its root; the folder has to stay usable for its owner.
      chmodSync(temporary, 0o755);
    });
  }
  await fillOnce(rootfs, workDirectory, (temporary) => {
    mergeLayers(layers, temporary);
    makeFolder(temporary, image.config.config?.WorkingDir ?? '/');
    return Promise.resolve();
  });
  return rootfs;
}

/** The folder appears whole or not at all; when two make it at once, the later one throws its work away. */
async function fillOnce(directory: string, workDirectory: string, fill: (temporary: string) => Promise<void>): Promise<void> {
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
