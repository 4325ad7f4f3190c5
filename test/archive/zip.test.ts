import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractZip, openZip } from '../../src/archive/index.ts';
import type { ExtractZipOptions } from '../../src/archive/index.ts';
import { zipFile, type ZipFileEntry } from '../support/zip-file.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tspack-zip-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function written(content: Buffer): string {
  const path = join(scratch, 'archive.zip');
  writeFileSync(path, content);
  return path;
}

const refused = async (entries: readonly ZipFileEntry[], code: string, options: ExtractZipOptions = {}) => {
  await expect(extractZip(written(zipFile(entries)), join(scratch, 'inside'), options)).rejects.toMatchObject({ code });
  expect(readdirSync(scratch).sort()).toEqual(['archive.zip', 'inside']);
};

describe('openZip()', () => {
  it('lists entries and reads stored and deflated ones', () => {
    using zip = openZip(
      written(
        zipFile([
          { path: 'a/' },
          { path: 'a/deflated.txt', content: 'x'.repeat(1000) },
          { path: 'stored.bin', content: Uint8Array.of(0, 255), stored: true, mode: 0o100755 },
          { path: 'empty' },
        ]),
      ),
    );
    expect(zip.entries.map(({ path, type, sizeBytes }) => [path, type, sizeBytes])).toEqual([
      ['a', 'directory', 0],
      ['a/deflated.txt', 'file', 1000],
      ['stored.bin', 'file', 2],
      ['empty', 'file', 0],
    ]);
    expect(zip.read(zip.find('a/deflated.txt')!).toString()).toBe('x'.repeat(1000));
    expect([...zip.read(zip.find('stored.bin')!)]).toEqual([0, 255]);
    expect(zip.read(zip.find('empty')!)).toHaveLength(0);
    expect(zip.find('stored.bin')!.mode).toBe(0o755);
  });

  it('reads what Python writes, with data before the archive and a comment behind it', () => {
    const path = join(scratch, 'python.zip');
    execFileSync('python3', [
      '-c',
      `import zipfile, sys
with open(sys.argv[1], 'wb') as f: f.write(b'#!/bin/sh\\n')
with zipfile.ZipFile(sys.argv[1], 'a', zipfile.ZIP_DEFLATED) as z:
    z.writestr('ünï.txt', 'hello')
    with z.open('wide', 'w', force_zip64=True) as w: w.write(b'wide')
    z.comment = b'PK said'`,
      path,
    ]);
    using zip = openZip(path);
    expect(zip.entries.map((entry) => [entry.path, zip.read(entry).toString()])).toEqual([
      ['ünï.txt', 'hello'],
      ['wide', 'wide'],
    ]);
  });

  it('reads a jar behind a script that no offset knows of', () => {
    using zip = openZip(written(Buffer.concat([Buffer.from('#!/bin/sh\n'), zipFile({ a: 'b' })])));
    expect(zip.read(zip.find('a')!).toString()).toBe('b');
  });

  it('refuses other files, cut ones and wrong checksums', () => {
    const invalid = expect.objectContaining({ code: 'ARCHIVE_INVALID' }) as Error;
    expect(() => openZip(written(Buffer.from('not a zip')))).toThrow(invalid);
    expect(() => openZip(written(zipFile({ a: 'b' }).subarray(0, -4)))).toThrow(invalid);
    expect(() => openZip(written(zipFile({ a: 'b'.repeat(100) }).subarray(20)))).toThrow(invalid);
    using zip = openZip(written(zipFile([{ path: 'a', content: 'b', checksum: 1 }])));
    expect(() => zip.read(zip.entries[0]!)).toThrow(invalid);
  });
});

describe('extractZip()', () => {
  it('writes files with two modes, drops leading folders and renames', async () => {
    const archive = written(
      zipFile([
        { path: 'top/run.sh', content: 'run', mode: 0o104755 },
        { path: 'top/lib/a.txt', content: 'a', mode: 0o100600 },
        { path: 'top/empty/' },
        { path: 'top/doc/b.txt', content: 'b' },
      ]),
    );
    await extractZip(archive, join(scratch, 'out'), { stripComponents: 1, rename: (path) => (path.startsWith('doc') ? undefined : path) });
    expect(readdirSync(join(scratch, 'out'), { recursive: true }).sort()).toEqual(['empty', 'lib', 'lib/a.txt', 'run.sh']);
    expect(statSync(join(scratch, 'out/run.sh')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(scratch, 'out/lib/a.txt')).mode & 0o7777).toBe(0o644);
    expect(readFileSync(join(scratch, 'out/lib/a.txt'), 'utf8')).toBe('a');
  });

  it('makes links that stay inside where they are wanted', async () => {
    const entries = [
      { path: 'a/link', content: '../b/file', mode: 0o120777 },
      { path: 'b/file', content: 'there' },
    ];
    expect(await extractZip(written(zipFile(entries)), join(scratch, 'out'), { symlinks: 'inside' })).toEqual({ entryCount: 2, sizeBytes: 14 });
    expect(readFileSync(join(scratch, 'out/a/link'), 'utf8')).toBe('there');
    for (const content of ['/etc', '../../outside']) {
      rmSync(join(scratch, 'out'), { recursive: true, force: true });
      await refused([{ path: 'a/link', content, mode: 0o120777 }], 'ARCHIVE_UNSAFE', { symlinks: 'inside' });
      rmSync(join(scratch, 'inside'), { recursive: true });
    }
    // Whoever points a folder elsewhere does not get files written there.
    const through = [
      { path: 'link', content: 'b', mode: 0o120777 },
      { path: 'link/file', content: 'x' },
    ];
    await expect(extractZip(written(zipFile(through)), join(scratch, 'inside'), { symlinks: 'inside' })).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
  });

  it('refuses paths that lead outside, links, and more bytes and entries than allowed', async () => {
    await refused([{ path: '../evil', content: 'x' }], 'ARCHIVE_UNSAFE');
    await refused([{ path: '/evil', content: 'x' }], 'ARCHIVE_UNSAFE');
    await refused([{ path: 'a/../../evil', content: 'x' }], 'ARCHIVE_UNSAFE');
    await refused([{ path: 'link', content: '/etc', mode: 0o120777 }], 'ARCHIVE_UNSAFE');
    await refused([{ path: 'a', content: 'x'.repeat(11) }], 'ARCHIVE_TOO_LARGE', { maximumBytes: 10 });
    expect(existsSync(join(scratch, 'inside/a'))).toBe(false);
    await expect(extractZip(written(zipFile({ a: '', b: '' })), join(scratch, 'inside'), { maximumEntries: 1 })).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
    });
  });

  it('stops when it is told to', async () => {
    const reason = new Error('stopped');
    await expect(extractZip(written(zipFile({ a: '' })), join(scratch, 'out'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
