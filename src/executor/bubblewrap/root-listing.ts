import type { RootChange } from '../index.ts';
import type { Owner } from './owner-table.ts';

/** An entry of a tree of changes, as `root-tool list` prints it. */
export interface ListedEntry {
  /** One character per byte, relative to the tree. */
  readonly path: string;
  readonly kind: 'd' | 'f' | 'l' | 'p' | 'c' | 'b' | 's';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly major: number;
  readonly minor: number;
  /** `o`: an opaque folder. `c`: a file with capabilities. */
  readonly flag: string;
  readonly linkTarget: string;
}

/** In lexical walk order: each folder before what it holds, names compared byte by byte. */
export function parseTreeListing(output: Uint8Array): readonly ListedEntry[] {
  const fields = Buffer.from(output).toString('latin1').split('\0');
  const entries: ListedEntry[] = [];
  for (let index = 0; index + 2 < fields.length; index += 3) {
    const [kind = '', mode = '', ...rest] = (fields[index] ?? '').split(' ');
    const [uid = 0, gid = 0, sizeBytes = 0, major = 0, minor = 0] = rest.slice(0, 5).map(Number);
    entries.push({
      path: fields[index + 1] ?? '',
      kind: kind as ListedEntry['kind'],
      mode: parseInt(mode, 8),
      ...{ uid, gid, sizeBytes, major, minor },
      flag: rest[5] ?? '-',
      linkTarget: fields[index + 2] ?? '',
    });
  }
  // With the separator before every other character, a folder's content follows it at once.
  const key = (path: string) => path.replaceAll('/', '\0');
  return entries
    .map((entry) => ({ entry, order: key(entry.path) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ entry }) => entry);
}

/** Whether an entry of an overlay's upper folder stands for something that is gone. */
export function isWhiteout(entry: ListedEntry): boolean {
  return entry.kind === 'c' && entry.major === 0 && entry.minor === 0;
}

const TYPES = { d: 'directory', f: 'file', l: 'symlink', p: 'fifo', c: 'device', b: 'device', s: 'none' } as const;
const PERMISSIONS = 0o7777;

/** The change that an entry is, by what the file system says of it. undefined for sockets, which no layer has. */
export function changeOf(entry: ListedEntry): RootChange | undefined {
  const path = Buffer.from(entry.path, 'latin1');
  if (isWhiteout(entry)) return { path, change: 'removed', type: 'none', mode: 0, uid: 0, gid: 0 };
  if (entry.kind === 's') return undefined;
  const common = { path, mode: entry.mode, uid: entry.uid, gid: entry.gid };
  if (entry.kind === 'd') return { ...common, type: 'directory', change: entry.flag === 'o' ? 'opaque' : 'added' };
  return {
    ...common,
    type: TYPES[entry.kind],
    change: 'added',
    ...(entry.kind === 'l' ? { linkTarget: Buffer.from(entry.linkTarget, 'latin1') } : {}),
    ...(entry.kind === 'f' ? { sizeBytes: entry.sizeBytes } : {}),
    ...(entry.kind === 'c' || entry.kind === 'b' ? { device: deviceOf(entry.kind, entry) } : {}),
  };
}

/** The same with what fakeroot remembers of it; of what it does not know, `fallback` is the owner. */
export function withOwner(change: RootChange, known: Owner | undefined, fallback: { readonly uid: number; readonly gid: number }): RootChange {
  if (change.change === 'removed') return change;
  if (known === undefined) return { ...change, uid: fallback.uid, gid: fallback.gid };
  const owned = { ...change, uid: known.uid, gid: known.gid, mode: known.mode & PERMISSIONS };
  const kind = (known.mode & 0o170000) === 0o020000 ? 'c' : (known.mode & 0o170000) === 0o060000 ? 'b' : undefined;
  if (kind === undefined) return owned;
  const { sizeBytes: _, ...device } = owned;
  return { ...device, type: 'device', device: deviceOf(kind, known) };
}

function deviceOf(kind: 'c' | 'b', { major, minor }: { readonly major: number; readonly minor: number }): NonNullable<RootChange['device']> {
  return { kind: kind === 'c' ? 'character' : 'block', major, minor };
}
