/** One file of an image root. Paths are absolute image paths below `/usr` after usrmerge. */
export interface RootEntry {
  readonly path: string;
  readonly type: 'directory' | 'file' | 'symlink';
  /** Permission bits and sticky; setuid and setgid are always off. */
  readonly mode: number;
  readonly linkTarget?: string;
  /** Of files: the host file to read, or the bytes themselves. */
  readonly source?: string;
  readonly content?: Uint8Array;
  readonly owner: 'root' | 'user';
  /** The package that it came from, or that it belongs to; undefined for what no package has. */
  readonly package?: string;
}

/** The files of an image root by path. */
export type RootTree = ReadonlyMap<string, RootEntry>;

/** A directory owned by root. */
export function rootDirectory(path: string, mode = 0o755): RootEntry {
  return { path, type: 'directory', mode, owner: 'root' };
}

/** A text file owned by root. */
export function rootFile(path: string, text: string, package_?: string): RootEntry {
  return { path, type: 'file', mode: 0o644, owner: 'root', content: Buffer.from(text), ...(package_ === undefined ? {} : { package: package_ }) };
}

/** A symbolic link. */
export function rootLink(path: string, linkTarget: string, package_?: string): RootEntry {
  return { path, type: 'symlink', mode: 0o777, owner: 'root', linkTarget, ...(package_ === undefined ? {} : { package: package_ }) };
}

/** Every missing parent of the entries, as a directory of root. */
export function missingParents(tree: RootTree): readonly RootEntry[] {
  const missing = new Map<string, RootEntry>();
  for (const path of tree.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (tree.has(parent) || missing.has(parent)) break;
      missing.set(parent, rootDirectory(parent));
    }
  }
  return [...missing.values()];
}

/** The entries in byte order of their paths, parents before children. */
export function sortedEntries(entries: Iterable<RootEntry>): readonly RootEntry[] {
  // Byte order, not UTF-16 order: the same image must come out whatever compares the names.
  return [...entries]
    .map((entry) => ({ entry, key: Buffer.from(entry.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry);
}
