import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { extractTar, readTar } from '../archive/index.ts';
import { openSourceTree } from './source-tree.ts';
import type { TarEntry } from '../archive/index.ts';
import type { LayerTarSource } from '../executor/index.ts';
import type { SourceTree } from './source-tree.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * The part of an image below some paths, as a folder that can be copied from, with its owners. It is read from the layer
 * tars, twice: which layer has the last word on a path is known only at the end.
 */
export async function openStageTree(
  tars: readonly LayerTarSource[],
  paths: readonly string[],
  workDirectory: string,
  signal?: AbortSignal,
): Promise<SourceTree> {
  const wanted = paths.map((path) => posix.normalize(`/${path}`).replace(/^\/|\/$/gu, ''));
  const isWanted = (path: string) =>
    wanted.some((prefix) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`) || prefix.startsWith(`${path}/`));
  const winners = new Map<string, { readonly layer: number; readonly owner: Owner }>();
  const links: ReadonlyMap<string, string>[] = [];
  for (const [layer, open] of tars.entries()) {
    signal?.throwIfAborted();
    const own = new Map<string, string>();
    links.push(own);
    for await (const entry of readTar(open())) {
      noteEntry(winners, layer, entry, isWanted);
      if (entry.type === 'link') own.set(pathOf(entry.path), pathOf(entry.linkTarget ?? ''));
    }
  }
  const directory = mkdtempSync(join(workDirectory, 'stage-'));
  const used = new Set([...winners.values()].map(({ layer }) => layer));
  for (const [layer, open] of tars.entries()) {
    if (!used.has(layer)) continue;
    const folder = join(directory, String(layer));
    mkdirSync(folder);
    const isWinner = (path: string) => winners.get(path)?.layer === layer;
    const repeated = linkTargets(links[layer]!, isWinner);
    await extractTar(open(), folder, {
      rename: (path) => (isWinner(pathOf(path)) || repeated.has(pathOf(path)) ? path : undefined),
      dropLeadingSlash: true,
      symlinks: 'any',
      specialFiles: 'skip',
      ...(signal === undefined ? {} : { signal }),
    });
    for (const path of repeated) if (!isWinner(path)) rmSync(join(folder, path), { force: true });
  }
  const owners = new Map([...winners].map(([path, { owner }]) => [Buffer.from(path).toString('latin1'), owner]));
  return openSourceTree(
    await mergeFolders(
      directory,
      [...used].sort((a, b) => a - b),
    ),
    undefined,
    owners,
  );
}

/** What hard links of a layer repeat has to be there for a moment, even if a later layer replaces it or nobody asks for it. */
function linkTargets(links: ReadonlyMap<string, string>, isWinner: (path: string) => boolean): ReadonlySet<string> {
  const targets = new Set<string>();
  for (const link of links.keys()) {
    if (!isWinner(link)) continue;
    for (let target = links.get(link); target !== undefined && !targets.has(target); target = links.get(target)) targets.add(target);
  }
  return targets;
}

function noteEntry(
  winners: Map<string, { readonly layer: number; readonly owner: Owner }>,
  layer: number,
  entry: TarEntry,
  isWanted: (path: string) => boolean,
): void {
  const path = pathOf(entry.path);
  const name = posix.basename(path);
  const hide = (hidden: string, itself: boolean) => {
    for (const [known, winner] of winners) {
      if (winner.layer < layer && ((itself && known === hidden) || known.startsWith(hidden === '' ? '' : `${hidden}/`))) winners.delete(known);
    }
  };
  if (name === OPAQUE) hide(parentOf(path), false);
  else if (name.startsWith(WHITEOUT)) hide(posix.join(parentOf(path), name.slice(WHITEOUT.length)), true);
  else if (path !== '' && isWanted(path)) {
    if (entry.type !== 'directory') hide(path, true);
    winners.set(path, { layer, owner: { uid: entry.uid, gid: entry.gid, mode: entry.mode } });
  }
}

const pathOf = (path: string) => posix.normalize(`/${path}`).slice(1);
const parentOf = (path: string) => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');

/** No path is in two of them, but for folders. */
async function mergeFolders(directory: string, layers: readonly number[]): Promise<string> {
  const { cp } = await import('node:fs/promises');
  const merged = join(directory, 'merged');
  mkdirSync(merged);
  for (const layer of layers) await cp(join(directory, String(layer)), merged, { recursive: true, verbatimSymlinks: true, force: true });
  return merged;
}
