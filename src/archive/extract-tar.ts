import { hasSystemCode } from '../foundation/index.ts';
import { archiveInvalid, archiveTooLarge, archiveUnsafe } from './archive-error.ts';
import { toByteString, toText } from './byte-string.ts';
import type { ByteString } from './byte-string.ts';
import { pathParts } from './extract-path.ts';
import { ExtractedTree } from './extracted-tree.ts';
import { readTar } from './read-tar.ts';
import type { TarEntry } from './tar-entry.ts';

export interface ExtractOptions {
  /**
   * The path below the folder that an entry is written to, or undefined to leave it out. Called with the path after
   * `stripComponents`; what it returns is judged as if the archive had said it. Hard links' targets pass it too.
   */
  readonly rename?: (path: string, entry: TarEntry) => string | undefined;
  /** How many leading parts of each path are dropped; entries with no part left are skipped. Default 0. */
  readonly stripComponents?: number;
  /** Takes `/usr/bin/x` for `usr/bin/x`, as layers have it. Default: `ARCHIVE_UNSAFE`. */
  readonly dropLeadingSlash?: boolean;
  /** `inside` (default): a symlink that is absolute or leads outside is `ARCHIVE_UNSAFE`. `any`: for root file systems. */
  readonly symlinks?: 'inside' | 'any';
  /** Devices and pipes. `refuse` (default): `ARCHIVE_UNSAFE`. */
  readonly specialFiles?: 'refuse' | 'skip';
  /** Leaves out the setuid and setgid bits of files and folders. Default false. */
  readonly dropSetuid?: boolean;
  /** Of all files together. Default 32 GiB. */
  readonly maximumBytes?: number;
  /** Default 2,000,000. */
  readonly maximumEntries?: number;
  readonly signal?: AbortSignal;
}

export interface ExtractResult {
  readonly entryCount: number;
  /** Of all files together. */
  readonly sizeBytes: number;
}

export const DEFAULT_MAXIMUM_BYTES = 32 * 1024 ** 3;
export const DEFAULT_MAXIMUM_ENTRIES = 2_000_000;
const SETUID_BITS = 0o6000;

/**
 * Extracts a plain tar into a folder, which is made when missing and should be empty. Never writes outside it, nor
 * through a symlink. Owners are ignored, so that it works as an ordinary user; modes are those of the archive, those
 * of folders are set last. Of entries with one path the last wins. On failure what has been written stays: extract
 * into a folder of your own and rename it.
 *
 * Throws `ARCHIVE_UNSAFE`, `ARCHIVE_INVALID`, `ARCHIVE_TOO_LARGE`.
 */
export async function extractTar(source: AsyncIterable<Uint8Array>, directory: string, options: ExtractOptions = {}): Promise<ExtractResult> {
  const tree = new ExtractedTree(directory);
  const budget = new Budget(options);
  for await (const entry of readTar(source)) {
    options.signal?.throwIfAborted();
    budget.add(entry);
    const path = destination(toByteString(entry.pathBytes), entry, options);
    if (path === undefined || path.length === 0) continue;
    try {
      await place(tree, path, entry, options);
    } catch (error) {
      if (hasSystemCode(error, 'ENAMETOOLONG')) throw archiveInvalid(`the name ${JSON.stringify(entry.path)} is too long`, error);
      throw error;
    }
  }
  tree.finish(options.symlinks ?? 'inside');
  return budget;
}

/** Where a path of the archive goes; undefined when it is left out. */
function destination(archived: ByteString, entry: TarEntry, options: ExtractOptions): readonly ByteString[] | undefined {
  const dropLeadingSlash = options.dropLeadingSlash ?? false;
  const parts = pathParts(archived, dropLeadingSlash).slice(options.stripComponents ?? 0);
  if (options.rename === undefined || parts.length === 0) return parts;
  const path = parts.join('/');
  const shown = toText(path);
  const renamed = options.rename(shown, entry);
  // Unchanged, the bytes of the archive are kept, which the text may not tell.
  return renamed === shown ? parts : renamed === undefined ? undefined : pathParts(toByteString(renamed), false);
}

async function place(tree: ExtractedTree, path: readonly ByteString[], entry: TarEntry, options: ExtractOptions): Promise<void> {
  const mode = options.dropSetuid === true ? entry.mode & ~SETUID_BITS : entry.mode;
  switch (entry.type) {
    case 'directory':
      return tree.directory(path, mode);
    case 'file':
      return tree.file(path, mode, entry.content);
    case 'symlink':
      return tree.symlink(path, toByteString(entry.linkTargetBytes ?? ''));
    case 'link': {
      const target = destination(toByteString(entry.linkTargetBytes ?? ''), entry, options);
      if (target === undefined || target.length === 0) {
        throw archiveInvalid(`the hard link ${JSON.stringify(entry.path)} repeats ${JSON.stringify(entry.linkTarget)}, which is not extracted`);
      }
      return tree.link(path, target);
    }
    case 'character-device':
    case 'block-device':
    case 'fifo':
      if (options.specialFiles !== 'skip') throw archiveUnsafe(entry.path, `it is a ${entry.type.replace('-', ' ')}`);
  }
}

class Budget implements ExtractResult {
  entryCount = 0;
  sizeBytes = 0;
  readonly #maximumBytes: number;
  readonly #maximumEntries: number;

  constructor(options: ExtractOptions) {
    this.#maximumBytes = options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
    this.#maximumEntries = options.maximumEntries ?? DEFAULT_MAXIMUM_ENTRIES;
  }

  /** Judges by what the header announces, before a byte is written. */
  add(entry: TarEntry): void {
    this.entryCount++;
    this.sizeBytes += entry.sizeBytes;
    if (this.entryCount > this.#maximumEntries) throw archiveTooLarge(`it has more than ${this.#maximumEntries} entries`);
    if (this.sizeBytes > this.#maximumBytes) throw archiveTooLarge(`its files are larger than ${this.#maximumBytes} bytes together`);
  }
}
