import { lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { ExtractedEntry } from './package-tree.ts';

/**
 * Makes symbolic links with absolute targets relative, where the target is in the folder: packages that are not
 * unpacked at `/` find their own files then. A link to what is not in the folder stays: the image may have that.
 */
export function relativizeLinks(directory: string, entries: Iterable<ExtractedEntry>, merged: (path: string) => string): void {
  for (const { path, type, linkTarget } of entries) {
    if (type !== 'symlink' || linkTarget?.startsWith('/') !== true) continue;
    const link = join(directory, path);
    const target = join(directory, merged(linkTarget.replace(/^\/+/, '')));
    // Two packages may bring the same link; a caller may have dropped it.
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true || readlinkSync(link) !== linkTarget) continue;
    if (lstatSync(target, { throwIfNoEntry: false }) === undefined) continue;
    rmSync(link);
    symlinkSync(relative(dirname(link), target), link);
  }
}
