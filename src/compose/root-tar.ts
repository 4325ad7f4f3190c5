import { createReadStream, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeTar } from '../archive/index.ts';
import type { TarSourceEntry } from '../archive/index.ts';

/** Smaller files are read at once: opening a stream for each of 20,000 files takes longer than all the rest. */
const SMALL_BYTES = 256 * 1024;

/** An unpacked image as the tar of a root file system, everything root's, as its packages have it. */
export function openRootTar(root: string): AsyncIterable<Uint8Array> {
  return writeTar(entriesOf(root, ''));
}

function* entriesOf(root: string, folder: string): Generator<TarSourceEntry> {
  for (const name of readdirSync(join(root, folder)).sort()) {
    const path = join(folder, name);
    const source = join(root, path);
    const stats = lstatSync(source);
    // Some runtimes give a tmpfs the mode of the folder that it covers.
    const common = { path, mode: path === 'tmp' ? 0o1777 : stats.mode & 0o7777 };
    if (stats.isDirectory()) {
      yield { ...common, type: 'directory' };
      yield* entriesOf(root, path);
    } else if (stats.isSymbolicLink()) yield { ...common, type: 'symlink', linkTarget: readlinkSync(source) };
    else if (stats.isFile() && stats.size <= SMALL_BYTES) yield { ...common, type: 'file', content: readFileSync(source) };
    else if (stats.isFile()) yield { ...common, type: 'file', sizeBytes: stats.size, open: () => createReadStream(source) };
  }
}
