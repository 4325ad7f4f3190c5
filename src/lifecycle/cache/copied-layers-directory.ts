import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { walkFingerprint } from '../../archive/index.ts';
import { restoredLayers } from './overlay-layers-directory.ts';
import { createPlainLayersDirectory } from './plain-layers-directory.ts';
import type { LayersDirectory } from '../layers-directory.ts';

/** Kernels stamp files with a clock of up to 10 ms: what is written after this has another time than a copy. */
const CLOCK_TICK_MILLISECONDS = 20;

export interface CopiedLayersDirectory extends LayersDirectory {
  /** Copies the layers that are in `lower` by now. Rejects when there is no `cp`, or it fails. */
  copy(): Promise<void>;
}

/**
 * `<layers>` as a host folder into which the layers of a cache are copied, where no overlay can show them. A copy that nobody has
 * written to counts as the restored layer itself, so that the cache keeps what it has.
 *
 * @param lower folder with the content of cached layers
 */
export function createCopiedLayersDirectory(directory: string, lower: string): CopiedLayersDirectory {
  const plain = createPlainLayersDirectory(directory);
  /** By the path of a layer: what its copy looked like before any process ran. */
  const copies = new Map<string, string>();
  const forget = (path: string) => {
    for (const layer of copies.keys()) if (layer === path || layer.startsWith(`${path}/`)) copies.delete(layer);
  };
  return {
    ...plain,
    async copy() {
      const layers = restoredLayers(lower);
      // By the system's own program, which makes thousands of files in half the time.
      await Promise.all(layers.map((layer) => copyFolder(join(lower, layer), join(directory, layer))));
      for (const layer of layers) copies.set(layer, walkFingerprint(join(directory, layer)).value);
      await sleep(CLOCK_TICK_MILLISECONDS);
    },
    rename(from, to) {
      forget(from);
      plain.rename(from, to);
    },
    remove(path) {
      forget(path);
      plain.remove(path);
    },
    layerTree(path) {
      const tree = plain.layerTree(path);
      const copy = copies.get(path);
      return tree?.kind === 'folder' && copy !== undefined && copy === walkFingerprint(tree.folder).value
        ? { kind: 'unchanged', folder: join(lower, path) }
        : tree;
    },
  };
}

async function copyFolder(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  await promisify(execFile)('cp', ['-a', '--', from, to]);
}
