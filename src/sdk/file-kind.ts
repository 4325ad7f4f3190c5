import { statSync } from 'node:fs';
import { join } from 'node:path';
import { hasSystemCode } from '../foundation/index.ts';

/** What is at a path, with links followed; undefined where nothing is: below a file too, and behind a link to nowhere or to itself. Parts are joined. */
export function fileKind(...path: readonly string[]): 'file' | 'folder' | 'other' | undefined {
  try {
    const stat = statSync(join(...path));
    return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

/** Whether there is a file at a path, as {@link fileKind} has it. */
export function isFile(...path: readonly string[]): boolean {
  return fileKind(...path) === 'file';
}

/** Whether there is a folder at a path, as {@link fileKind} has it. */
export function isFolder(...path: readonly string[]): boolean {
  return fileKind(...path) === 'folder';
}
