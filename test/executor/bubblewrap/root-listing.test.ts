import { describe, expect, it } from 'vitest';
import { changeOf, isWhiteout, parseTreeListing, withOwner } from '../../../src/executor/bubblewrap/root-listing.ts';

const listing = (...records: readonly string[]) => parseTreeListing(Buffer.from(records.map((record) => `${record}\0`).join(''), 'latin1'));

describe('parseTreeListing()', () => {
  it('puts a folder before what it holds, and that before its neighbours', () => {
    const entries = listing(...['a-b', 'a/z', 'a', 'a b', 'a/b/c', 'a/b'].map((path) => `d 755 0 0 0 0 0 -\0${path}\0`));
    expect(entries.map(({ path }) => path)).toEqual(['a', 'a/b', 'a/b/c', 'a/z', 'a b', 'a-b']);
  });

  it('keeps names and links that are no text', () => {
    const [entry] = listing('l 777 1 2 3 0 0 -\0n\xe9\n \0t\xff');
    expect(entry).toMatchObject({ path: 'n\xe9\n ', linkTarget: 't\xff', uid: 1, gid: 2, sizeBytes: 3, mode: 0o777 });
    expect(changeOf(entry!)).toMatchObject({ path: Buffer.from([0x6e, 0xe9, 0x0a, 0x20]), linkTarget: Buffer.from([0x74, 0xff]), type: 'symlink' });
  });
});

describe('changeOf()', () => {
  it('tells removals, opaque folders, setuid bits and devices', () => {
    const [removed, opaque, program, device] = listing(
      'c 0 0 0 0 0 0 -\0gone\0',
      'd 1777 0 0 0 0 0 o\0opaque\0',
      'f 4755 0 0 9 0 0 -\0program\0',
      'b 660 0 6 0 8 1 -\0sda1\0',
    );
    expect(changeOf(removed!)).toMatchObject({ change: 'removed', type: 'none' });
    expect([isWhiteout(removed!), isWhiteout(device!)]).toEqual([true, false]);
    expect(changeOf(opaque!)).toMatchObject({ change: 'opaque', type: 'directory', mode: 0o1777 });
    expect(changeOf(program!)).toMatchObject({ change: 'added', type: 'file', mode: 0o4755, sizeBytes: 9 });
    expect(changeOf(device!)).toMatchObject({ type: 'device', device: { kind: 'block', major: 8, minor: 1 } });
  });

  it('has nothing to say of sockets', () => {
    expect(changeOf(listing('s 755 0 0 0 0 0 -\0socket\0')[0]!)).toBeUndefined();
  });
});

describe('withOwner()', () => {
  it('takes owner, mode and devices from what fakeroot remembers', () => {
    const [file] = listing('f 600 0 0 9 0 0 -\0file\0');
    const change = changeOf(file!)!;
    expect(withOwner(change, undefined, { uid: 3, gid: 4 })).toMatchObject({ uid: 3, gid: 4, mode: 0o600 });
    expect(withOwner(change, { uid: 5, gid: 6, mode: 0o102755, major: 0, minor: 0 }, { uid: 0, gid: 0 })).toMatchObject({
      uid: 5,
      gid: 6,
      mode: 0o2755,
      type: 'file',
    });
    const device = withOwner(change, { uid: 0, gid: 0, mode: 0o20644, major: 1, minor: 3 }, { uid: 0, gid: 0 });
    expect(device).toMatchObject({ type: 'device', device: { kind: 'character', major: 1, minor: 3 } });
    expect(device).not.toHaveProperty('sizeBytes');
  });
});
