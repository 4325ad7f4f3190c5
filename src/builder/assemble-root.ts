import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../foundation/index.ts';
import { extractPackage } from '../debian/index.ts';
import type { ExtractedEntry, LockedPackage } from '../debian/index.ts';
import type { Architecture, ImageUser } from './builder-file.ts';
import { EXTRACT_RULES } from './extract-rules.ts';
import { applyFixUps } from './fix-ups/index.ts';
import type { InstalledPackage } from './fix-ups/fix-up.ts';
import type { PackageFile } from './package-supply.ts';
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
  const unpacked = new Map<string, { readonly installed: InstalledPackage; readonly entries: readonly ExtractedEntry[] }>();
  const unpack = async ({ package: package_, path }: PackageFile) => {
    const extracted = await extractPackage({ path, directory, rules: EXTRACT_RULES, label: `${package_.name} ${package_.version}` });
    requireSamePackage(package_, extracted.fields);
    const md5sums = extracted.controlFiles['md5sums'];
    unpacked.set(package_.name, {
      installed: { name: package_.name, version: package_.version, control: extracted.controlFiles['control']!, ...(md5sums === undefined ? {} : { md5sums }) },
      entries: extracted.entries,
    });
  };
  await unpackAll(packages, unpack);
  const tree = new Map<string, RootEntry>();
  const names = [...unpacked.keys()].sort();
  for (const name of names) {
    for (const entry of unpacked.get(name)!.entries) {
      const path = `/${entry.path}`;
      // Directories belong to many packages; which one came first on disk must not matter.
      if (!tree.has(path)) tree.set(path, toRootEntry(entry, path, directory, name));
    }
  }
  const fixed = applyFixUps({
    tree,
    architecture,
    user,
    packages: names.map((name) => unpacked.get(name)!.installed),
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

function requireSamePackage(package_: LockedPackage, fields: ReadonlyMap<string, string>): void {
  const found = `${fields.get('package')} ${fields.get('version')} ${fields.get('architecture')}`;
  const wanted = `${package_.name} ${package_.version} ${package_.architecture}`;
  if (found === wanted) return;
  throw new TspackError({
    code: 'BUILDER_PACKAGE_MISMATCH',
    message: `Cannot use "${package_.poolPath}": it holds ${found}, want ${wanted}`,
    nextStep: 'Write the lock anew with tspack builder update',
  });
}

/** Starts on each package as it arrives. After the first failure nothing new starts, and all that runs is awaited. */
async function unpackAll(packages: AsyncIterable<PackageFile>, unpack: (file: PackageFile) => Promise<void>): Promise<void> {
  const running: Promise<void>[] = [];
  const failures: unknown[] = [];
  try {
    for await (const file of packages) {
      if (failures.length > 0) break;
      running.push(unpack(file).catch((error: unknown) => void failures.push(error)));
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}
