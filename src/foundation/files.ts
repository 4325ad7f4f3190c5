import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasSystemCode } from './error.ts';

/** A name beside `path` that no other process uses, for a file that is renamed to `path` when complete. */
export function temporaryBeside(path: string): string {
  return `${path}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
}

/**
 * Makes a folder and those above it; one that is there is fine. Node's own recursive `mkdir` calls a read-only file
 * system a missing folder, and does not end below /proc.
 */
export function makeDirectory(path: string, mode?: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (hasSystemCode(error, 'EEXIST') && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const parent = dirname(path);
    if (!hasSystemCode(error, 'ENOENT') || existsSync(parent)) throw error;
    makeDirectory(parent);
    makeDirectory(path, mode);
  }
}

/**
 * Writes a small file so that readers see the old or the new content and nothing between: temporary file,
 * fsync, rename. Creates missing folders.
 */
export function writeFileAtomic(path: string, content: Uint8Array | string, mode = 0o644): void {
  makeDirectory(dirname(path));
  const temporary = temporaryBeside(path);
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let offset = 0; offset < bytes.length;) offset += writeSync(file, bytes, offset);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

let root: string | undefined;

/** The folder of this package, where `builders/`, `launcher/bin/` and `dist/` lie. Works from `src/` and from `dist/`. */
export function packageRoot(): string {
  if (root === undefined) {
    let directory = import.meta.dirname;
    while (!existsSync(join(directory, 'package.json'))) {
      const parent = dirname(directory);
      if (parent === directory) throw new Error('tspack is not installed as a package: no package.json above its code');
      directory = parent;
    }
    root = directory;
  }
  return root;
}
