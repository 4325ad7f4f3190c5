import { lstatSync, readlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import type { RootChange } from '../index.ts';
import type { RootListing } from './root-listing.ts';

/** What differs between two listings of a root, folders on the way included, in lexical walk order. */
export function changesBetween(root: string, before: RootListing, after: RootListing): readonly RootChange[] {
  const changed = new Set<string>();
  const removed = new Set<string>();
  const add = (path: string): void => {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) changed.add(path.slice(0, at));
  };
  for (const [path, file] of after) {
    if (before.get(path)?.signature === file.signature) continue;
    changed.add(path);
    add(path);
  }
  for (const path of before.keys()) {
    const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    // What was in something that is gone has gone with it.
    if (after.has(path) || (parent !== '' && after.get(parent)?.isFolder !== true)) continue;
    removed.add(path);
    add(path);
  }
  return [...changed, ...removed].sort(inWalkOrder).flatMap((path) => (removed.has(path) ? removalOf(path) : changeOf(root, path)));
}

function inWalkOrder(a: string, b: string): number {
  const [first, second] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
  return first < second ? -1 : 1;
}

function removalOf(path: string): RootChange {
  return { path: Buffer.from(path, 'latin1'), change: 'removed', type: 'none', mode: 0, uid: 0, gid: 0 };
}

/** As the root has it now; a file that has vanished meanwhile is no change. */
function changeOf(root: string, path: string): readonly RootChange[] {
  const bytes = Buffer.from(path, 'latin1');
  const source = Buffer.concat([Buffer.from(root === '/' ? '/' : `${root}/`), bytes]);
  const stats = lstatSync(source, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  const common = { path: bytes, change: 'added', mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid } as const;
  if (stats.isDirectory()) return [{ ...common, type: 'directory' }];
  if (stats.isFile()) return [{ ...common, type: 'file', source, sizeBytes: stats.size }];
  if (stats.isSymbolicLink()) return [{ ...common, type: 'symlink', linkTarget: readlinkSync(source, 'buffer') }];
  return stats.isFIFO() ? [{ ...common, type: 'fifo' }] : [{ ...common, type: 'device', device: deviceOf(stats) }];
}

/** glibc's `major` and `minor`. */
function deviceOf(stats: Stats): NonNullable<RootChange['device']> {
  const number = BigInt(stats.rdev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return { kind: stats.isCharacterDevice() ? 'character' : 'block', major: Number(major), minor: Number(minor) };
}
