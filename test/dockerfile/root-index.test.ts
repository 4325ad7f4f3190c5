import { describe, expect, it } from 'vitest';
import { findAccount } from '../../src/dockerfile/accounts.ts';
import { RootIndex, readIndex } from '../../src/dockerfile/root-index.ts';
import { writeTar } from '../../src/archive/index.ts';
import { rawTar } from '../support/raw-tar.ts';

const index = (paths: Record<string, string>, accounts = {}) => RootIndex.empty.with({ paths, accounts });

describe('RootIndex', () => {
  const root = index({
    usr: 'd',
    'usr/bin': 'd',
    'usr/bin/sh': 'f',
    bin: 'lusr/bin',
    abs: 'l/usr',
    loop: 'lloop',
    up: 'l../../usr',
    dangling: 'lnowhere/at/all',
  });

  it.each([
    ['/', '/', 'directory'],
    ['/bin/sh', '/usr/bin/sh', 'file'],
    ['/abs/bin', '/usr/bin', 'directory'],
    ['/up/bin', '/usr/bin', 'directory'],
    ['/usr/../bin/./sh', '/usr/bin/sh', 'file'],
    ['/usr/lib/x', '/usr/lib/x', 'missing'],
    ['/bin/new', '/usr/bin/new', 'missing'],
    ['/dangling', '/nowhere/at/all', 'missing'],
  ])('resolves %s', (path, resolved, type) => {
    expect(root.resolve(path)).toEqual({ path: resolved, type });
  });

  it('refuses circles, and files that are taken for folders', () => {
    expect(() => root.resolve('/loop/x')).toThrow('too many links');
    expect(() => root.resolve('/bin/sh/x')).toThrow('"/usr/bin/sh" is a file');
  });

  it('knows what layers remove, replace and hide', () => {
    const after = root.with({ paths: { 'usr/bin': 'o', 'usr/bin/bash': 'f', abs: '-', bin: 'd' }, accounts: {} });
    expect(after.resolve('/usr/bin/sh').type).toBe('missing');
    expect(after.resolve('/usr/bin/bash').type).toBe('file');
    expect(after.resolve('/abs').type).toBe('missing');
    expect(after.resolve('/bin/sh')).toEqual({ path: '/bin/sh', type: 'missing' });
    expect(after.with({ paths: { usr: '-' }, accounts: {} }).resolve('/usr/bin/bash').type).toBe('missing');
    expect(root.resolve('/usr/bin/sh').type).toBe('file');
  });

  it('is read from layer tars, whiteouts included', async () => {
    const first = () =>
      writeTar([
        { path: 'a', type: 'directory' },
        { path: 'a/b', type: 'file', content: Buffer.from('x') },
        { path: 'c', type: 'directory' },
        { path: 'c/d', type: 'file', content: Buffer.from('x') },
        { path: 'etc/passwd', type: 'file', content: Buffer.from('me:x:5:6::/home/me:\n') },
      ]);
    const second = async function* () {
      yield await Promise.resolve(rawTar([{ name: '/a/.wh.b' }, { name: 'c/', flag: '5' }, { name: 'c/.wh..wh..opq' }, { name: 'c/e' }]));
    };
    const read = await readIndex([first, second]);
    expect(['/a', '/a/b', '/c/d', '/c/e'].map((path) => read.resolve(path).type)).toEqual(['directory', 'missing', 'missing', 'file']);
    expect(findAccount(read, 'me')).toMatchObject({ uid: 5, gid: 6, home: '/home/me' });
  });
});

describe('findAccount()', () => {
  it('knows root also where there are no accounts', () => {
    expect(findAccount(RootIndex.empty, 'root')).toEqual({ uid: 0, gid: 0, groups: [], home: '/' });
  });

  const accounts = index({}, { 'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:web:/var/www:\n', 'etc/group': 'web:x:34:\nextra:x:77:a,web\n' });

  it.each([
    ['', { uid: 0, gid: 0, groups: [], home: '/root' }],
    ['web', { uid: 33, gid: 34, groups: [77], home: '/var/www' }],
    ['33', { uid: 33, gid: 34, groups: [77], home: '/var/www' }],
    ['web:extra', { uid: 33, gid: 77, groups: [], home: '/var/www' }],
    ['1001:1000', { uid: 1001, gid: 1000, groups: [], home: '/' }],
    ['1001', { uid: 1001, gid: 0, groups: [], home: '/' }],
    ['1001:', { uid: 1001, gid: 0, groups: [], home: '/' }],
    ['nobody', undefined],
    ['root:web', { uid: 0, gid: 34, groups: [], home: '/root' }],
    ['web:nogroup', undefined],
  ])('finds %j', (spec, account) => {
    expect(findAccount(accounts, spec)).toEqual(account);
  });
});
