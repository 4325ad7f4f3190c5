import { chmodSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeTree } from '../../foundation/index.ts';
import { planEnvironment } from './arguments.ts';
import { treeEntry } from './layer-entry.ts';
import { layerTrees } from './layer-folder.ts';
import type { BuildEnvironment, HostPath, Mount, ProcessSpec } from '../index.ts';
import type { ProcMount } from './arguments.ts';

/** A read-only root of layer folders, for processes that are not root. */
export interface LayeredRoot extends Disposable {
  /** What the root is made of for a process, the topmost first; the first holds nothing but mount points. */
  treesFor(process: Pick<ProcessSpec, 'mounts'>): readonly string[];
}

/**
 * Mount points that the layers lack lie in a folder over them: bubblewrap cannot make them, because the layers' folders
 * may belong to ids that the sandbox of a user does not have.
 */
export function openLayeredRoot(environment: BuildEnvironment, scratchDirectory: HostPath, proc: ProcMount): LayeredRoot {
  const trees = layerTrees([...(environment.above ?? []), environment.root]).map(({ tree }) => tree);
  const points = mkdtempSync(join(scratchDirectory, 'mount-points-'));
  chmodSync(points, 0o755);
  return {
    treesFor(process) {
      const mounts = [...environment.mounts, ...(process.mounts ?? [])];
      for (const path of planEnvironment(environment, process, proc, [points, ...trees]).made) makePoint(points, path, trees, mounts);
      return [points, ...trees];
    },
    [Symbol.dispose]: () => removeTree(points),
  };
}

function makePoint(points: string, path: string, trees: readonly string[], mounts: readonly Mount[]): void {
  const parent = dirname(path);
  if (parent !== '/' && statSync(join(points, parent), { throwIfNoEntry: false }) === undefined) makePoint(points, parent, trees, []);
  const mount = mounts.find(({ target }) => target === path);
  const isFile = mount?.kind === 'bind' && statSync(mount.source, { throwIfNoEntry: false })?.isFile() === true;
  const point = join(points, path);
  if (isFile) writeFileSync(point, '');
  else mkdirSync(point, { recursive: true });
  // Over a folder of the layers, it is seen in that one's place.
  const below = trees.map((tree) => treeEntry(tree, Buffer.from(path.slice(1)).toString('latin1'))).find((stats) => stats !== undefined);
  chmodSync(point, isFile ? 0o644 : ((below?.mode ?? 0) & 0o7000) | (below?.isDirectory() === true ? below.mode & 0o777 : 0o755));
}
