import { chmodSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { extractTar } from '../../archive/index.ts';
import type { TarEntry } from '../../archive/index.ts';
import type { OwnerTable, Owner } from './owner-table.ts';

/** What a layer tar says beyond the files themselves. Paths are one character per byte, relative to the root. */
export interface UnpackedTree {
  /** Of every entry that is not root's. */
  readonly owners: OwnerTable;
  /** Of every entry but links; modes may have lost bits when owners change. */
  readonly all: OwnerTable;
  /** What is removed of the layers below (OCI image-spec `layer.md#whiteouts`). */
  readonly removed: readonly string[];
  /** Folders that hide what the layers below have in them. */
  readonly opaque: readonly string[];
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const TYPES: Readonly<Record<TarEntry['type'], number>> = {
  file: 0o100000,
  link: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  'character-device': 0o020000,
  'block-device': 0o060000,
};

/** Extracts one layer tar into a folder, as the caller's own files. Devices and pipes are left out. Throws the errors of `extractTar`. */
export async function unpackTree(source: AsyncIterable<Uint8Array>, tree: string, signal: AbortSignal | undefined): Promise<UnpackedTree> {
  const all = new Map<string, Owner>();
  const removed: string[] = [];
  const opaque: string[] = [];
  await extractTar(source, tree, {
    dropLeadingSlash: true,
    symlinks: 'any',
    specialFiles: 'skip',
    ...(signal === undefined ? {} : { signal }),
    rename(path, entry) {
      // Also asked for the targets of hard links, which are other entries' paths.
      const bytes = Buffer.from(path).toString('latin1');
      const slash = bytes.lastIndexOf('/') + 1;
      const name = bytes.slice(slash);
      if (name === OPAQUE) opaque.push(bytes.slice(0, Math.max(slash - 1, 0)));
      else if (name.startsWith(WHITEOUT)) removed.push(bytes.slice(0, slash) + name.slice(WHITEOUT.length));
      if (name.startsWith(WHITEOUT)) return undefined;
      if (entry.type !== 'link') all.set(bytes, { uid: entry.uid, gid: entry.gid, mode: TYPES[entry.type] | entry.mode, major: 0, minor: 0 });
      return path;
    },
  });
  const owners = new Map([...all].filter(([, { uid, gid }]) => uid !== 0 || gid !== 0));
  return { owners, all, removed, opaque };
}

/** Records for `root-tool own`: `only` those entries, whiteouts and opaque folders. */
export function ownRecords(unpacked: UnpackedTree, only: OwnerTable): Uint8Array {
  const owned = [...only].map(([path, { uid, gid, mode }]) => `o ${uid} ${gid} ${(mode & 0o7777).toString(8)} ${path}\0`);
  const records = [...owned, ...unpacked.removed.map((path) => `w ${path}\0`), ...unpacked.opaque.map((path) => `q ${path === '' ? '.' : path}\0`)];
  return Buffer.from(records.join(''), 'latin1');
}

/** Gives a tree of the caller, who is root, to the ids of a sandbox. `outside` says what ids of the sandbox are here. */
export function giveTree(tree: string, all: OwnerTable, outside: (owner: Ids) => Ids): void {
  const give = (path: string): void => {
    const file = Buffer.from(`${Buffer.from(tree).toString('latin1')}${path === '' ? '' : '/'}${path}`, 'latin1');
    const stats = lstatSync(file);
    const { uid, gid } = outside(all.get(path) ?? { uid: 0, gid: 0 });
    lchownSync(file, uid, gid);
    // Which the kernel takes setuid bits away from when they change hands.
    if (stats.isFile() && (stats.mode & 0o6000) !== 0) chmodSync(file, stats.mode & 0o7777);
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(file, { encoding: 'buffer' })) give(`${path}${path === '' ? '' : '/'}${name.toString('latin1')}`);
  };
  give('');
}
