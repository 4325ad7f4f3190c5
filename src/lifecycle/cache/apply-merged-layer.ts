import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { removeTree } from '../../foundation/index.ts';
import { childPath, moveTree } from './move-tree.ts';
import type { LayerTree } from '../layers-directory.ts';

/** The restored paths (relative to the layer) that the merged view no longer has, topmost only, as Latin-1 byte strings. */
export function removedPaths(tree: Extract<LayerTree, { kind: 'merged' }>): readonly string[] {
  const present = new Map(tree.entries.map((entry) => [Buffer.from(entry.path).toString('latin1'), entry.type]));
  const removed: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(bytePath(tree.lower, folder), { withFileTypes: true, encoding: 'buffer' })) {
      const name = Buffer.from(entry.name).toString('latin1');
      const path = folder === '' ? name : `${folder}/${name}`;
      const type = present.get(path);
      if (type === undefined || (type !== 'directory' && entry.isDirectory())) removed.push(path);
      else if (entry.isDirectory()) visit(path);
    }
  };
  visit('');
  return removed;
}

/**
 * Moves what an overlay wrote (`upper`) into the folder below it. Can be interrupted and done again: removals come
 * first and name only what the result does not have, and each written file leaves `upper` as it arrives.
 */
export function applyMergedLayer(upper: string, target: string, removed: readonly string[]): void {
  for (const path of removed) removeTree(bytePath(target, path));
  mkdirSync(target, { recursive: true });
  moveContent(Buffer.from(upper), Buffer.from(target));
  removeTree(upper);
}

function moveContent(from: Buffer, to: Buffer): void {
  for (const entry of readdirSync(from, { withFileTypes: true, encoding: 'buffer' })) {
    const source = childPath(from, entry.name);
    const target = childPath(to, entry.name);
    const stat = lstatSync(source);
    if (stat.isCharacterDevice()) {
      rmSync(source); // a whiteout: `removed` has dealt with it
    } else if (stat.isDirectory()) {
      const existing = lstatSync(target, { throwIfNoEntry: false });
      if (existing === undefined) {
        moveTree(source, target);
        continue;
      }
      if (!existing.isDirectory()) rmSync(target);
      mkdirSync(target, { recursive: true });
      chmodSync(target, 0o700);
      moveContent(source, target);
      chmodSync(target, stat.mode & 0o7777);
      utimesSync(target, stat.atime, stat.mtime);
    } else {
      if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory() === true) removeTree(target);
      renameSync(source, target);
    }
  }
}

function bytePath(folder: string, path: string): Buffer {
  return path === '' ? Buffer.from(folder) : childPath(folder, Buffer.from(path, 'latin1'));
}
