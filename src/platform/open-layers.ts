import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LISTING_FORMAT, copyTree, createOverlayLayersDirectory, createPlainLayersDirectory } from '../lifecycle/index.ts';
import type { HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { DirectoryLayerCache, LayersDirectory } from '../lifecycle/index.ts';
import type { BuildSandbox } from './ports.ts';

/** The `<layers>` folder of one build. */
export interface OpenedLayers {
  readonly layers: LayersDirectory;
  /** How it is mounted; to be asked for after restore, when it is known what was put back. */
  readonly mount: Mount;
  /** Copies what the cache restores, where no overlay can show it. Call it after restore. */
  readonly materialize: () => void;
}

/**
 * Makes `<layers>` over the cached content: an overlay, so that nothing moves and a failed build changes nothing; where
 * overlays do not work, a plain folder into which the restored layers are copied; without anything cached, simply a
 * folder.
 */
export async function openLayers(options: {
  readonly workDirectory: string;
  readonly cache: DirectoryLayerCache;
  readonly sandbox: BuildSandbox;
  readonly target: SandboxPath;
}): Promise<OpenedLayers> {
  const { cache, sandbox, target } = options;
  const { lower } = cache.overlay;
  const { directory: upper, ...plain } = openPlainLayers(options.workDirectory, target);
  if (cache.layers.length === 0) return plain;
  if (!(await sandbox.overlaysWork(options.workDirectory))) {
    return {
      ...plain,
      materialize: () => {
        for (const buildpack of existsSync(lower) ? readdirSync(lower) : []) copyTree(join(lower, buildpack), join(upper, buildpack));
      },
    };
  }
  const work = join(options.workDirectory, 'overlay');
  mkdirSync(work, { recursive: true });
  const mount: Extract<Mount, { kind: 'overlay' }> = { kind: 'overlay', lower: lower as HostPath, upper: upper as HostPath, work: work as HostPath, target };
  const listMerged = (path: string) => sandbox.listMerged(mount, `${target}/${path}`, LISTING_FORMAT);
  return { layers: createOverlayLayersDirectory({ lower, upper, dropped: cache.overlay.dropped }, listMerged), mount, materialize: plain.materialize };
}

/** Makes `<layers>` as a folder of the host, empty until something is put into it. */
export function openPlainLayers(workDirectory: string, target: SandboxPath): OpenedLayers & { readonly directory: string } {
  const directory = join(workDirectory, 'layers');
  mkdirSync(directory, { recursive: true });
  const mount: Mount = { kind: 'bind', source: directory as HostPath, target, writable: true };
  return { layers: createPlainLayersDirectory(directory), mount, materialize: () => undefined, directory };
}
