import { lstatSync } from 'node:fs';
import type { MergedEntry } from '../layers-directory.ts';

/** Arguments for `find FOLDER` that print one record per path: type, octal mode, path and link target, each ended by NUL. */
export const LISTING_FORMAT: readonly string[] = ['-printf', '%y %m\\0%P\\0%l\\0'];

export interface MergedListing {
  /** In lexical walk order: each folder before what it holds, names compared byte by byte within a folder. */
  readonly entries: readonly MergedEntry[];
  /** Where the bytes of a path (relative to the layer) lie on the host; a folder's own path is a folder. */
  hostPath(path: string): string | undefined;
}

/** One character per byte: names need not be UTF-8. */
const toKey = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const toBytes = (key: string) => Buffer.from(key, 'latin1');

/** Reads what `find` printed of a layer with files on both sides, and finds out which side holds each file. */
export function parseListing(output: Uint8Array, lower: string, upper: string): MergedListing {
  const fields = toKey(output).split('\0');
  const entries = new Map<string, MergedEntry>();
  for (let index = 0; index + 2 < fields.length; index += 3) {
    const [kind = '', mode = ''] = (fields[index] ?? '').split(' ');
    const path = fields[index + 1] ?? '';
    const common = { path: toBytes(path), mode: parseInt(mode, 8) };
    if (kind === 'd') entries.set(path, { ...common, type: 'directory' });
    else if (kind === 'l') entries.set(path, { ...common, type: 'symlink', linkTarget: toBytes(fields[index + 2] ?? '') });
    else if (kind === 'p') entries.set(path, { ...common, type: 'fifo' });
    else if (kind === 'f') entries.set(path, { ...common, type: 'file', source: holder(path, lower, upper) });
    // Sockets are never part of a layer (CNB.md C144), and in the sandbox nobody can make devices.
  }
  const sorted = [...entries.entries()].sort(([a], [b]) => compareWalk(a, b));
  return {
    entries: sorted.map(([, entry]) => entry),
    hostPath(path) {
      const entry = entries.get(toKey(Buffer.from(path)));
      return entry && toPath(entry.source ?? holder(toKey(Buffer.from(path)), lower, upper));
    },
  };
}

/** The names in a folder of the listing; undefined when it is no folder. */
export function childNames(listing: MergedListing | undefined, folder: string): readonly string[] | undefined {
  const prefix = folder === '' ? '' : `${folder}/`;
  const paths = listing?.entries.map((entry) => ({ path: Buffer.from(entry.path).toString('utf8'), entry }));
  if (paths?.some(({ path, entry }) => path === folder && entry.type === 'directory') !== true) return undefined;
  return paths
    .map(({ path }) => path)
    .filter((path) => path !== '' && path.startsWith(prefix) && path !== folder && !path.slice(prefix.length).includes('/'))
    .map((path) => path.slice(prefix.length));
}

function holder(path: string, lower: string, upper: string): Buffer {
  const below = (root: string) => Buffer.concat([Buffer.from(root), Buffer.from(path === '' ? '' : '/'), toBytes(path)]);
  return lstatSync(below(upper), { throwIfNoEntry: false }) === undefined ? below(lower) : below(upper);
}

function toPath(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** `a/b` comes before `a-b`: a folder's content follows it at once. */
function compareWalk(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x, y] = [left[index]!, right[index]!];
    if (x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
