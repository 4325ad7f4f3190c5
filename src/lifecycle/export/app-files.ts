import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { LayerTarEntry } from '../../archive/index.ts';

/** A path of the application, as bytes in a Latin-1 string, relative to its folder (`''` is the folder itself). */
export type AppPath = string;

export interface AppFile {
  readonly path: AppPath;
  readonly type: LayerTarEntry['type'];
  readonly mode: number;
  readonly linkTarget?: Uint8Array;
}

/**
 * Every path of the application's folder; sockets are left out (CNB.md C144), and devices, which nobody can make.
 *
 * @param ownMode of the folder itself, where it does not count what it has
 */
export function listAppFiles(directory: string, ownMode?: number): ReadonlyMap<AppPath, AppFile> {
  const files = new Map<AppPath, AppFile>();
  const visit = (path: AppPath): void => {
    const host = appHostPath(directory, path);
    const stat = lstatSync(host);
    const common = { path, mode: path === '' ? (ownMode ?? stat.mode & 0o7777) : stat.mode & 0o7777 };
    if (stat.isSymbolicLink()) files.set(path, { ...common, type: 'symlink', linkTarget: readlinkSync(host, { encoding: 'buffer' }) });
    else if (stat.isFile()) files.set(path, { ...common, type: 'file' });
    else if (stat.isFIFO()) files.set(path, { ...common, type: 'fifo' });
    else if (stat.isDirectory()) {
      files.set(path, { ...common, type: 'directory' });
      for (const name of readdirSync(host, 'latin1')) visit(path === '' ? name : `${path}/${name}`);
    }
  };
  visit('');
  return files;
}

export function appHostPath(directory: string, path: AppPath): Buffer {
  return Buffer.concat([Buffer.from(directory), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')]);
}
