import { TspackError } from '../../foundation/index.ts';
import { compileGlob } from './glob.ts';
import type { Slice } from '../../cnb/index.ts';
import type { AppFile, AppPath } from './app-files.ts';

/**
 * Divides the application into one list of files a slice, and one for the rest (buildpack.md#slice-layers, CNB.md
 * C148). A matched folder is taken whole; what an earlier slice took is gone; the folders above a taken file are in
 * its slice too. Each list is sorted by path, byte by byte. Throws `SLICE_PATTERN_INVALID`.
 */
export function sliceFiles(files: ReadonlyMap<AppPath, AppFile>, slices: readonly Slice[]): readonly (readonly AppFile[])[] {
  const taken = new Set<AppPath>();
  const children = childrenByFolder(files);
  const lists = slices.map((slice) => {
    const matched = new Set<AppPath>();
    for (const pattern of slice.paths ?? []) {
      const matches = compileGlob(pattern);
      if (matches === undefined) {
        throw new TspackError({ code: 'SLICE_PATTERN_INVALID', message: `Cannot use "${pattern}" as a path of a slice: it is a malformed pattern` });
      }
      for (const path of files.keys()) if (path !== '' && matches(toText(path))) take(path, matched);
    }
    return [...matched, ...foldersAbove(matched)];
  });

  function take(path: AppPath, matched: Set<AppPath>): void {
    if (taken.has(path)) return;
    for (const child of children.get(path) ?? []) take(child, matched);
    matched.add(path);
    taken.add(path);
  }

  /** The folders above taken files, and a folder whose children are all taken counts as taken itself. */
  function foldersAbove(matched: ReadonlySet<AppPath>): readonly AppPath[] {
    const folders = new Set<AppPath>();
    for (const path of matched) for (const folder of parentsOf(path)) if (!matched.has(folder)) folders.add(folder);
    const deepestFirst = [...folders].sort((a, b) => depth(b) - depth(a));
    for (const folder of deepestFirst) {
      if ((children.get(folder) ?? []).every((child) => taken.has(child))) taken.add(folder);
    }
    return deepestFirst;
  }

  const rest = [...files.keys()].filter((path) => !taken.has(path));
  return [...lists, rest].map((paths) => [...paths].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map((path) => files.get(path)!));
}

function childrenByFolder(files: ReadonlyMap<AppPath, AppFile>): ReadonlyMap<AppPath, readonly AppPath[]> {
  const children = new Map<AppPath, AppPath[]>();
  for (const path of files.keys()) {
    if (path === '') continue;
    const parent = parentOf(path);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [path]);
    else siblings.push(path);
  }
  return children;
}

function parentOf(path: AppPath): AppPath {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function parentsOf(path: AppPath): readonly AppPath[] {
  if (path === '') return [];
  const parent = parentOf(path);
  return [parent, ...parentsOf(parent)];
}

const depth = (path: AppPath) => (path === '' ? 0 : path.split('/').length);
const toText = (path: AppPath) => Buffer.from(path, 'latin1').toString('utf8');
