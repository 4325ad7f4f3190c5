import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractTar } from '../../src/archive/index.ts';
import type { ExtractOptions } from '../../src/archive/index.ts';
import { inPieces, rawTar, withPax } from '../support/raw-tar.ts';
import type { RawTarEntry } from '../support/raw-tar.ts';

let scratch: string;
let folder: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tspack-extract-'));
  folder = join(scratch, 'inside');
});
afterEach(() => {
  execFileSync('chmod', ['-R', 'u+rwX', scratch]);
  rmSync(scratch, { recursive: true, force: true });
});

const extract = (entries: readonly RawTarEntry[], options?: ExtractOptions) => extractTar(inPieces(rawTar(entries)), folder, options);
const refused = async (entries: readonly RawTarEntry[], code: string, options?: ExtractOptions) => {
  await expect(extract(entries, options)).rejects.toMatchObject({ code });
  expect(readdirSync(scratch)).toEqual(['inside']);
};

describe('extractTar()', () => {
  it('writes files, folders and links with the modes of the archive', async () => {
    const result = await extract([
      { name: 'a/', flag: '5', mode: 0o750 },
      { name: 'a/run', content: 'hello', mode: 0o755 },
      { name: 'a/link', flag: '2', linkName: 'run' },
      { name: 'b/same', flag: '1', linkName: 'a/run' },
    ]);
    expect(result).toMatchObject({ entryCount: 4, sizeBytes: 5 });
    expect(statSync(join(folder, 'a')).mode & 0o7777).toBe(0o750);
    expect(statSync(join(folder, 'a/run')).mode & 0o7777).toBe(0o755);
    expect(readlinkSync(join(folder, 'a/link'))).toBe('run');
    expect(statSync(join(folder, 'b/same')).ino).toBe(statSync(join(folder, 'a/run')).ino);
    expect(statSync(join(folder, 'b')).mode & 0o7777).toBe(0o755);
  });

  it('sets the modes of folders last, so that a read-only folder can be filled', async () => {
    await extract([
      { name: 'cache/', flag: '5', mode: 0o555 },
      { name: 'cache/mod/', flag: '5', mode: 0o555 },
      { name: 'cache/mod/file', content: 'x', mode: 0o444 },
    ]);
    expect(statSync(join(folder, 'cache')).mode & 0o7777).toBe(0o555);
    expect(statSync(join(folder, 'cache/mod')).mode & 0o7777).toBe(0o555);
    expect(readFileSync(join(folder, 'cache/mod/file'), 'utf8')).toBe('x');
  });

  it('honours setuid bits, or leaves them out when asked', async () => {
    const entries = [{ name: 'tool', content: 'x', mode: 0o4755 }];
    await extract(entries);
    expect(statSync(join(folder, 'tool')).mode & 0o7777).toBe(0o4755);
    await extract(entries, { dropSetuid: true });
    expect(statSync(join(folder, 'tool')).mode & 0o7777).toBe(0o755);
  });

  it('drops leading parts and renames, for hard links too', async () => {
    await extract(
      [
        { name: 'node-v1/', flag: '5' },
        { name: 'node-v1/bin/node', content: 'x' },
        { name: 'node-v1/bin/copy', flag: '1', linkName: 'node-v1/bin/node' },
        { name: 'node-v1/README.md', content: 'y' },
      ],
      { stripComponents: 1, rename: (path) => (path.startsWith('bin/') ? `usr/${path}` : undefined) },
    );
    expect(readdirSync(folder)).toEqual(['usr']);
    expect(readdirSync(join(folder, 'usr/bin'))).toEqual(['copy', 'node']);
  });

  it('keeps names that are not UTF-8, from plain headers, PAX headers and GNU long names', async () => {
    const long = `${'d'.repeat(120)}/caf\xe9`;
    await extract([
      { name: 'caf\xe9', content: '1' },
      ...withPax({ path: `pax-${long}` }, { name: 'cut', content: '2' }),
      { name: '././@LongLink', flag: 'L', content: `gnu-${long}\0` },
      { name: 'cut', content: '3' },
      ...withPax({ path: 'gr\xc3\xbc\xc3\x9fe' }, { name: 'cut', content: '4' }),
    ]);
    const names = readdirSync(folder, { encoding: 'latin1', recursive: true }).filter((name) => !name.endsWith('d'));
    expect(names.sort()).toEqual(['caf\xe9', `gnu-${long}`, 'gr\xc3\xbc\xc3\x9fe', `pax-${long}`].sort());
  });

  it('takes the last of several entries with one path', async () => {
    await extract([
      { name: 'x', content: 'first' },
      { name: 'x', flag: '2', linkName: 'y' },
      { name: './x', content: 'last' },
      { name: 'd/', flag: '5', mode: 0o700 },
      { name: 'd/', flag: '5', mode: 0o711 },
    ]);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('last');
    expect(existsSync(join(folder, 'y'))).toBe(false);
    expect(statSync(join(folder, 'd')).mode & 0o7777).toBe(0o711);
  });

  it('skips devices and pipes only when told to', async () => {
    const entries = [{ name: 'null', flag: '3' }, { name: 'pipe', flag: '6' }, { name: 'file' }];
    await extract(entries, { specialFiles: 'skip' });
    expect(readdirSync(folder)).toEqual(['file']);
    await refused(entries, 'ARCHIVE_UNSAFE');
    await refused([{ name: 'pipe', flag: '6' }], 'ARCHIVE_UNSAFE');
  });

  it('takes absolute names as layers have them only when told to', async () => {
    await refused([{ name: '/etc/x', content: '1' }], 'ARCHIVE_UNSAFE');
    await extract([{ name: '/etc/x', content: '1' }], { dropLeadingSlash: true });
    expect(readFileSync(join(folder, 'etc/x'), 'utf8')).toBe('1');
  });

  describe('refuses to leave the folder', () => {
    it.each([
      ['by its path', [{ name: '../escaped', content: 'x' }]],
      ['by the middle of its path', [{ name: 'a/../../escaped', content: 'x' }]],
      ['by a PAX path', withPax({ path: '../escaped' }, { name: 'harmless', content: 'x' })],
      ['by a GNU long name', [{ name: '././@LongLink', flag: 'L', content: '../escaped\0' }, { name: 'harmless' }]],
      [
        'through a symlink of its own',
        [
          { name: 'out', flag: '2', linkName: '..' },
          { name: 'out/escaped', content: 'x' },
        ],
      ],
      [
        'through an absolute symlink',
        [
          { name: 'out', flag: '2', linkName: '/tmp' },
          { name: 'out/escaped', content: 'x' },
        ],
      ],
      [
        'through a symlink that stays inside',
        [
          { name: 'real/', flag: '5' },
          { name: 'in', flag: '2', linkName: 'real' },
          { name: 'in/x', content: 'x' },
        ],
      ],
      [
        'with a folder through a symlink',
        [
          { name: 'out', flag: '2', linkName: '..' },
          { name: 'out/escaped/', flag: '5' },
        ],
      ],
      [
        'with a folder over a symlink',
        [
          { name: 'out', flag: '2', linkName: '..' },
          { name: 'out/', flag: '5', mode: 0o777 },
        ],
      ],
      [
        'with a link through a symlink',
        [
          { name: 'out', flag: '2', linkName: '..' },
          { name: 'x', flag: '1', linkName: 'out/secret' },
        ],
      ],
      ['by a symlink that climbs', [{ name: 'a/b', flag: '2', linkName: '../../..' }]],
      ['by an absolute symlink', [{ name: 'a', flag: '2', linkName: '/etc/passwd' }]],
      [
        'by symlinks that climb together',
        [
          { name: 'd/up', flag: '2', linkName: '..' },
          { name: 'e', flag: '2', linkName: 'd/up/..' },
        ],
      ],
      ['by a hard link that climbs', [{ name: 'x', flag: '1', linkName: '../secret' }]],
      ['by an absolute hard link', [{ name: 'x', flag: '1', linkName: '/etc/passwd' }]],
    ] as [string, readonly RawTarEntry[]][])('%s', async (_how, entries) => {
      await refused(entries, 'ARCHIVE_UNSAFE');
    });

    it('by a name that the caller made', async () => {
      await refused([{ name: 'x' }], 'ARCHIVE_UNSAFE', { rename: (path) => `../${path}` });
    });
  });

  it('never overwrites through a symlink that was there before', async () => {
    mkdirSync(folder);
    const victim = join(scratch, 'victim');
    writeFileSync(victim, 'intact');
    execFileSync('ln', ['-s', victim, join(folder, 'x')]);
    await extractTar(inPieces(rawTar([{ name: 'x', content: 'new' }])), folder);
    expect(readFileSync(victim, 'utf8')).toBe('intact');
    expect(lstatSync(join(folder, 'x')).isFile()).toBe(true);
  });

  it('leaves symlinks of root file systems alone when told to', async () => {
    await extract(
      [
        { name: 'bin', flag: '2', linkName: '/usr/bin' },
        { name: 'up', flag: '2', linkName: '../../..' },
      ],
      { symlinks: 'any' },
    );
    expect(readlinkSync(join(folder, 'bin'))).toBe('/usr/bin');
  });

  describe('refuses what is damaged', () => {
    it.each([
      ['a link to a file that is not there', [{ name: 'x', flag: '1', linkName: 'missing' }]],
      [
        'a link to a folder',
        [
          { name: 'd/', flag: '5' },
          { name: 'x', flag: '1', linkName: 'd' },
        ],
      ],
      [
        'a link to itself',
        [
          { name: 'x', content: '1' },
          { name: 'x', flag: '1', linkName: './x' },
        ],
      ],
      [
        'a file where a folder is',
        [
          { name: 'd/x', content: '1' },
          { name: 'd', content: '2' },
        ],
      ],
      [
        'a folder where a file is',
        [
          { name: 'd', content: '1' },
          { name: 'd/x', content: '2' },
        ],
      ],
      ['a symlink with content', [{ name: 'x', flag: '2', linkName: 'y', content: 'hidden' }]],
      ['an unknown type', [{ name: 'x', flag: 'Z' }]],
      ['a sparse file', withPax({ 'GNU.sparse.major': '1' }, { name: 'x', content: '1' })],
      ['a size that is no number', [{ name: 'x', sizeField: 'zzzzzzzzzzz\0' }]],
      ['a negative size', [{ name: 'x', sizeField: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe' }]],
      ['a PAX size that is no number', withPax({ size: 'many' }, { name: 'x', content: '1' })],
      ['a name longer than any file system has', withPax({ path: 'n'.repeat(300) }, { name: 'x', content: '1' })],
    ] as [string, readonly RawTarEntry[]][])('%s', async (_what, entries) => {
      await refused(entries, 'ARCHIVE_INVALID');
    });

    it('a cut content, a cut header, and what is no tar', async () => {
      const whole = rawTar([{ name: 'x', content: 'y'.repeat(5000) }]);
      for (const bytes of [whole.subarray(0, 3000), whole.subarray(0, 300), Buffer.alloc(2048, 'no tar ')]) {
        await expect(extractTar(inPieces(bytes), folder)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
      }
    });
  });

  describe('refuses what is too large', () => {
    it('by a size that the content does not have', async () => {
      // 2^63 in base 256: refused by its header, before anything is written.
      await refused([{ name: 'x', sizeField: '\x80\0\0\0\x80\0\0\0\0\0\0\0' }], 'ARCHIVE_TOO_LARGE');
      expect(readdirSync(folder)).toEqual([]);
    });

    it('by the sum of its files, and by their number', async () => {
      const entries = [
        { name: 'a', content: 'x'.repeat(60) },
        { name: 'b', content: 'x'.repeat(60) },
      ];
      await refused(entries, 'ARCHIVE_TOO_LARGE', { maximumBytes: 100 });
      await refused(entries, 'ARCHIVE_TOO_LARGE', { maximumEntries: 1 });
      await extract(entries, { maximumBytes: 120, maximumEntries: 2 });
    });
  });

  it('passes on what the source throws, and stops when told to', async () => {
    const cause = new Error('connection lost');
    async function* failing() {
      yield rawTar([{ name: 'x', content: 'y'.repeat(5000) }]).subarray(0, 2000);
      throw cause;
    }
    await expect(extractTar(failing(), folder)).rejects.toBe(cause);
    await expect(extract([{ name: 'x' }], { signal: AbortSignal.abort(cause) })).rejects.toBe(cause);
  });

  it('agrees with GNU tar on a tree with long names and hard links', async () => {
    const tree = join(scratch, 'tree');
    mkdirSync(join(tree, 'n'.repeat(120), 'm'.repeat(120)), { recursive: true });
    writeFileSync(join(tree, 'n'.repeat(120), 'm'.repeat(120), 'file'), 'content');
    execFileSync('ln', [join(tree, 'n'.repeat(120), 'm'.repeat(120), 'file'), join(tree, 'hard')]);
    execFileSync('ln', ['-s', 'l'.repeat(150), join(tree, 'soft')]);
    for (const format of ['gnu', 'pax', 'oldgnu']) {
      const archive = execFileSync('tar', ['-C', tree, `--format=${format}`, '-cf', '-', '.']);
      const target = join(scratch, format);
      await extractTar(inPieces(archive, 10_000), target);
      execFileSync('diff', ['-r', '--no-dereference', tree, target]);
    }
  });

  it('works as an ordinary user', async () => {
    if (process.getuid?.() !== 0) return; // every other case has just shown it
    const archive = join(scratch, 'a.tar');
    writeFileSync(
      archive,
      rawTar([
        { name: 'ro/', flag: '5', mode: 0o555 },
        { name: 'ro/x', content: '1', mode: 0o400 },
      ]),
    );
    chmodSync(scratch, 0o777);
    process.setegid!(65534);
    process.seteuid!(65534);
    try {
      await extractTar(inPieces(readFileSync(archive)), folder);
      expect(statSync(join(folder, 'ro')).mode & 0o7777).toBe(0o555);
    } finally {
      process.seteuid!(0);
      process.setegid!(0);
    }
  });
});
