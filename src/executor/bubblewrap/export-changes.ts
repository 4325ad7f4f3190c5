import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../../foundation/index.ts';
import { treeEntry } from './layer-entry.ts';
import { makeFolder, treePath } from './layer-folder.ts';
import { runTool } from './nested-sandbox.ts';
import { changeOf, isWhiteout, withOwner } from './root-listing.ts';
import type { Stats } from 'node:fs';
import type { RootChange } from '../index.ts';
import type { LayerTree } from './layer-folder.ts';
import type { OutputPipes } from '../index.ts';
import type { OwnerTable } from './owner-table.ts';
import type { ListedEntry } from './root-listing.ts';
import type { RootWorkshopOptions } from './root-workshop-options.ts';

export interface ChangedTree {
  readonly options: RootWorkshopOptions;
  readonly pipes: OutputPipes;
  readonly upper: string;
  /** The tree of changes, then those below it. */
  readonly layers: readonly LayerTree[];
  readonly entries: readonly ListedEntry[];
  /** Absolute paths that only mounting has made. */
  readonly made: ReadonlySet<string>;
  /** What is remembered of the entries; absent where the file system knows. */
  readonly owners: OwnerTable | undefined;
}

/** The changes of a tree, with every file readable to the caller: what only the sandbox may read is copied for him. */
export async function* exportChanges(changed: ChangedTree): AsyncGenerator<RootChange> {
  const { upper, owners } = changed;
  const entries = withoutMade(changed);
  const copies = await copyHidden(changed, entries);
  for (const entry of entries) {
    const found = changeOf(entry);
    if (found === undefined) continue;
    // The kernel also marks folders that replace nothing.
    const change: RootChange = found.change === 'opaque' && !replacesFolder(entry, changed.layers) ? { ...found, change: 'added' } : found;
    const owned = owners === undefined ? change : withOwner(change, owners.get(entry.path), { uid: 0, gid: 0 });
    const copy = copies.get(entry.path);
    const source = copy !== undefined ? Buffer.from(copy) : Buffer.concat([Buffer.from(`${treePath(upper, 0)}/`), Buffer.from(entry.path, 'latin1')]);
    yield owned.type === 'file' ? { ...owned, source } : owned;
  }
}

/** Leaves out mount points that had to be made, and folders on their way that are as they were. */
function withoutMade({ entries, made, layers, owners }: ChangedTree): readonly ListedEntry[] {
  const points = [...made].map((path) => Buffer.from(path.slice(1)).toString('latin1'));
  const suspects = new Set(points.flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))));
  const kept = new Set<string>();
  const result: ListedEntry[] = [];
  // Backwards, so that what a folder holds is known before the folder.
  for (const entry of [...entries].reverse()) {
    const isEmpty = entry.kind === 'd' ? !kept.has(entry.path) : entry.kind === 'f' && entry.sizeBytes === 0;
    const isOwn = suspects.has(entry.path) && isEmpty && (points.includes(entry.path) || isAsBelow(entry, layers, owners));
    if (isOwn) continue;
    kept.add(entry.path.slice(0, Math.max(entry.path.lastIndexOf('/'), 0)));
    result.push(entry);
  }
  return result.reverse();
}

function entryBelow(path: string, below: readonly LayerTree[]): Stats | undefined {
  return below.map(({ tree }) => treeEntry(tree, path)).find((stats) => stats !== undefined);
}

function replacesFolder(entry: ListedEntry, [, ...below]: readonly LayerTree[]): boolean {
  return entryBelow(entry.path, below)?.isDirectory() === true;
}

function isAsBelow(entry: ListedEntry, [top, ...below]: readonly LayerTree[], owners: OwnerTable | undefined): boolean {
  if (top === undefined || entry.kind !== 'd' || entry.flag !== '-') return false;
  const now = treeEntry(top.tree, entry.path);
  const before = entryBelow(entry.path, below);
  if (now === undefined || before?.isDirectory() !== true || owners?.has(entry.path) === true) return false;
  return now.mode === before.mode && now.uid === before.uid && now.gid === before.gid;
}

/** Files that the caller may not read, by path: he owns what belongs to root inside, and all of it where there is one id. */
async function copyHidden({ options, pipes, upper, owners }: ChangedTree, entries: readonly ListedEntry[]): Promise<ReadonlyMap<string, string>> {
  if (options.caller.uid === 0) return new Map();
  const closed = new Set<string>();
  const hidden: string[] = [];
  for (const entry of entries) {
    if (isWhiteout(entry)) continue;
    const isMine = owners !== undefined || entry.uid === 0;
    const rights = (entry.mode >> (isMine ? 6 : entry.gid === 0 ? 3 : 0)) & 0o7;
    const parent = entry.path.slice(0, Math.max(entry.path.lastIndexOf('/'), 0));
    const isClosed = closed.has(parent) || (rights & (entry.kind === 'd' ? 0o5 : 0o4)) !== (entry.kind === 'd' ? 0o5 : 0o4);
    if (isClosed && entry.kind === 'd') closed.add(entry.path);
    if (isClosed && entry.kind === 'f') hidden.push(entry.path);
  }
  if (hidden.length === 0) return new Map();
  const staged = join(upper, 'staged');
  removeTree(staged);
  makeFolder(staged);
  const records = join(upper, 'staged.records');
  writeFileSync(records, Buffer.from(hidden.map((path) => `${path}\0`).join(''), 'latin1'));
  await runTool(options, pipes, (view) => ['copy', view.place(treePath(upper, 0)), view.place(staged), view.place(records)]);
  return new Map(hidden.map((path, index) => [path, join(staged, String(index))]));
}
