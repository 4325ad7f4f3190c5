import { describe, expect, it } from 'vitest';
import { formatOwners, mergeOwners, parseOwners } from '../../../src/executor/bubblewrap/owner-table.ts';
import { ownersAfter } from '../../../src/executor/bubblewrap/owners-after.ts';
import { parseTreeListing } from '../../../src/executor/bubblewrap/root-listing.ts';

const owner = (uid: number, mode = 0o100644) => ({ uid, gid: uid, mode, major: 0, minor: 0 });

describe('parseOwners()', () => {
  it('reads names of any bytes, and gives back what formatOwners() writes', () => {
    const bytes = Buffer.from('5 6 104755 0 0 usr/bin/a b\n\xff\0' + '0 0 20644 5 1 dev/x\0', 'latin1');
    const table = parseOwners(bytes);
    expect([...table]).toEqual([
      ['usr/bin/a b\n\xff', { uid: 5, gid: 6, mode: 0o104755, major: 0, minor: 0 }],
      ['dev/x', { uid: 0, gid: 0, mode: 0o20644, major: 5, minor: 1 }],
    ]);
    expect(Buffer.from(formatOwners(table))).toEqual(bytes);
  });
});

describe('mergeOwners()', () => {
  it('believes the topmost tree that holds a path', () => {
    const layers = [
      { owners: new Map([['a', owner(1)]]), has: (path: string) => ['a', 'b'].includes(path) },
      { owners: new Map(['a', 'b', 'c'].map((path) => [path, owner(2)])), has: () => true },
    ];
    expect([...mergeOwners(layers)]).toEqual([
      ['c', owner(2)],
      ['a', owner(1)],
    ]);
  });
});

const listing = (...records: readonly string[]) => parseTreeListing(Buffer.from(records.map((record) => `${record}\0`).join(''), 'latin1'));
const file = (path: string, mode = '644') => `f ${mode} 0 0 1 0 0 -\0${path}\0`;

describe('ownersAfter()', () => {
  const entries = listing(file('new'), file('old', '600'), 'c 0 0 0 0 0 0 -\0gone\0');

  it('believes fakeroot, which has seen every change', () => {
    const remembered = new Map([
      ['new', owner(7)],
      ['elsewhere', owner(8)],
      ['gone', owner(9)],
    ]);
    expect([...ownersAfter({ entries, before: new Map([['old', owner(3)]]), remembered, newOwner: undefined, wasThere: () => true })]).toEqual([
      ['new', owner(7)],
    ]);
  });

  it('keeps what was known where changes are pretended, with the mode as it is now', () => {
    const before = new Map([['old', owner(3)]]);
    const after = ownersAfter({ entries, before, remembered: undefined, newOwner: undefined, wasThere: () => true });
    expect([...after]).toEqual([['old', owner(3, 0o100600)]]);
  });

  it('gives what is new to the user of the process', () => {
    const after = ownersAfter({ entries, before: new Map(), remembered: undefined, newOwner: { uid: 9, gid: 9 }, wasThere: (path) => path === 'old' });
    expect([...after]).toEqual([['new', owner(9)]]);
  });
});
