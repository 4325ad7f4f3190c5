import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LISTING_FORMAT, createCopiedLayersDirectory, createOverlayLayersDirectory, createPlainLayersDirectory } from '../lifecycle/index.ts';
import { mountsOf } from './build-folders.ts';
import type { HostPath, Mount } from '../executor/index.ts';
import type { DirectoryLayerCache, LayersDirectory, MountedDirectory } from '../lifecycle/index.ts';
import type { BuildSandbox } from './ports.ts';

/** The `<layers>` folder of one build. */
export interface OpenedLayers {
  readonly layers: LayersDirectory;
  /** How it is mounted; to be asked for after restore, when it is known what was put back. */
  readonly mounts: readonly Mount[];
  /** Copies what the cache restores, where no overlay can show it. Call it after restore. */
  readonly materialize: () => Promise<void>;
}

/**
 * Makes `<layers>` over the cached content: an overlay, so that nothing moves and a failed build changes nothing; where
 * overlays do not work, a plain folder into which the restored layers are copied; without anything cached, simply a
 * folder.
 */
export async function openLayers(options: {
  readonly workDirectory: string;
  readonly folder: MountedDirectory;
  readonly cache: DirectoryLayerCache;
  readonly sandbox: BuildSandbox;
}): Promise<OpenedLayers> {
  const { cache, sandbox, folder } = options;
  const { lower } = cache.overlay;
  const plain = openPlainLayers(folder);
  const { hostPath: upper, sandboxPath: target } = folder;
  if (cache.layers.length === 0) return plain;
  if (!(await sandbox.overlaysWork(options.workDirectory))) {
    const layers = createCopiedLayersDirectory(upper, lower);
    return { ...plain, layers, materialize: () => layers.copy() };
  }
  const work = join(options.workDirectory, 'overlay');
  mkdirSync(work, { recursive: true });
  const mount: Extract<Mount, { kind: 'overlay' }> = { kind: 'overlay', lower: lower as HostPath, upper, work: work as HostPath, target };
  const listMerged = (path: string) => sandbox.listMerged(mount, `${target}/${path}`, LISTING_FORMAT);
  return {
    layers: createOverlayLayersDirectory({ lower, upper, dropped: cache.overlay.dropped }, listMerged),
    mounts: [mount],
    materialize: plain.materialize,
  };
}

/** Makes `<layers>` as a folder of the host, empty until something is put into it. */
export function openPlainLayers(folder: MountedDirectory): OpenedLayers {
  mkdirSync(folder.hostPath, { recursive: true });
  return { layers: createPlainLayersDirectory(folder.hostPath), mounts: mountsOf(folder, true), materialize: () => Promise.resolve() };
}
