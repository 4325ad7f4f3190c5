import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readTar, writeTar } from '../../src/archive/index.ts';
import type { TarEntry, TarSourceEntry } from '../../src/archive/index.ts';
import { inPieces, rawTar, withPax } from '../support/raw-tar.ts';

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function entriesOf(archive: Uint8Array): Promise<(Omit<TarEntry, 'content'> & { text: string })[]> {
  const entries = [];
  for await (const { content, ...entry } of readTar(inPieces(archive))) entries.push({ ...entry, text: (await bytesOf(content)).toString() });
  return entries;
}

describe('readTar()', () => {
  it('gives every field of an entry, and PAX records before those of the header', async () => {
    const [first, second] = await entriesOf(
      rawTar([
        ...withPax({ mtime: '12.75', uid: '4000000', gid: '4000001', path: 'real/name/' }, { name: 'cut', content: 'hello', mode: 0o4711 }),
        { name: 'd/', flag: '5' },
      ]),
    );
    expect(first).toMatchObject({ path: 'real/name', type: 'file', mode: 0o4711, uid: 4000000, gid: 4000001, sizeBytes: 5, mtimeSeconds: 12, text: 'hello' });
    expect(second).toMatchObject({ path: 'd', type: 'directory', sizeBytes: 0, mtimeSeconds: 0, uid: 0 });
  });

  it('skips what is not read, also when reading stops halfway', async () => {
    const archive = rawTar([
      { name: 'a', content: 'x'.repeat(100_000) },
      { name: 'b', content: 'y'.repeat(100_000) },
      { name: 'c', content: 'last' },
    ]);
    const seen: string[] = [];
    for await (const entry of readTar(inPieces(archive))) {
      seen.push(entry.path);
      if (entry.path === 'b') for await (const chunk of entry.content) if (chunk.length > 0) break;
      if (entry.path === 'c') expect((await bytesOf(entry.content)).toString()).toBe('last');
    }
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('closes its source when the reader stops early', async () => {
    let closed = false;
    async function* source() {
      try {
        yield* inPieces(rawTar([{ name: 'a', content: 'x'.repeat(100_000) }, { name: 'b' }]));
      } finally {
        closed = true;
      }
    }
    for await (const entry of readTar(source())) if (entry.path === 'a') break;
    await expect.poll(() => closed).toBe(true);
  });

  it('reads an empty tar, and one without trailer', async () => {
    expect(await entriesOf(Buffer.alloc(1024))).toEqual([]);
    expect(await entriesOf(rawTar([{ name: 'a', content: '1' }], { trailer: false }))).toHaveLength(1);
  });
});

describe('writeTar()', () => {
  const entries: readonly TarSourceEntry[] = [
    { path: 'blobs', type: 'directory' },
    { path: 'blobs/one', type: 'file', content: Buffer.from('one') },
    { path: 'blobs/large', type: 'file', sizeBytes: 300_000, open: () => inPieces(Buffer.alloc(300_000, 7), 65_536) },
    { path: 'blobs/empty', type: 'file' },
    { path: `${'long/'.repeat(40)}name`, type: 'file', content: Buffer.from('deep'), mode: 0o600, mtimeSeconds: 99 },
    { path: 'link', type: 'symlink', linkTarget: 'blobs/one' },
  ];

  it('writes what readTar() reads', async () => {
    const read = await entriesOf(await bytesOf(writeTar(entries)));
    expect(read.map(({ path, type, sizeBytes }) => [path, type, sizeBytes])).toEqual([
      ['blobs', 'directory', 0],
      ['blobs/one', 'file', 3],
      ['blobs/large', 'file', 300_000],
      ['blobs/empty', 'file', 0],
      [`${'long/'.repeat(40)}name`, 'file', 4],
      ['link', 'symlink', 0],
    ]);
    expect(read[4]).toMatchObject({ mode: 0o600, mtimeSeconds: 99, text: 'deep' });
    expect(read[5]).toMatchObject({ linkTarget: 'blobs/one' });
  });

  it('writes the same bytes each time, which GNU tar reads', async () => {
    const archive = await bytesOf(writeTar(entries));
    expect(archive.equals(await bytesOf(writeTar(entries)))).toBe(true);
    const listed = execFileSync('tar', ['-tvf', '-', '--utc', '--full-time'], { input: archive, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    expect(listed.split('\n')[1]).toMatch(/^-rw-r--r-- 0\/0 +3 1970-01-01 00:00:00 blobs\/one$/);
  });

  it.each([10, 30])('fails when %i bytes come where 20 were announced', async (bytes) => {
    const entry = { path: 'x', type: 'file', sizeBytes: 20, open: () => inPieces(Buffer.alloc(bytes)) } as const;
    await expect(bytesOf(writeTar([entry]))).rejects.toThrow('not 20 bytes');
  });

  it('passes on what a content throws', async () => {
    const cause = new Error('gone');
    const open = async function* () {
      yield Buffer.alloc(10);
      throw cause;
    };
    await expect(bytesOf(writeTar([{ path: 'x', type: 'file', sizeBytes: 20, open }]))).rejects.toBe(cause);
  });
});
