import { setImmediate } from 'node:timers/promises';
import { archiveTooLarge, archiveUnsafe } from './archive-error.ts';
import { toByteString } from './byte-string.ts';
import { pathParts } from './extract-path.ts';
import { DEFAULT_MAXIMUM_BYTES, DEFAULT_MAXIMUM_ENTRIES } from './extract-tar.ts';
import { ExtractedTree } from './extracted-tree.ts';
import { openZip } from './read-zip.ts';
import type { ExtractOptions, ExtractResult } from './extract-tar.ts';

/** What of a zip file to unpack, and how much at most; each as for a tar. */
export interface ExtractZipOptions extends Pick<ExtractOptions, 'stripComponents' | 'maximumBytes' | 'maximumEntries' | 'signal'> {
  /** The path below the folder that a file is written to, or undefined to leave it out. Called with the path after `stripComponents`. */
  readonly rename?: (path: string) => string | undefined;
  /** `inside`: symlinks are made, and one that is absolute or leads outside is `ARCHIVE_UNSAFE`. `refuse` (default): each is. */
  readonly symlinks?: 'inside' | 'refuse';
}

/** How long to unpack before signals are heard. */
const BREATH_MILLISECONDS = 50;

/**
 * Unpacks a zip file into a folder, which is made when missing and should be empty. Nothing is written outside it, nor through a symlink. Files are
 * 0644, or 0755 when the archive says that their owner may execute them; folders are 0755, and empty ones are made too.
 *
 * Throws `ARCHIVE_UNSAFE`, `ARCHIVE_INVALID`, `ARCHIVE_TOO_LARGE`, and the reason of `signal`.
 */
export async function extractZip(file: string, directory: string, options: ExtractZipOptions = {}): Promise<ExtractResult> {
  const { stripComponents = 0, maximumBytes = DEFAULT_MAXIMUM_BYTES, maximumEntries = DEFAULT_MAXIMUM_ENTRIES, symlinks = 'refuse', signal } = options;
  using zip = openZip(file);
  const entryCount = zip.entries.length;
  if (entryCount > maximumEntries) throw archiveTooLarge(`it has more than ${maximumEntries} entries`);
  const tree = new ExtractedTree(directory);
  let sizeBytes = 0;
  let breath = performance.now();
  for (const entry of zip.entries) {
    if (performance.now() - breath > BREATH_MILLISECONDS) {
      await setImmediate();
      breath = performance.now();
    }
    signal?.throwIfAborted();
    const path = pathParts(entry.path, false).slice(stripComponents).join('/');
    const renamed = options.rename === undefined ? path : options.rename(path);
    if (path === '' || renamed === undefined) continue;
    if (entry.type === 'symlink' && symlinks === 'refuse') throw archiveUnsafe(entry.path, 'it is a symbolic link');
    const target = pathParts(toByteString(renamed), false);
    if (entry.type === 'directory') {
      tree.directory(target, 0o755);
      continue;
    }
    sizeBytes += entry.sizeBytes;
    if (sizeBytes > maximumBytes) throw archiveTooLarge(`its files are larger than ${maximumBytes} bytes together`);
    const content = zip.read(entry);
    if (entry.type === 'symlink') tree.symlink(target, toByteString(content));
    else await tree.file(target, (entry.mode ?? 0) & 0o100 ? 0o755 : 0o644, [content]);
  }
  tree.finish('inside');
  return { entryCount, sizeBytes };
}
