import { chmodSync, constants, copyFileSync, lstatSync, lutimesSync, mkdirSync, readdirSync, readlinkSync, renameSync, symlinkSync, utimesSync } from 'node:fs';
import { hasSystemCode, removeTree } from '../../foundation/index.ts';

/** File names are bytes; a path may hold some that are not UTF-8. */
export type BytePath = string | Buffer;

/**
 * Renames a tree; where the file system refuses (another device, or a folder of an overlay below us: EXDEV) it is
 * copied and removed.
 */
export function moveTree(from: BytePath, to: BytePath): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!hasSystemCode(error, 'EXDEV')) throw error;
    const part = Buffer.concat([Buffer.from(to), Buffer.from('.part')]);
    removeTree(part);
    copyTree(from, part);
    renameSync(part, to);
    removeTree(from);
  }
}

/**
 * Copies a tree with modes, times and links as they are; on file systems that can, without copying bytes.
 * Sockets, devices and pipes are left out.
 */
function copyTree(from: BytePath, to: BytePath): void {
  const stat = lstatSync(from);
  if (stat.isDirectory()) {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from, { encoding: 'buffer' })) copyTree(childPath(from, name), childPath(to, name));
    chmodSync(to, stat.mode & 0o7777);
    utimesSync(to, stat.atime, stat.mtime);
  } else if (stat.isSymbolicLink()) {
    symlinkSync(readlinkSync(from, { encoding: 'buffer' }), to);
    lutimesSync(to, stat.atime, stat.mtime);
  } else if (stat.isFile()) {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    chmodSync(to, stat.mode & 0o7777);
    utimesSync(to, stat.atime, stat.mtime);
  }
}

export function childPath(folder: BytePath, name: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(folder), Buffer.from('/'), name]);
}
