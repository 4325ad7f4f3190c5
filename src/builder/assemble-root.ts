import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STANDARD_RULES, unpackPackages } from '../debian/index.ts';
import type { ExtractedEntry, PackageFile, UnpackedPackage } from '../debian/index.ts';
import type { Architecture, ImageUser } from './builder-file.ts';
import { applyFixUps } from './fix-ups/index.ts';
import type { InstalledPackage } from './fix-ups/fix-up.ts';
import type { RootEntry, RootTree } from './root-tree.ts';
import { sortedEntries } from './root-tree.ts';

export interface AssembleOptions {
  /** Unpacked as each arrives, the largest first best of all. */
  readonly packages: AsyncIterable<PackageFile>;
  /** An empty folder, which takes the files of the packages. */
  readonly directory: string;
  readonly architecture: Architecture;
  readonly user: ImageUser | undefined;
}

export interface AssembledRoot {
  /** All files of the root. */
  readonly tree: RootTree;
  /** Those that came out of packages and lie in the folder already. */
  readonly unpacked: RootTree;
}

/**
 * Unpacks packages into a folder as each arrives and works out the whole tree, fix-ups included. The fix-ups are not
 * written to the folder: {@link writeFixUps} does that where it is wanted.
 */
export async function assembleRoot({ packages, directory, architecture, user }: AssembleOptions): Promise<AssembledRoot> {
  const unpacked = await unpackPackages(packages, directory, STANDARD_RULES);
  const tree = new Map<string, RootEntry>();
  for (const { package: package_, entries } of unpacked) {
    for (const entry of entries) {
      const path = `/${entry.path}`;
      // Directories belong to many packages; which one came first on disk must not matter.
      if (!tree.has(path)) tree.set(path, toRootEntry(entry, path, directory, package_.name));
    }
  }
  const fixed = applyFixUps({
    tree,
    architecture,
    user,
    packages: unpacked.map(installedPackage),
    read: (path) => readFileSync(join(directory, path)),
  });
  return { tree: fixed, unpacked: tree };
}

/** Writes what the fix-ups added or replaced into the folder of {@link assembleRoot}. */
export function writeFixUps({ tree, unpacked }: AssembledRoot, directory: string): void {
  for (const entry of sortedEntries(tree.values())) {
    if (unpacked.get(entry.path) === entry) continue;
    const host = join(directory, entry.path);
    if (entry.type === 'directory') {
      mkdirSync(host, { recursive: true });
      // mkdir is subject to the umask. Open to its owner, who is the caller.
      chmodSync(host, entry.mode | 0o700);
      continue;
    }
    remove(host);
    if (entry.type === 'symlink') {
      symlinkSync(entry.linkTarget!, host);
    } else {
      writeFileSync(host, entry.content!);
      chmodSync(host, entry.mode);
    }
  }
}

function remove(host: string): void {
  const stats = lstatSync(host, { throwIfNoEntry: false });
  if (stats?.isDirectory()) rmdirSync(host);
  else if (stats !== undefined) rmSync(host);
}

function toRootEntry(entry: ExtractedEntry, path: string, directory: string, package_: string): RootEntry {
  const { linkTarget } = entry;
  // Setuid and setgid are never wanted: nothing in a container or sandbox may gain rights.
  const mode = entry.type === 'symlink' ? 0o777 : entry.mode & 0o1777;
  if (entry.type === 'directory') return { path, type: 'directory', mode, owner: 'root' };
  if (entry.type === 'symlink') return { path, type: 'symlink', mode, owner: 'root', linkTarget: linkTarget!, package: package_ };
  // A hard link is another name of a file that is there; layers store it as a file (CNB.md C145).
  return { path, type: 'file', mode, owner: 'root', source: join(directory, entry.path), package: package_ };
}

function installedPackage({ package: { name, version }, controlFiles }: UnpackedPackage): InstalledPackage {
  const md5sums = controlFiles['md5sums'];
  return { name, version, control: controlFiles['control']!, ...(md5sums === undefined ? {} : { md5sums }) };
}
