import { appHostPath } from './app-files.ts';
import type { LayerTarEntry, LayerTarSpec } from '../../archive/index.ts';
import type { AppFile } from './app-files.ts';
import type { LayerTree } from '../layers-directory.ts';

/** Who owns what buildpacks and the application bring. */
export interface LayerOwner {
  readonly uid: number;
  readonly gid: number;
}

export const LAUNCHER_PATH = '/cnb/lifecycle/launcher';
export const PROCESS_DIRECTORY = '/cnb/process';

/** How a folder above a layer is in the build environment; undefined where there is none. */
export type FolderAbove = (path: string) => (LayerOwner & { readonly mode: number }) | undefined;

/** Folders as they are in a build image: 0755, owned by the build user (CNB.md C144, C192), unless `above` knows better. */
export function folders(paths: readonly string[], owner: LayerOwner, above?: FolderAbove): readonly LayerTarEntry[] {
  return paths.map((path) => ({ path, type: 'directory', mode: 0o755, ...owner, ...above?.(path) }));
}

/** Every folder above a path, topmost first. */
export function parents(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** A folder of `<layers>` and all it holds, as `target`. */
export function treeLayer(tree: LayerTree, target: string, owner: LayerOwner, above?: FolderAbove): LayerTarSpec {
  const parentFolders = { kind: 'entries', entries: folders(parents(target), owner, above) } as const;
  if (tree.kind !== 'merged') return { parts: [parentFolders, { kind: 'tree', source: tree.folder, target, ...owner }] };
  const entries = tree.entries.map(({ path, ...entry }): LayerTarEntry => ({
    ...entry,
    path: path.length === 0 ? target : Buffer.concat([Buffer.from(`${target}/`), path]),
    ...owner,
  }));
  return { parts: [parentFolders, { kind: 'entries', entries }] };
}

/** Files of the application; no files make an empty tar. */
export function appLayer(files: readonly AppFile[], directory: string, target: string, owner: LayerOwner, above?: FolderAbove): LayerTarSpec {
  if (files.length === 0) return { parts: [] };
  const entries = files.map((file): LayerTarEntry => ({
    path: file.path === '' ? target : Buffer.concat([Buffer.from(`${target}/`), Buffer.from(file.path, 'latin1')]),
    type: file.type,
    mode: file.mode,
    ...owner,
    ...(file.linkTarget === undefined ? {} : { linkTarget: file.linkTarget }),
    ...(file.type === 'file' ? { source: appHostPath(directory, file.path) } : {}),
  }));
  return { parts: [{ kind: 'entries', entries: [...folders(parents(target), owner, above), ...entries] }] };
}

const ROOT: LayerOwner = { uid: 0, gid: 0 };

/** The launcher at its place (CNB.md C146). */
export function launcherLayer(launcher: string): LayerTarSpec {
  const file: LayerTarEntry = { path: LAUNCHER_PATH, type: 'file', mode: 0o755, source: launcher, ...ROOT };
  return { parts: [{ kind: 'entries', entries: [...folders(['/cnb', '/cnb/lifecycle'], ROOT), file] }] };
}

/** One link to the launcher a process type (CNB.md C146). */
export function processTypesLayer(types: readonly string[]): LayerTarSpec {
  const links = types.map((type): LayerTarEntry => ({
    path: `${PROCESS_DIRECTORY}/${type}`,
    type: 'symlink',
    mode: 0o755,
    linkTarget: LAUNCHER_PATH,
    ...ROOT,
  }));
  return { parts: [{ kind: 'entries', entries: [...folders(['/cnb', PROCESS_DIRECTORY], ROOT), ...links] }] };
}
