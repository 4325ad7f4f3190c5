import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, writeLayerFile } from './any-umask.ts';
import { createPlainLayersDirectory, kindOf, sortedNames } from './plain-layers-directory.ts';
import { childNames, parseListing } from './merged-listing.ts';
import { removeTree } from '../../foundation/index.ts';
import type { MergedListing } from './merged-listing.ts';
import type { LayersDirectory } from '../layers-directory.ts';

/** The folders of an overlay on one file system. */
export interface LayersOverlay {
  /** Restored layer folders, `<buildpack>/<layer>`, and nothing else. Processes never write here. */
  readonly lower: string;
  /** What this build writes. */
  readonly upper: string;
  /** Restored layers that this build has no use for; a failed build's cache gets them back. */
  readonly dropped: string;
}

/**
 * Lists a folder of the mounted overlay, where the overlay can be mounted; `path` is relative to `<layers>`.
 * The output is what {@link parseListing} reads.
 */
export type ListMerged = (path: string) => Promise<Uint8Array>;

/**
 * `<layers>` as an overlay that only the sandbox mounts. A layer lies wholly below, wholly above, or on both
 * sides. Only in the last case does the host have to ask the mounted overlay: the mark of an opaque folder is an
 * extended attribute, which Node cannot read, and merging by guess would bring deleted files back.
 */
export function createOverlayLayersDirectory(overlay: LayersOverlay, listMerged: ListMerged): LayersDirectory {
  const { lower, upper, dropped } = overlay;
  const above = createPlainLayersDirectory(upper);
  const merged = new Map<string, MergedListing>();
  /** Each buildpack's folder as the host made it. When it differs, a process has put another in its place. */
  const identities = new Map<string, string>();
  for (const buildpack of existsSync(lower) ? sortedNames(lower) : []) makeBuildpackFolder(buildpack);

  function makeBuildpackFolder(buildpack: string): void {
    makeFolder(join(upper, buildpack));
    if (!identities.has(buildpack)) identities.set(buildpack, identityOf(join(upper, buildpack)));
  }

  /** Where a layer's files are. */
  function sideOf(layer: string): 'lower' | 'upper' | 'both' | undefined {
    const written = lstatSync(join(upper, layer), { throwIfNoEntry: false });
    if (!isDirectory(join(lower, layer))) return written?.isDirectory() === true ? 'upper' : undefined;
    if (written !== undefined) return written.isDirectory() ? 'both' : undefined; // a whiteout is a device
    const [buildpack = ''] = layer.split('/');
    return identityOf(join(upper, buildpack)) === identities.get(buildpack) ? 'lower' : undefined;
  }

  /** The host path of what lies at a path below `<layers>`. */
  function locate(path: string): string | undefined {
    const [buildpack, name, ...rest] = path.split('/');
    const layer = `${buildpack}/${name}`;
    const side = name === undefined || name === '' ? undefined : sideOf(layer);
    if (side === 'both') return merged.get(layer)?.hostPath(rest.join('/'));
    const candidate = join(side === 'lower' ? lower : upper, path);
    const stat = lstatSync(candidate, { throwIfNoEntry: false });
    return stat === undefined || stat.isCharacterDevice() ? undefined : candidate;
  }

  /** Takes a restored layer out of the overlay; the cache keeps it until this build has succeeded. */
  function drop(layer: string): void {
    mkdirSync(dirname(join(dropped, layer)), { recursive: true });
    renameSync(join(lower, layer), join(dropped, layer));
    merged.delete(layer);
  }

  const layersBelow = (path: string) => restoredLayers(lower).filter((layer) => layer === path || layer.startsWith(`${path}/`));

  const directory: LayersDirectory = {
    readFile(path) {
      const file = locate(path);
      return file !== undefined && lstatSync(file, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(file) : undefined;
    },
    readdir(path) {
      const [, name, ...rest] = path.split('/');
      if (name === undefined) {
        const names = new Set([...(above.readdir(path) ?? []), ...(existsSync(join(lower, path)) ? sortedNames(join(lower, path)) : [])]);
        const present = [...names].filter((child) => directory.kind(path === '' ? child : `${path}/${child}`) !== undefined);
        return isDirectory(join(upper, path)) ? present.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))) : undefined;
      }
      const layer = path.split('/').slice(0, 2).join('/');
      if (sideOf(layer) === 'both') return childNames(merged.get(layer), rest.join('/'));
      const folder = locate(path);
      return folder !== undefined && isDirectory(folder) ? sortedNames(folder) : undefined;
    },
    kind(path) {
      const located = locate(path);
      return located === undefined ? undefined : kindOf(lstatSync(located));
    },
    readlink(path) {
      const located = locate(path);
      return located !== undefined && lstatSync(located).isSymbolicLink() ? readlinkSync(located) : undefined;
    },
    writeFile(path, bytes) {
      directory.mkdir(dirname(path));
      writeLayerFile(join(upper, path), bytes);
    },
    mkdir(path) {
      const [buildpack = '.'] = path.split('/');
      if (buildpack !== '.') makeBuildpackFolder(buildpack);
      makeFolder(join(upper, path));
    },
    rename(from, to) {
      if (existsSync(join(upper, from))) renameSync(join(upper, from), join(upper, to));
      else directory.mkdir(to);
      for (const layer of layersBelow(from)) drop(layer);
    },
    remove(path) {
      removeTree(join(upper, path));
      for (const layer of layersBelow(path)) drop(layer);
    },
    async refresh() {
      for (const layer of restoredLayers(lower)) {
        if (sideOf(layer) !== 'both') merged.delete(layer);
        else merged.set(layer, parseListing(await listMerged(layer), join(lower, layer), join(upper, layer)));
      }
    },
    layerTree(path) {
      const side = sideOf(path);
      if (side === 'lower') return { kind: 'unchanged', folder: join(lower, path) };
      if (side === 'upper') return { kind: 'folder', folder: join(upper, path) };
      const listing = side === 'both' ? merged.get(path) : undefined;
      return listing && { kind: 'merged', lower: join(lower, path), upper: join(upper, path), entries: listing.entries };
    },
  };
  return directory;
}

/** The layers of a folder of layers, as `<buildpack>/<layer>`. */
export function restoredLayers(root: string): readonly string[] {
  if (!existsSync(root)) return [];
  return sortedNames(root).flatMap((buildpack) => sortedNames(join(root, buildpack)).map((layer) => `${buildpack}/${layer}`));
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Inode numbers are used again, so the time of birth counts too. */
function identityOf(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}
