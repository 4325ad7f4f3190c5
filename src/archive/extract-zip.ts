import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { archiveTooLarge, archiveUnsafe } from './archive-error.ts';
import { pathParts } from './extract-path.ts';
import { openZip } from './read-zip.ts';

/** What of a zip file to unpack, and how much at most. */
export interface ExtractZipOptions {
  /** The path below the folder that a file is written to, or undefined to leave it out. Called with the path after `stripComponents`. */
  readonly rename?: (path: string) => string | undefined;
  /** How many leading parts of each path are dropped; entries with no part left are skipped. Default 0. */
  readonly stripComponents?: number;
  /** Of all files together. Default 32 GiB. */
  readonly maximumBytes?: number;
}

const DEFAULT_MAXIMUM_BYTES = 32 * 1024 ** 3;

/**
 * Unpacks a zip file into a folder without links, which is made when missing. Nothing is written outside it: paths that lead out and symlinks are
 * `ARCHIVE_UNSAFE`. Files are 0644, or 0755 when the archive says that their owner may execute them; folders are 0755, and empty ones are made too.
 * Throws `ARCHIVE_INVALID` and `ARCHIVE_TOO_LARGE`.
 */
export function extractZip(file: string, directory: string, options: ExtractZipOptions = {}): void {
  using zip = openZip(file);
  mkdirSync(directory, { recursive: true });
  const made = new Set<string>([directory]);
  const makeFolder = (path: string) => {
    if (!made.has(path)) mkdirSync(path, { recursive: true });
    made.add(path);
  };
  let budget = options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
  for (const entry of zip.entries) {
    const path = pathParts(entry.path, false)
      .slice(options.stripComponents ?? 0)
      .join('/');
    const renamed = options.rename === undefined ? path : options.rename(path);
    if (path === '' || renamed === undefined) continue;
    if (entry.type === 'symlink') throw archiveUnsafe(entry.path, 'it is a symbolic link');
    const target = join(directory, ...pathParts(renamed, false));
    if (entry.type === 'directory') {
      makeFolder(target);
      continue;
    }
    budget -= entry.sizeBytes;
    if (budget < 0) throw archiveTooLarge(`its files are larger than ${options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES} bytes together`);
    makeFolder(dirname(target));
    writeFileSync(target, zip.read(entry));
    chmodSync(target, (entry.mode ?? 0) & 0o100 ? 0o755 : 0o644);
  }
}
