import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerTarEntry } from '../archive/index.ts';

/** A directory of root. */
export function directoryEntry(path: string, owner: { readonly uid: number; readonly gid: number } = { uid: 0, gid: 0 }): LayerTarEntry {
  return { path, type: 'directory', mode: 0o755, uid: owner.uid, gid: owner.gid };
}

/** A text file of root. */
export function fileEntry(path: string, text: string): LayerTarEntry {
  return { path, type: 'file', mode: 0o644, uid: 0, gid: 0, content: Buffer.from(text) };
}

/** What the modes in a folder become. `executableBits`: any of them makes a file 0755, else it is 0644. */
export interface FolderModes {
  readonly executableBits: number;
  readonly link: number;
}

const OWNER_DECIDES: FolderModes = { executableBits: 0o100, link: 0o777 };

/**
 * A host folder as entries of root at `target`. Of the modes only the owner's execute bit counts, so that neither the
 * umask of a checkout nor of an installation changes a layer. Other things than files, folders and links are left out.
 */
export function folderEntries(source: string, target: string, modes: FolderModes = OWNER_DECIDES): readonly LayerTarEntry[] {
  return [directoryEntry(target), ...folderContent(source, target, modes)];
}

/** The same, without the folder itself. */
export function folderContent(source: string, target: string, modes: FolderModes): readonly LayerTarEntry[] {
  const names = readdirSync(source).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return names.flatMap((name): readonly LayerTarEntry[] => {
    const host = join(source, name);
    const path = `${target}/${name}`;
    const stats = lstatSync(host);
    if (stats.isDirectory()) return folderEntries(host, path, modes);
    if (stats.isSymbolicLink()) return [{ path, type: 'symlink', mode: modes.link, uid: 0, gid: 0, linkTarget: readlinkSync(host) }];
    if (!stats.isFile()) return [];
    return [{ path, type: 'file', mode: (stats.mode & modes.executableBits) === 0 ? 0o644 : 0o755, uid: 0, gid: 0, source: host }];
  });
}
