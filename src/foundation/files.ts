import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasSystemCode } from './error.ts';
import { systemClock } from './events.ts';
import type { Clock } from './events.ts';

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

/** What has been marked is not marked again for so long. */
const MARK_MILLISECONDS = 60_000;

/**
 * Whether a file or folder of a cache is there. If so, it counts as used now: its modification time says when somebody
 * last wanted it, and pruning goes by that. Not for what is only listed or measured.
 */
export function markUsed(path: string, clock: Clock = systemClock): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const now = clock.now();
  if (Math.abs(now.getTime() - found.mtimeMs) < MARK_MILLISECONDS) return true;
  try {
    utimesSync(path, now, now);
    return true;
  } catch (error) {
    // Removed this moment, or not ours to write: nobody of ours prunes it then.
    if (hasSystemCode(error, 'ENOENT')) return false;
    if (hasSystemCode(error, 'EACCES', 'EPERM', 'EROFS')) return true;
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

/** The bundle of a kind of worker threads: in `dist/workers`, or beside the code where that lies in one folder. */
export function workerFile(name: string): string {
  const beside = join(import.meta.dirname, `worker-${name}.mjs`);
  return existsSync(beside) ? beside : join(packageRoot(), 'dist', 'workers', `${name}.js`);
}
