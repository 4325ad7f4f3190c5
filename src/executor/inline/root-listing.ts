import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';

/** Paths of a root as bytes in `latin1`, relative, each with what a change of the file would change. In lexical walk order. */
export type RootListing = ReadonlyMap<string, ListedFile>;

export interface ListedFile {
  readonly isFolder: boolean;
  /** Equal as long as nobody has changed the file. Of folders: owner and mode alone, since what they hold is listed too. */
  readonly signature: string;
}

/** Lists everything below `root` but the folders that are `skipped`, absolute paths. Sockets are left out. */
export function listRoot(root: string, skipped: ReadonlySet<string>): RootListing {
  const listing = new Map<string, ListedFile>();
  const base = root === '/' ? '' : Buffer.from(root).toString('latin1');
  const names = new Set([...skipped].map((path) => Buffer.from(path).toString('latin1')));
  const walk = (folder: string): void => {
    for (const name of readFolder(`${base}/${folder}`)) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const absolute = `${base}/${path}`;
      if (names.has(absolute)) continue;
      const stats = lstatSync(Buffer.from(absolute, 'latin1'), { bigint: true, throwIfNoEntry: false });
      if (stats === undefined || stats.isSocket()) continue;
      listing.set(path, { isFolder: stats.isDirectory(), signature: signatureOf(stats) });
      if (stats.isDirectory()) walk(path);
    }
  };
  walk('');
  return listing;
}

function readFolder(path: string): readonly string[] {
  return readdirSync(Buffer.from(path, 'latin1'), 'latin1').sort();
}

function signatureOf({ mode, uid, gid, size, ctimeNs, ino, ...stats }: BigIntStats): string {
  const owner = `${mode}:${uid}:${gid}`;
  return (mode & BigInt(constants.S_IFMT)) === BigInt(constants.S_IFDIR) ? owner : `${owner}:${size}:${ctimeNs}:${ino}:${stats.rdev}`;
}

/** Where something else is mounted (proc_pid_mountinfo(5), field 5): nothing there belongs to the root. */
export function mountPoints(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll(/\\([0-7]{3})/gu, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .map((path) => Buffer.from(path, 'latin1').toString())
    .filter((path) => path !== '/');
}
