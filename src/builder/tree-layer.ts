import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerTarPart } from '../archive/index.ts';
import type { ImageUser } from './builder-file.ts';
import { directoryEntry } from './folder-entries.ts';

/**
 * An unpacked image as the parts of one layer: everything is root's, as packages have it, but for the empty folders of
 * the user. On disk all of it belongs to whoever unpacked it.
 */
export function readTree(root: string, user: ImageUser): readonly LayerTarPart[] {
  const own = new Set(['layers', 'workspace']);
  return readdirSync(root)
    .sort()
    .map((name): LayerTarPart => {
      const source = join(root, name);
      const target = `/${name}`;
      if (own.has(name)) return { kind: 'entries', entries: [directoryEntry(target, user)] };
      if (name === 'home') return { kind: 'entries', entries: [directoryEntry(target), directoryEntry(`/home/${user.name}`, user)] };
      if (lstatSync(source).isSymbolicLink()) {
        return { kind: 'entries', entries: [{ path: target, type: 'symlink', mode: 0o777, uid: 0, gid: 0, linkTarget: readlinkSync(source) }] };
      }
      return { kind: 'tree', source, target, uid: 0, gid: 0 };
    });
}
