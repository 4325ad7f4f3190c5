import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { extractTar } from '../../archive/index.ts';
import { TspackError, removeTree } from '../../foundation/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { LifecycleEvent } from '../events.ts';
import { makeFolder } from './any-umask.ts';
import type { CachedLayer } from './layer-cache.ts';

/** Downloads gain by this; reading files hardly does. */
const AT_ONCE = 4;

export interface RestoreTarsOptions<Tarred> {
  /** Host folder that is `<layers>`. */
  readonly layersDirectory: string;
  /** Where it lies for buildpacks: tars name their files by it. */
  readonly layersPath: string;
  /** The verified tar of a layer. What is wrong with the cache and not with this machine is a `TspackError`. */
  readonly openTar: (layer: Tarred) => AsyncIterable<Uint8Array>;
  readonly events: EventSink<LifecycleEvent>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Extracts cached layers into `<layers>`, and resolves to the paths of those that are there, whole and verified. What
 * the cache cannot give is skipped with a warning (CNB.md C093); a full disk is an error.
 *
 * Files belong to who runs this, with the modes that the tar says: a platform that restores as root gives them away.
 */
export async function restoreTars<Tarred extends CachedLayer>(layers: readonly Tarred[], options: RestoreTarsOptions<Tarred>): Promise<ReadonlySet<string>> {
  const restored = new Set<string>();
  const waiting = [...layers];
  const work = async (): Promise<void> => {
    for (let layer = waiting.shift(); layer !== undefined; layer = waiting.shift()) {
      options.signal?.throwIfAborted();
      if (await restoreTar(layer, options)) restored.add(layer.path);
    }
  };
  // Nothing may still be written when this has ended, not even when it fails.
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return restored;
}

async function restoreTar<Tarred extends CachedLayer>(
  layer: Tarred,
  { layersDirectory, layersPath, openTar, events, signal }: RestoreTarsOptions<Tarred>,
): Promise<boolean> {
  const { path } = layer;
  const [buildpack = ''] = path.split('/');
  const folder = join(layersDirectory, path);
  removeTree(folder);
  makeFolder(join(layersDirectory, buildpack));
  let problem: string;
  try {
    await extractTar(openTar(layer), layersDirectory, {
      dropLeadingSlash: true,
      stripComponents: layersPath.split('/').filter((part) => part !== '').length,
      rename: (entry) => (entry === path || entry.startsWith(`${path}/`) ? entry : undefined),
      symlinks: 'any',
      specialFiles: 'skip',
      ...(signal === undefined ? {} : { signal }),
    });
    if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return true;
    problem = `its tar has no ${layersPath}/${path}`;
  } catch (error) {
    removeTree(folder);
    if (!(error instanceof TspackError)) throw error;
    problem = error.message;
  }
  events({ kind: 'message', level: 'warning', message: `Skipping restore for layer ${layer.buildpackId}:${layer.layerName}: ${problem}` });
  return false;
}
