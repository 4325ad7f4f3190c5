import { isWhiteout } from './root-listing.ts';
import type { Owner, OwnerTable } from './owner-table.ts';
import type { ListedEntry } from './root-listing.ts';

const TYPES: Readonly<Record<ListedEntry['kind'], number>> = {
  ...{ d: 0o040000, f: 0o100000, l: 0o120000, p: 0o010000 },
  ...{ c: 0o020000, b: 0o060000, s: 0o140000 },
};

/**
 * Who owns the entries of a tree of changes after a process has run.
 *
 * - With fakeroot, what it remembers.
 * - Without, what was known before: changes of owners were pretended.
 * - For a process of another user than root, what is new is his.
 */
export function ownersAfter(run: {
  readonly entries: readonly ListedEntry[];
  readonly before: OwnerTable;
  readonly remembered: OwnerTable | undefined;
  readonly newOwner: { readonly uid: number; readonly gid: number } | undefined;
  readonly wasThere: (path: string) => boolean;
}): OwnerTable {
  const { entries, before, remembered, newOwner, wasThere } = run;
  const table = new Map<string, Owner>();
  for (const entry of entries) {
    if (isWhiteout(entry)) continue;
    const known = (remembered ?? before).get(entry.path);
    if (known !== undefined) table.set(entry.path, remembered === undefined ? { ...known, mode: TYPES[entry.kind] | entry.mode } : known);
    else if (newOwner !== undefined && !wasThere(entry.path)) {
      table.set(entry.path, { uid: newOwner.uid, gid: newOwner.gid, mode: TYPES[entry.kind] | entry.mode, major: 0, minor: 0 });
    }
  }
  return table;
}
