import { lstatSync, readFileSync, readdirSync, readlinkSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeTree } from '../../foundation/index.ts';
import { makeFolder, writeLayerFile } from './any-umask.ts';
import type { Stats } from 'node:fs';
import type { LayersDirectory, PathKind } from '../layers-directory.ts';

/** `<layers>` as an ordinary host folder: nothing was restored into it, or everything was copied. */
export function createPlainLayersDirectory(root: string): LayersDirectory {
  const at = (path: string) => join(root, path);
  return {
    readFile: (path) => (lstatSync(at(path), { throwIfNoEntry: false })?.isFile() === true ? readFileSync(at(path)) : undefined),
    readdir: (path) => (lstatSync(at(path), { throwIfNoEntry: false })?.isDirectory() === true ? sortedNames(at(path)) : undefined),
    kind(path) {
      const stat = lstatSync(at(path), { throwIfNoEntry: false });
      return stat === undefined ? undefined : kindOf(stat);
    },
    readlink: (path) => (lstatSync(at(path), { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(at(path)) : undefined),
    writeFile(path, bytes) {
      makeFolder(dirname(at(path)));
      writeLayerFile(at(path), bytes);
    },
    mkdir: (path) => makeFolder(at(path)),
    rename: (from, to) => renameSync(at(from), at(to)),
    remove: (path) => removeTree(at(path)),
    refresh: () => Promise.resolve(),
    layerTree: (path) => (lstatSync(at(path), { throwIfNoEntry: false })?.isDirectory() === true ? { kind: 'folder', folder: at(path) } : undefined),
  };
}

/** Names sorted by bytes, as Go sorts them. */
export function sortedNames(directory: string): readonly string[] {
  return readdirSync(directory).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

export function kindOf(stat: Stats): PathKind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}
