import { readlinkSync } from 'node:fs';
import { hasSystemCode } from '../foundation/index.ts';
import { archiveUnsafe } from './archive-error.ts';
import { toFilePath, toText } from './byte-string.ts';
import type { ByteString } from './byte-string.ts';

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * The parts of an archive path, without `.` and empty ones. Throws `ARCHIVE_UNSAFE` on `..`, NUL, and a leading
 * slash unless that is to be dropped.
 */
export function pathParts(path: ByteString, dropLeadingSlash: boolean): readonly ByteString[] {
  if (path.startsWith('/') && !dropLeadingSlash) throw archiveUnsafe(toText(path), 'its path is absolute');
  if (path.includes('\0')) throw archiveUnsafe(toText(path), 'its path holds a NUL byte');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw archiveUnsafe(toText(path), 'its path leads outside the folder');
  return parts;
}

/**
 * Whether what is at `path` (parts below `root`) stays below `root` when every link on the way is followed. Links
 * that lead nowhere, or in circles, lead nowhere outside.
 */
export function staysInside(root: ByteString, path: readonly ByteString[]): boolean {
  const ahead = [...path];
  const here: ByteString[] = [];
  let links = 0;
  while (ahead.length > 0) {
    const part = ahead.shift()!;
    if (part === '..') {
      if (here.pop() === undefined) return false;
      continue;
    }
    const target = linkAt([root, ...here, part].join('/'));
    if (target === undefined) {
      here.push(part);
      continue;
    }
    if (target.startsWith('/')) return false;
    if (++links > MOST_LINKS) return true;
    ahead.unshift(...target.split('/').filter((next) => next !== '' && next !== '.'));
  }
  return true;
}

function linkAt(path: ByteString): ByteString | undefined {
  try {
    return readlinkSync(toFilePath(path), 'latin1');
  } catch (error) {
    if (hasSystemCode(error, 'EINVAL', 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
