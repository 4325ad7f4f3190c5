import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isFolder } from '../../../../src/sdk/index.ts';

/** Whether a jar is of a version that changes without changing its name. */
export function isSnapshot(name: string): boolean {
  return /SNAPSHOT/.test(name);
}

/** The jars of a folder as two slices: released ones, which change seldom, and snapshots. */
export function librarySlices(root: string, folder: string): readonly (readonly string[])[] {
  const jars = listFolder(join(root, folder)).filter((name) => name.endsWith('.jar'));
  const paths = (names: readonly string[]) => names.map((name) => literal(posix.join(folder, name)));
  const snapshots = jars.filter(isSnapshot);
  if (snapshots.length === 0) return jars.length === 0 ? [] : [[posix.join(folder, '*.jar')]];
  return [paths(jars.filter((name) => !isSnapshot(name))), paths(snapshots)].filter((slice) => slice.length > 0);
}

/** Compiled classes below a folder as a slice: one glob for each folder that has some. */
export function classSlice(root: string, folder: string): readonly string[] {
  return classFolders(root, folder).map((path) => `${literal(path)}/*.class`.replace(/^\.\//, ''));
}

/** Folders at and below `folder`, relative to `root`, that hold classes. */
export function classFolders(root: string, folder: string): readonly string[] {
  const found: string[] = [];
  const visit = (path: string) => {
    const entries = readFolder(join(root, path));
    if (entries.some((entry) => entry.isFile() && entry.name.endsWith('.class'))) found.push(path === '' ? '.' : path);
    for (const entry of entries) if (entry.isDirectory()) visit(posix.join(path, entry.name));
  };
  visit(folder);
  return found.sort();
}

/** A name as a glob that matches nothing else. */
export function literal(path: string): string {
  return path.replace(/[\\*?[\]]/g, '\\$&');
}

function listFolder(path: string): readonly string[] {
  return readFolder(path)
    .map(({ name }) => name)
    .sort();
}

function readFolder(path: string) {
  return isFolder(path) ? readdirSync(path, { withFileTypes: true }) : [];
}
