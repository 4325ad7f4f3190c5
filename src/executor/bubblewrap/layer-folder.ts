import { chmodSync, existsSync, lchownSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseOwners } from './owner-table.ts';
import type { IdMap } from './id-map.ts';
import type { OwnerTable } from './owner-table.ts';

/**
 * A layer folder of a root workshop: `tree.<n>` is a folder as an overlay wants it, whiteouts included, `owners.<n>` who
 * owns what in it where ids are emulated; higher numbers lie over lower ones. `work` and `state` are there while it is open.
 */
export const treePath = (folder: string, index: number): string => join(folder, `tree.${index}`);
export const ownersPath = (folder: string, index: number): string => join(folder, `owners.${index}`);

export interface LayerTree {
  readonly tree: string;
  readonly owners: string;
}

/** The trees of layer folders, the topmost first; `folders` likewise. */
export function layerTrees(folders: readonly string[]): readonly LayerTree[] {
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .flatMap((name) => (/^tree\.\d+$/u.test(name) ? [Number(name.slice('tree.'.length))] : []))
      .sort((a, b) => b - a)
      .map((index) => ({ tree: treePath(folder, index), owners: ownersPath(folder, index) })),
  );
}

/** What is remembered of the owners in a tree; a tree without memory is root's. */
export function readOwners(path: string): OwnerTable {
  return existsSync(path) ? parseOwners(readFileSync(path)) : new Map();
}

/** A new folder as 0755 under any umask: a tree is the root of an image. */
export function makeFolder(path: string): void {
  mkdirSync(path);
  chmodSync(path, 0o755);
}

/** One that processes of the sandbox write to. */
export function makeSandboxFolder(path: string, idMap: IdMap | undefined): void {
  makeFolder(path);
  if (idMap?.owner !== undefined) lchownSync(path, idMap.owner.uid, idMap.owner.gid);
}
