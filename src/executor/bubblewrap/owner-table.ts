/** Who owns a file, where the file system cannot say it. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** With the bits of the file's type, as fakeroot wants them. */
  readonly mode: number;
  /** Of what stands for a device. */
  readonly major: number;
  readonly minor: number;
}

/** By path: one character per byte, relative to the root. */
export type OwnerTable = ReadonlyMap<string, Owner>;

/** Reads what `root-tool session` left: `uid gid mode major minor path`, each ended by NUL. */
export function parseOwners(bytes: Uint8Array): OwnerTable {
  const table = new Map<string, Owner>();
  for (const record of Buffer.from(bytes).toString('latin1').split('\0')) {
    const [, uid, gid, mode = '', major, minor, path] = /^(\d+) (\d+) ([0-7]+) (\d+) (\d+) (.+)$/su.exec(record) ?? [];
    if (path !== undefined) table.set(path, { uid: Number(uid), gid: Number(gid), mode: parseInt(mode, 8), major: Number(major), minor: Number(minor) });
  }
  return table;
}

/** The same as {@link parseOwners} reads, in the order of the table. */
export function formatOwners(table: OwnerTable): Uint8Array {
  const records = [...table].map(([path, { uid, gid, mode, major, minor }]) => `${uid} ${gid} ${mode.toString(8)} ${major} ${minor} ${path}\0`);
  return Buffer.from(records.join(''), 'latin1');
}

/**
 * Who owns what in a root of several trees.
 *
 * @param layers The topmost first; `has` says whether a tree itself holds a path, removed or not.
 */
export function mergeOwners(layers: readonly { readonly owners: OwnerTable; readonly has: (path: string) => boolean }[]): OwnerTable {
  const merged = new Map<string, Owner>();
  for (const { owners, has } of [...layers].reverse()) {
    for (const path of merged.keys()) if (has(path)) merged.delete(path);
    for (const [path, owner] of owners) merged.set(path, owner);
  }
  return merged;
}
