import { describe, expect, test } from 'vitest';
import { diffLocks, formatPackageLock, packagesOfSet, parsePackageLock } from '../../src/debian/index.ts';
import type { PackageLock } from '../../src/debian/index.ts';

interface Json {
  readonly packages: object[];
}

const SHA = 'a'.repeat(64);
const lock: PackageLock = {
  architecture: 'amd64',
  sources: [{ name: 'main', archive: 'debian', suite: 'trixie', date: '2026-06-01T12:00:00Z' }],
  excluded: [{ name: 'debconf', sets: ['run'] }],
  packages: [
    {
      name: 'tzdata',
      version: '2026a-1',
      architecture: 'all',
      sha256: SHA,
      sizeBytes: 7,
      poolPath: 'pool/main/t/tzdata/tzdata_2026a-1_all.deb',
      source: 'main',
      sets: ['run', 'build'],
    },
    {
      name: 'g++',
      version: '4:14.2.0-1',
      architecture: 'amd64',
      sha256: SHA,
      sizeBytes: 9,
      poolPath: 'pool/main/g/gcc-defaults/g++_14.2.0-1_amd64.deb',
      source: 'main',
      sets: ['build'],
    },
  ],
};

describe('formatPackageLock()', () => {
  test('writes one package a line, sorted, and the parser reads it back', () => {
    const text = formatPackageLock(lock);
    expect(
      text
        .split('\n')
        .filter((line) => line.includes('poolPath'))
        .map((line) => /"name":"([^"]+)"/.exec(line)?.[1]),
    ).toEqual(['g++', 'tzdata']);
    expect(formatPackageLock(parsePackageLock(text, 'lock'))).toBe(text);
    expect(packagesOfSet(parsePackageLock(text, 'lock'), 'run').map(({ name }) => name)).toEqual(['tzdata']);
  });
});

describe('parsePackageLock()', () => {
  const broken = (change: (json: Json) => void) => {
    const json = JSON.parse(formatPackageLock(lock)) as Json;
    change(json);
    return () => parsePackageLock(JSON.stringify(json), 'lock.json');
  };

  test('names every problem at once', () => {
    const parse = broken((json) => {
      Object.assign(json.packages[0]!, { sha256: 'x', sizeBytes: -1, surprise: 1 });
      Object.assign(json.packages[1]!, { source: 'nowhere' });
    });
    expect(parse).toThrow(
      expect.objectContaining({ code: 'DEBIAN_LOCK_INVALID', message: expect.stringMatching(/surprise.*sizeBytes.*sha256.*nowhere/s) as string }),
    );
  });

  test.each(['/etc/passwd.deb', '../x.deb', 'pool/../../x.deb', 'pool/./x.deb', 'pool/x', 'pool/a?b.deb', 'pool/a#b.deb'])(
    'refuses the pool path %j',
    (poolPath) => {
      expect(broken((json) => Object.assign(json.packages[0]!, { poolPath }))).toThrow(expect.objectContaining({ code: 'DEBIAN_LOCK_INVALID' }));
    },
  );

  test('refuses a package that is there twice, another format and text that is no JSON', () => {
    expect(broken((json) => json.packages.push(json.packages[0]!))).toThrow(/twice/);
    expect(broken((json) => Object.assign(json, { formatVersion: 2 }))).toThrow(/formatVersion/);
    expect(() => parsePackageLock('{', 'lock.json')).toThrow(expect.objectContaining({ code: 'DEBIAN_LOCK_INVALID' }));
    expect(() => parsePackageLock('[]', 'lock.json')).toThrow(expect.objectContaining({ code: 'DEBIAN_LOCK_INVALID' }));
  });
});

describe('diffLocks()', () => {
  test('tells what came, went and moved, in which direction', () => {
    const [tzdata, gxx] = lock.packages;
    const other = 'b'.repeat(64);
    const next = {
      ...lock,
      packages: [
        { ...tzdata!, version: '2026b-1', sha256: other },
        { ...gxx!, name: 'gcc', sha256: other },
      ],
    };
    expect(diffLocks(lock, next)).toEqual([
      { kind: 'removed', name: 'g++', from: '4:14.2.0-1' },
      { kind: 'added', name: 'gcc', to: '4:14.2.0-1' },
      { kind: 'upgraded', name: 'tzdata', from: '2026a-1', to: '2026b-1' },
    ]);
    expect(diffLocks(next, lock).find(({ name }) => name === 'tzdata')?.kind).toBe('downgraded');
    expect(diffLocks(lock, { ...lock, packages: [{ ...tzdata!, sha256: other }, gxx!] })).toEqual([
      { kind: 'rebuilt', name: 'tzdata', from: '2026a-1', to: '2026a-1' },
    ]);
    expect(diffLocks(lock, lock)).toEqual([]);
  });
});
