import { copyFileSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listFiles, pathBytes, type FileState } from '../../../src/sdk/index.ts';

/** Copies what is in a folder into another one, which may have files already. */
export function copyInto(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const [path, { kind }] of listFiles(from)) copyOne(from, to, path, kind);
}

/** Copies what scripts added or changed since `before` into a layer, and the names of what they removed. `leaveOut` is as for `listFiles`. */
export function keepOutput(applicationDirectory: string, before: ReadonlyMap<string, FileState>, leaveOut: readonly string[], layerPath: string): void {
  const after = listFiles(applicationDirectory, leaveOut);
  const files = join(layerPath, 'files');
  mkdirSync(files, { recursive: true });
  for (const [path, { kind, mark }] of after) {
    const old = before.get(path);
    if (old?.mark !== mark || old.kind !== kind) copyOne(applicationDirectory, files, path, kind);
  }
  // Children before their folders.
  const removed = [...before].filter(([path, { kind }]) => after.get(path)?.kind !== kind).map(([path, { kind }]) => ({ path, kind }));
  writeFileSync(join(layerPath, 'removed.json'), JSON.stringify(removed.reverse()));
}

/** Puts what {@link keepOutput} has kept into the application. */
export function placeOutput(layerPath: string, applicationDirectory: string): void {
  const removed = JSON.parse(readFileSync(join(layerPath, 'removed.json'), 'utf8')) as { path: string; kind: FileState['kind'] }[];
  for (const { path, kind } of removed) {
    if (kind === 'directory') rmdirSync(pathBytes(applicationDirectory, path));
    else unlinkSync(pathBytes(applicationDirectory, path));
  }
  copyInto(join(layerPath, 'files'), applicationDirectory);
}

function copyOne(fromRoot: string, toRoot: string, path: string, kind: FileState['kind']): void {
  const [from, to] = [pathBytes(fromRoot, path), pathBytes(toRoot, path)];
  if (kind === 'directory') {
    mkdirSync(to, { recursive: true });
    return;
  }
  if (path.includes('/')) mkdirSync(pathBytes(toRoot, dirname(path)), { recursive: true });
  if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) unlinkSync(to);
  if (kind === 'symlink') symlinkSync(readlinkSync(from, { encoding: 'buffer' }), to);
  else copyFileSync(from, to);
}
