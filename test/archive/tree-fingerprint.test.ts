import { lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintTree } from '../../src/archive/index.ts';
import type { FingerprintOptions, FingerprintStat } from '../../src/archive/index.ts';

const NOW = Date.UTC(2030, 0, 1);
const LONG_AGO = BigInt(Date.UTC(2029, 0, 1)) * 1_000_000n;
const now = () => NOW;
const EXT4 = 0xef53;

let scratch: string;
let folder: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tspack-fingerprint-'));
  folder = join(scratch, 'tree');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'file'), 'content');
  writeFileSync(join(folder, 'sub/other'), 'x');
  symlinkSync('file', join(folder, 'link'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** As `lstat` with settled times, and what the test changes at the path that ends in `name`. */
function settled(name?: string, change: Partial<FingerprintStat> = {}): FingerprintOptions {
  return {
    now,
    fileSystemType: () => EXT4,
    lstat: (path) => {
      const { mode, size, ino, dev } = lstatSync(path, { bigint: true });
      const stat = { mode, size, ino, dev, mtimeNs: LONG_AGO, ctimeNs: LONG_AGO };
      return name !== undefined && String(path).endsWith(`/${name}`) ? { ...stat, ...change } : stat;
    },
  };
}

describe('fingerprintTree()', () => {
  it('is equal and sure for a tree that nobody touched', async () => {
    const first = await fingerprintTree(folder, settled());
    expect(first.doubtful).toBeUndefined();
    expect(await fingerprintTree(folder, settled())).toEqual(first);
  });

  it.each([
    ['size', 'file', { size: 8n }],
    ['mode', 'file', { mode: 0o100755n }],
    ['type', 'file', { mode: 0o140644n }],
    ['mtime', 'file', { mtimeNs: LONG_AGO + 1n }],
    ['ctime under equal size and mtime', 'file', { ctimeNs: LONG_AGO + 1n }],
    ['inode', 'sub/other', { ino: 1n }],
    ["a folder's mode", 'sub', { mode: 0o040700n }],
    ["the folder's own mode", 'tree', { mode: 0o040700n }],
  ] as [string, string, Partial<FingerprintStat>][])('differs in %s', async (_what, name, change) => {
    const before = await fingerprintTree(folder, settled());
    expect((await fingerprintTree(folder, settled(name, change))).value).not.toBe(before.value);
  });

  it.each([
    ['a new file', () => writeFileSync(join(folder, 'sub/new'), '')],
    ['a removed file', () => rmSync(join(folder, 'sub/other'))],
    ['another name', () => renameSync(join(folder, 'file'), join(folder, 'elif'))],
    ['another place', () => renameSync(join(folder, 'file'), join(folder, 'sub/file'))],
    [
      'another link target',
      () => {
        rmSync(join(folder, 'link'));
        symlinkSync('fil3', join(folder, 'link'));
      },
    ],
  ])('differs by %s', async (_what, change) => {
    const lstat: FingerprintOptions['lstat'] = (path) => ({ ...settled().lstat!(path), ino: 7n });
    const before = await fingerprintTree(folder, { ...settled(), lstat });
    change();
    expect((await fingerprintTree(folder, { ...settled(), lstat })).value).not.toBe(before.value);
  });

  it("leaves out the folder's own ctime and place: a rename keeps it", async () => {
    const before = await fingerprintTree(folder, settled());
    renameSync(folder, join(scratch, 'moved'));
    expect(await fingerprintTree(join(scratch, 'moved'), settled('moved', { ctimeNs: LONG_AGO + 5n }))).toEqual(before);
    expect((await fingerprintTree(join(scratch, 'moved'), settled('sub', { ctimeNs: LONG_AGO + 5n }))).value).not.toBe(before.value);
  });

  const nowNs = BigInt(NOW) * 1_000_000n;
  it.each([
    ['was changed in the last two seconds', { ctimeNs: nowNs - 1_999_000_000n }],
    ['was changed in the last two seconds', { mtimeNs: nowNs }],
    ['has a time in the future', { ctimeNs: nowNs + 1n }],
    ['has a time in the future', { mtimeNs: nowNs + 3_600_000_000_000n }],
    ['lies on another file system', { dev: 999n }],
  ] as [string, Partial<FingerprintStat>][])('doubts a file that %s', async (why, change) => {
    expect((await fingerprintTree(folder, settled('file', change))).doubtful).toBe(`"file" ${why}`);
  });

  it('relies on a file that has rested for two seconds', async () => {
    const change = { ctimeNs: nowNs - 2_000_000_000n, mtimeNs: nowNs - 2_000_000_000n };
    expect((await fingerprintTree(folder, settled('file', change))).doubtful).toBeUndefined();
  });

  it("doubts by the folder's own mtime, but not by its ctime", async () => {
    expect((await fingerprintTree(folder, settled('tree', { ctimeNs: nowNs }))).doubtful).toBeUndefined();
    expect((await fingerprintTree(folder, settled('tree', { mtimeNs: nowNs }))).doubtful).toBe('the folder was changed in the last two seconds');
  });

  it.each([
    ['NFS', 0x6969],
    ['FUSE', 0x65735546],
    ['CIFS', 0xff534d42],
    // Where the C library's field is signed, the high bit makes the number negative.
    ['SMB2', 0xfe534d42 - 2 ** 32],
  ])('doubts what lies on %s', async (name, type) => {
    expect((await fingerprintTree(folder, { ...settled(), fileSystemType: () => type })).doubtful).toBe(`the folder lies on ${name}`);
  });

  it('doubts real files just written, and sees contents changed under equal size and mtime', async () => {
    const fresh = await fingerprintTree(folder);
    expect(fresh.doubtful).toBeDefined();
    const file = join(folder, 'file');
    const { mtime, atime, size } = lstatSync(file);
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(file, 'CONTENT');
    utimesSync(file, atime, mtime);
    expect(readFileSync(file).length).toBe(size);
    expect((await fingerprintTree(folder)).value).not.toBe(fresh.value);
  });

  it('says which folder is not there', async () => {
    await expect(fingerprintTree(join(scratch, 'missing'))).rejects.toMatchObject({ code: 'TAR_SOURCE_CHANGED', message: expect.stringContaining('missing') });
  });
});
