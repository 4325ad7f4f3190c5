import { chmodSync, closeSync, constants, fchmodSync, linkSync, lstatSync, mkdirSync, openSync, symlinkSync, unlinkSync, writeSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { archiveInvalid, archiveUnsafe } from './archive-error.ts';
import { toByteString, toFilePath, toText } from './byte-string.ts';
import type { ByteString } from './byte-string.ts';
import { staysInside } from './extract-path.ts';

type Parts = readonly ByteString[];

/** While extracting, every folder is ours to write; the archive's modes come last. */
const WORKING_MODE = 0o700;
const IMPLICIT_MODE = 0o755;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * A folder that entries are written into. Each write first makes sure that the way to it is made of real folders:
 * nothing is ever written through a symlink, whoever made it.
 */
export class ExtractedTree {
  readonly #root: ByteString;
  /** Paths that are known to be real folders. They stay: no entry replaces a folder by something else. */
  readonly #folders = new Map<ByteString, number>();
  readonly #symlinks: Parts[] = [];

  /** The folder is made when missing. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#root = toByteString(directory);
  }

  directory(path: Parts, mode: number): void {
    this.#enter(path);
    this.#folders.set(path.join('/'), mode);
  }

  async file(path: Parts, mode: number, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const file = openSync(this.#vacate(path), CREATE, 0o600);
    try {
      for await (const chunk of content) {
        for (let offset = 0; offset < chunk.length;) offset += writeSync(file, chunk, offset);
      }
      fchmodSync(file, mode);
    } finally {
      closeSync(file);
    }
  }

  symlink(path: Parts, target: ByteString): void {
    if (target === '' || target.includes('\0')) throw archiveInvalid(`the symlink ${JSON.stringify(shown(path))} has no target`);
    symlinkSync(toFilePath(target), this.#vacate(path));
    this.#symlinks.push(path);
  }

  /** `target` must have been extracted before. */
  link(path: Parts, target: Parts): void {
    if (path.join('/') === target.join('/')) throw archiveInvalid(`the hard link ${JSON.stringify(shown(path))} repeats itself`);
    this.#enter(target.slice(0, -1));
    const source = this.#path(target);
    const stats = statsOf(source);
    if (stats === undefined || stats.isDirectory()) {
      throw archiveInvalid(`the hard link ${JSON.stringify(shown(path))} repeats ${JSON.stringify(shown(target))}, which is no file of the archive`);
    }
    linkSync(source, this.#vacate(path));
    if (stats.isSymbolicLink()) this.#symlinks.push(path);
  }

  /** Judges the symlinks, now that all of them are there, and gives the folders their modes, the deepest first. */
  finish(symlinks: 'inside' | 'any'): void {
    for (const path of symlinks === 'inside' ? this.#symlinks : []) {
      if (!staysInside(this.#root, path)) throw archiveUnsafe(shown(path), 'it is a symlink that leads outside the folder');
    }
    const folders = [...this.#folders].sort(([a], [b]) => b.length - a.length);
    for (const [path, mode] of folders) chmodSync(this.#path(path.split('/')), mode);
  }

  /** Makes sure that the path is a real folder, and makes what is missing of it. */
  #enter(path: Parts): void {
    let way = '';
    for (const [index, part] of path.entries()) {
      way = index === 0 ? part : `${way}/${part}`;
      if (this.#folders.has(way)) continue;
      const here = this.#path([way]);
      const stats = statsOf(here);
      if (stats === undefined) {
        mkdirSync(here, { mode: WORKING_MODE });
        this.#folders.set(way, IMPLICIT_MODE);
      } else if (stats.isDirectory()) {
        this.#folders.set(way, stats.mode & 0o7777);
      } else if (stats.isSymbolicLink()) {
        throw archiveUnsafe(shown(path), `${JSON.stringify(toText(way))} on its way is a symlink`);
      } else {
        throw archiveInvalid(`${JSON.stringify(toText(way))} is both a file and a folder`);
      }
    }
  }

  /** A path where nothing is, in a real folder; what an earlier entry put there is removed. */
  #vacate(path: Parts): string | Buffer {
    this.#enter(path.slice(0, -1));
    const here = this.#path(path);
    const stats = statsOf(here);
    if (stats?.isDirectory() === true) throw archiveInvalid(`${JSON.stringify(shown(path))} is both a folder and a file`);
    if (stats !== undefined) unlinkSync(here);
    return here;
  }

  #path(parts: Parts): string | Buffer {
    return toFilePath([this.#root, ...parts].join('/'));
  }
}

function statsOf(path: string | Buffer): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function shown(path: Parts): string {
  return toText(path.join('/'));
}
