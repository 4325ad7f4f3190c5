import { lstatSync } from 'node:fs';
import { hasSystemCode } from '../../foundation/index.ts';
import type { Stats } from 'node:fs';

/** What a tree itself has at a path (one character per byte), a whiteout included; undefined for nothing, or for what only others may see. */
export function treeEntry(tree: string, path: string): Stats | undefined {
  try {
    return lstatSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(path, 'latin1')]), { throwIfNoEntry: false });
  } catch (error) {
    if (hasSystemCode(error, 'EACCES', 'ENOTDIR')) return undefined;
    throw error;
  }
}

export function hasEntry(tree: string, path: string): boolean {
  return treeEntry(tree, path) !== undefined;
}
