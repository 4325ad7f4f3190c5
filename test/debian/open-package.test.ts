import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { extractPackage, openPackage } from '../../src/debian/index.ts';
import type { ExtractRules } from '../../src/debian/index.ts';
import { createAr, createDeb, createTar } from '../support/deb-file.ts';
import type { FakeCompression, FakeEntry } from '../support/deb-file.ts';

const scratch = mkdtempSync(join(tmpdir(), 'open-package-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const CONTROL = 'Package: demo\nVersion: 1.0\nArchitecture: amd64\nDescription: d\n';
let count = 0;

function deb(entries: readonly FakeEntry[], compression?: FakeCompression): string {
  return file(
    createDeb({
      control: CONTROL,
      controlFiles: { md5sums: 'x  usr/bin/demo\n', postinst: `#!/bin/sh\ntouch ${scratch}/ran\n` },
      entries,
      ...(compression === undefined ? {} : { compression }),
    }),
  );
}

function file(bytes: Uint8Array): string {
  const path = join(scratch, `${++count}.deb`);
  writeFileSync(path, bytes);
  return path;
}

/** A folder inside another one, so that what leaves it is seen. */
function folder(): string {
  const path = join(scratch, `outside-${++count}`, 'root');
  mkdirSync(path, { recursive: true });
  return path;
}

async function unpack(entries: readonly FakeEntry[], rules: ExtractRules = {}, directory = folder()) {
  return { directory, ...(await extractPackage({ path: deb(entries), directory, rules, label: 'demo' })) };
}

const PLAIN: readonly FakeEntry[] = [
  { path: './', flag: '5' },
  { path: './bin/', flag: '5' },
  { path: './bin/demo', mode: 0o4755, content: 'program' },
  { path: './bin/demo2', flag: '1', linkTarget: './bin/demo' },
  { path: './var/local/', flag: '5', mode: 0o2775, gid: 50 },
  { path: './etc/secret', mode: 0o000, uid: 3, content: 'x' },
  { path: './usr/lib/libx.so', flag: '2', linkTarget: 'libx.so.1' },
  { path: `./usr/share/${'long/'.repeat(40)}name`, content: 'deep' },
  { path: './usr/share/Főtanúsítvány', content: 'utf-8' },
  { path: './usr/share/doc/demo/copyright', content: 'free' },
  { path: './usr/share/doc/demo/README', content: 'no' },
  { path: './usr/share/empty', content: '' },
];

describe('extractPackage()', () => {
  test.each(['xz', 'gz', 'none'] as const)('unpacks a package compressed as %s', async (compression) => {
    const directory = folder();
    const { fields, controlFiles, entries } = await extractPackage({ path: deb(PLAIN, compression), directory });
    expect(fields.get('package')).toBe('demo');
    expect(controlFiles['md5sums']).toBe('x  usr/bin/demo\n');
    expect(readFileSync(join(directory, 'bin/demo2'), 'utf8')).toBe('program');
    expect(readFileSync(join(directory, `usr/share/${'long/'.repeat(40)}name`), 'utf8')).toBe('deep');
    expect(readFileSync(join(directory, 'usr/share/Főtanúsítvány'), 'utf8')).toBe('utf-8');
    expect(readlinkSync(join(directory, 'usr/lib/libx.so'))).toBe('libx.so.1');
    expect(entries.find(({ path }) => path === 'var/local')).toMatchObject({ type: 'directory', mode: 0o2775, gid: 50 });
    expect(entries.find(({ path }) => path === 'etc/secret')).toMatchObject({ mode: 0, uid: 3, sizeBytes: 1 });
  });

  test('unpacks what xz -9 has compressed', async () => {
    // seq 1 20000, CRC-64, a dictionary of 64 MiB: what Debian's packages look like.
    const directory = folder();
    const data = readFileSync(join(import.meta.dirname, '../fixtures/debian/numbers.tar.xz'));
    const control = createTar([{ path: './control', content: CONTROL }]);
    const path = file(
      createAr([
        ['debian-binary', Buffer.from('2.0\n')],
        ['control.tar', control],
        ['data.tar.xz', data],
      ]),
    );
    await extractPackage({ path, directory });
    const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(readFileSync(join(directory, 'usr/share/numbers'), 'utf8')).toBe(numbers);
  });

  test('drops setuid bits and keeps everything readable for its owner, whatever the umask', async () => {
    const { directory } = await unpack(PLAIN);
    expect(lstatSync(join(directory, 'bin/demo')).mode & 0o7777).toBe(0o755);
    expect(lstatSync(join(directory, 'etc/secret')).mode & 0o7777).toBe(0o400);
    expect(lstatSync(join(directory, 'var/local')).mode & 0o7777).toBe(0o775);
    expect(lstatSync(join(directory, 'usr/share')).mode & 0o7777).toBe(0o755);
  });

  test('renames folders, also behind hard links, and leaves out what is dropped unless it is kept', async () => {
    const rules = { renames: [{ from: 'bin', to: 'usr/bin' }], drop: ['usr/share/doc/**', 'usr/share/long/**'], keep: ['usr/share/doc/*/copyright'] };
    const { directory, entries } = await unpack([...PLAIN, { path: './bin', flag: '2', linkTarget: 'usr/bin' }], rules);
    expect(readlinkSync(join(directory, 'bin'))).toBe('usr/bin');
    expect(readFileSync(join(directory, 'usr/bin/demo2'), 'utf8')).toBe('program');
    expect(entries.find(({ type }) => type === 'hardlink')).toMatchObject({ path: 'usr/bin/demo2', linkTarget: 'usr/bin/demo' });
    expect(readdirSync(join(directory, 'usr/share/doc/demo'))).toEqual(['copyright']);
    expect(existsSync(join(directory, 'usr/share/long'))).toBe(false);
  });

  test('unpacks many packages into one folder at once', async () => {
    const directory = folder();
    const one = (index: number) =>
      deb([
        { path: './usr/share/both/', flag: '5' },
        { path: `./usr/share/both/${index}`, content: 'x'.repeat(100_000) },
      ]);
    await Promise.all(Array.from({ length: 12 }, (_, index) => extractPackage({ path: one(index), directory })));
    expect(readdirSync(join(directory, 'usr/share/both'))).toHaveLength(12);
  });

  test('never runs a maintainer script', async () => {
    const { controlFiles } = await unpack(PLAIN);
    expect(controlFiles['postinst']).toContain('touch');
    expect(existsSync(join(scratch, 'ran'))).toBe(false);
  });

  test.each<[string, readonly FakeEntry[]]>([
    ['a name that climbs', [{ path: '../escaped', content: 'x' }]],
    ['a name that climbs in the middle', [{ path: './usr/../../escaped', content: 'x' }]],
    ['an absolute name', [{ path: `${scratch}/escaped`, content: 'x' }]],
    [
      'a link and a file through it',
      [
        { path: './link', flag: '2', linkTarget: '..' },
        { path: './link/escaped', content: 'x' },
      ],
    ],
    [
      'an absolute link and a folder through it',
      [
        { path: './link', flag: '2', linkTarget: scratch },
        { path: './link/escaped/', flag: '5' },
      ],
    ],
    [
      'a link and a link through it',
      [
        { path: './link', flag: '2', linkTarget: '..' },
        { path: './link/escaped', flag: '2', linkTarget: 'x' },
      ],
    ],
    ['a hard link to the outside', [{ path: './link', flag: '1', linkTarget: '../../1.deb' }]],
    [
      'a hard link through a link',
      [
        { path: './up', flag: '2', linkTarget: '../..' },
        { path: './link', flag: '1', linkTarget: './up/1.deb' },
      ],
    ],
    [
      'a hard link to a link',
      [
        { path: './up', flag: '2', linkTarget: '/etc/passwd' },
        { path: './link', flag: '1', linkTarget: './up' },
      ],
    ],
    ['a character device', [{ path: './dev/null', flag: '3' }]],
    ['a fifo', [{ path: './fifo', flag: '6' }]],
    ['an entry of unknown type', [{ path: './what', flag: 'Z' }]],
  ])('refuses %s', async (_, entries) => {
    const directory = folder();
    await expect(extractPackage({ path: deb(entries), directory })).rejects.toMatchObject({ code: 'DEBIAN_PACKAGE_UNSAFE' });
    expect(existsSync(join(directory, '../escaped'))).toBe(false);
    expect(existsSync(join(scratch, 'escaped'))).toBe(false);
  });

  test('replaces nothing: neither a file, nor a folder, nor a link to elsewhere', async () => {
    const twice = [
      { path: './a', content: '1' },
      { path: './a', content: '2' },
    ];
    await expect(unpack(twice)).rejects.toMatchObject({ code: 'DEBIAN_PACKAGE_CONFLICT' });
    await expect(
      unpack([
        { path: './a/', flag: '5' },
        { path: './a', flag: '2', linkTarget: 'b' },
      ]),
    ).rejects.toMatchObject({ code: 'DEBIAN_PACKAGE_CONFLICT' });
    const directory = folder();
    const target = join(scratch, 'precious');
    writeFileSync(target, 'old');
    symlinkSync(target, join(directory, 'a'));
    await expect(unpack([{ path: './a', content: 'new' }], {}, directory)).rejects.toMatchObject({ code: 'DEBIAN_PACKAGE_CONFLICT' });
    expect(readFileSync(target, 'utf8')).toBe('old');
  });

  test('refuses an entry that claims to be huge before it writes anything of it', async () => {
    await expect(unpack([{ path: './huge', claimedSize: 5 * 1024 ** 3 }])).rejects.toMatchObject({ code: 'DEBIAN_PACKAGE_TOO_LARGE' });
  });

  test('says what the system refused', async () => {
    await expect(unpack(PLAIN, {}, join(scratch, 'nowhere'))).rejects.toMatchObject({
      code: 'DEBIAN_UNPACK_FAILED',
      message: expect.stringContaining('ENOENT') as string,
    });
  });

  test('refuses names that are not UTF-8 and shows them escaped', async () => {
    const tar = createTar([{ path: './AAAA', content: 'x' }]);
    tar.write('\xff\xfe\x1b', 2, 'latin1');
    tar.fill(0x20, 148, 156);
    tar.write(
      `${tar
        .subarray(0, 512)
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    const path = file(
      createAr([
        ['debian-binary', Buffer.from('2.0\n')],
        ['control.tar', createTar([{ path: './control', content: CONTROL }])],
        ['data.tar', tar],
      ]),
    );
    await expect(extractPackage({ path, directory: folder() })).rejects.toThrow(/\\u001b.*is not UTF-8/);
  });
});

describe('openPackage()', () => {
  test('reads the control data, and the bytes of data.tar as often as wanted', async () => {
    const opened = await openPackage(deb([{ path: './big', content: Buffer.alloc(9_000_000, 7) }]));
    expect(opened.fields.get('version')).toBe('1.0');
    for (let round = 0; round < 2; round++) {
      let size = 0;
      for await (const chunk of opened.openData()) size += chunk.length;
      expect(size).toBe(createTar([{ path: './big', content: Buffer.alloc(9_000_000) }]).length);
    }
    for await (const chunk of opened.openData()) {
      expect(chunk.length).toBeGreaterThan(0);
      break; // Leaving early ends the thread.
    }
  });

  const good = () => createDeb({ control: CONTROL, entries: [{ path: './a', content: 'x'.repeat(1000) }] });
  test.each<[string, () => Uint8Array]>([
    ['an empty file', () => Buffer.alloc(0)],
    ['no ar archive', () => Buffer.from('PK\x03\x04 something else entirely')],
    ['a file that is cut in the data', () => good().subarray(0, -200)],
    ['a file that is cut in a header', () => good().subarray(0, 80)],
    ['another format version', () => createAr([['debian-binary', Buffer.from('3.0\n')]])],
    [
      'a missing data.tar',
      () =>
        createAr([
          ['debian-binary', Buffer.from('2.0\n')],
          ['control.tar', createTar([])],
        ]),
    ],
    [
      'two data.tar',
      () =>
        createAr([
          ['debian-binary', Buffer.from('2.0\n')],
          ['control.tar', createTar([])],
          ['data.tar', createTar([])],
          ['data.tar.gz', createTar([])],
        ]),
    ],
    [
      'no control file',
      () =>
        createAr([
          ['debian-binary', Buffer.from('2.0\n')],
          ['control.tar', createTar([])],
          ['data.tar', createTar([])],
        ]),
    ],
    [
      'a tar without its end',
      () =>
        createAr([
          ['debian-binary', Buffer.from('2.0\n')],
          ['control.tar', createTar([{ path: 'control', content: CONTROL }]).subarray(0, 1024)],
          ['data.tar', createTar([])],
        ]),
    ],
    [
      'broken xz',
      () =>
        createAr([
          ['debian-binary', Buffer.from('2.0\n')],
          ['control.tar.xz', Buffer.from('not xz at all, really')],
          ['data.tar', createTar([])],
        ]),
    ],
    [
      'a broken tar header',
      () =>
        createAr([
          ['debian-binary', Buffer.from('2.0\n')],
          ['control.tar', Buffer.alloc(2048, 'A')],
          ['data.tar', createTar([])],
        ]),
    ],
  ])('refuses %s', async (_, bytes) => {
    await expect(openPackage(file(bytes()), 'demo')).rejects.toMatchObject({
      code: 'DEBIAN_PACKAGE_INVALID',
      message: expect.stringContaining('"demo"') as string,
    });
  });

  test('refuses data whose xz check is wrong', async () => {
    const bytes = Buffer.from(good());
    bytes[bytes.indexOf('xxxxxxxx', 0, 'latin1')] = 0x79;
    await expect(extractPackage({ path: file(bytes), directory: folder() })).rejects.toMatchObject({ code: 'DEBIAN_PACKAGE_INVALID' });
  });

  test('names a compression that it cannot read', async () => {
    await expect(openPackage(deb([], 'zst'))).rejects.toMatchObject({ code: 'DEBIAN_COMPRESSION_UNSUPPORTED' });
  });

  test('is not confused by a broken package before a good one', async () => {
    for (let round = 0; round < 6; round++)
      await expect(openPackage(file(good().subarray(0, 200 + round)))).rejects.toMatchObject({ code: 'DEBIAN_PACKAGE_INVALID' });
    await expect(openPackage(file(good()))).resolves.toBeDefined();
  });
});

const hasDpkg = (() => {
  try {
    execFileSync('dpkg-deb', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!hasDpkg)('dpkg-deb takes our test packages for real ones', () => {
  expect(execFileSync('dpkg-deb', ['--field', deb(PLAIN), 'Package'], { encoding: 'utf8' })).toBe('demo\n');
  expect(execFileSync('dpkg-deb', ['--contents', deb(PLAIN)], { encoding: 'utf8' })).toContain('./bin/demo');
});
