import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decompress, detectCompression, gunzip, gzipFile, hashFile } from '../../src/archive/index.ts';
import { inPieces } from '../support/raw-tar.ts';

const MEBIBYTE = 1024 * 1024;
let scratch: string;
let output: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tspack-gzip-'));
  output = join(scratch, 'out.gz');
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Text with matches near and far, the same on every machine: a linear congruential generator. */
function text(bytes: number): Buffer {
  const words = ['import', 'export', 'const', 'return', 'function', 'layer', 'digest', '\n', ' ', '(', ')', '=>'];
  const buffer = Buffer.alloc(bytes);
  let state = 12345;
  for (let offset = 0; offset < bytes;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    offset += buffer.write(words[(state >>> 16) % words.length]! + (state % 7 === 0 ? String(state) : ''), offset, 'latin1');
  }
  return buffer;
}

/** Bytes that do not compress, the same on every machine. */
function noise(bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, index) => createHash('sha256').update(String(index)).digest());
  return Buffer.concat(blocks).subarray(0, bytes);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('gzipFile()', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('x')],
    ['a byte less than a block', text(MEBIBYTE - 1)],
    ['a block', text(MEBIBYTE)],
    ['a byte more than a block', text(MEBIBYTE + 1)],
    ['many blocks', text(9 * MEBIBYTE + 77)],
    ['zeros', Buffer.alloc(5 * MEBIBYTE)],
    ['what does not compress', noise(3 * MEBIBYTE)],
  ])('gives back %s', async (_what, content) => {
    const { digest, sizeBytes } = await gzipFile(inPieces(content, 300_001), output);
    const bytes = readFileSync(output);
    expect(gunzipSync(bytes).equals(content)).toBe(true);
    expect({ digest, sizeBytes }).toEqual(await hashFile(output));
    expect(sizeBytes).toBe(bytes.length);
    execFileSync('gzip', ['-t', output]);
    expect(readdirSync(scratch)).toEqual(['out.gz']);
  });

  it('writes these bytes on every machine', async () => {
    // A change here changes the digest of every blob that is ever pushed: see docs/decisions/0003-deterministic-gzip.md.
    const { digest, sizeBytes } = await gzipFile(inPieces(Buffer.concat([text(3 * MEBIBYTE), noise(100_000), Buffer.alloc(MEBIBYTE)])), output);
    expect({ digest, sizeBytes }).toEqual({ digest: 'sha256:3e6391e171d4a1502360d989c03c6938995a01ebd0055aee889e4e04442b16aa', sizeBytes: 1_131_629 });
    expect(readFileSync(output).subarray(0, 10)).toEqual(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]));
  });

  it('gives the same bytes from a file and from a stream in pieces of any size', async () => {
    const content = text(4 * MEBIBYTE + 5);
    writeFileSync(join(scratch, 'in'), content);
    const fromFile = await gzipFile(join(scratch, 'in'), output);
    expect(await gzipFile(inPieces(content, 1000), output)).toEqual(fromFile);
    expect(await gzipFile(inPieces(content, 3 * MEBIBYTE), output)).toEqual(fromFile);
    expect(await Promise.all([1, 2, 3].map((name) => gzipFile(join(scratch, 'in'), `${output}${name}`)))).toEqual([fromFile, fromFile, fromFile]);
  });

  it('is as small as gzip -6, within 5 %', async () => {
    const content = Buffer.concat([text(4 * MEBIBYTE), noise(MEBIBYTE)]);
    const { sizeBytes } = await gzipFile(inPieces(content, MEBIBYTE), output);
    const reference = execFileSync('gzip', ['-6nc'], { input: content, maxBuffer: 64 * MEBIBYTE }).length;
    expect(sizeBytes).toBeLessThan(reference * 1.05);
  });

  it('leaves nothing behind when the source fails or the caller stops', async () => {
    const cause = new Error('source failed');
    async function* failing() {
      yield* inPieces(text(3 * MEBIBYTE), MEBIBYTE);
      throw cause;
    }
    await expect(gzipFile(failing(), output)).rejects.toBe(cause);
    await expect(gzipFile(inPieces(text(100)), output, { signal: AbortSignal.abort(cause) })).rejects.toBe(cause);
    await expect(gzipFile(join(scratch, 'missing'), output)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(scratch)).toEqual([]);
  });
});

describe('decompress()', () => {
  const plain = text(600_000);

  it('knows gzip and plain bytes by how they begin', async () => {
    expect((await collect(decompress(inPieces(gzipSync(plain))))).equals(plain)).toBe(true);
    expect((await collect(decompress(inPieces(plain)))).equals(plain)).toBe(true);
    expect((await collect(decompress(inPieces(gzipSync('hello'), 1)))).toString()).toBe('hello');
    expect(await collect(decompress(inPieces(Buffer.alloc(0))))).toEqual(Buffer.alloc(0));
    expect(detectCompression(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))).toBe('zstd');
  });

  it('reads several gzip members as one', async () => {
    const members = Buffer.concat([gzipSync('one'), gzipSync('two')]);
    expect((await collect(gunzip(inPieces(members)))).toString()).toBe('onetwo');
  });

  it('refuses what is cut, damaged, or not gzip though it should be', async () => {
    const packed = gzipSync(plain);
    const damaged = Buffer.from(packed);
    damaged[packed.length - 6]! ^= 0xff; // the checksum
    for (const bytes of [packed.subarray(0, packed.length - 20), packed.subarray(0, 5), damaged]) {
      await expect(collect(decompress(inPieces(bytes)))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    }
    await expect(collect(gunzip(inPieces(plain)))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('stops at the number of bytes it may give', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * MEBIBYTE));
    await expect(collect(decompress(inPieces(bomb), { maximumBytes: MEBIBYTE }))).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
    expect((await collect(decompress(inPieces(gzipSync(plain)), { maximumBytes: plain.length }))).length).toBe(plain.length);
  });

  it('reads zstd where Node can, and says so where it cannot', async () => {
    const packed = Buffer.from('28b52ffd0405290000 68656c6c6f 4e8e7e71'.replaceAll(' ', ''), 'hex');
    const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
    const able = major > 23 || (major === 23 && minor >= 8) || (major === 22 && minor >= 15);
    if (able) await expect(collect(decompress(inPieces(packed)))).resolves.toEqual(Buffer.from('hello'));
    else await expect(collect(decompress(inPieces(packed)))).rejects.toMatchObject({ code: 'COMPRESSION_UNSUPPORTED' });
  });

  it('names formats that it does not read', async () => {
    for (const [name, start] of [
      ['xz', 'fd377a585a00'],
      ['bzip2', '425a683931'],
    ] as const) {
      await expect(collect(decompress(inPieces(Buffer.from(start, 'hex'), 1)))).rejects.toMatchObject({
        code: 'COMPRESSION_UNSUPPORTED',
        message: expect.stringContaining(`compressed with ${name}`) as string,
      });
    }
  });

  it('passes on what the source throws, and closes it when the reader stops', async () => {
    const cause = new Error('digest mismatch');
    let closed = 0;
    async function* source(fails: boolean) {
      try {
        yield* inPieces(gzipSync(noise(500_000)), 100_000);
        if (fails) throw cause;
      } finally {
        closed++;
      }
    }
    await expect(collect(decompress(source(true)))).rejects.toBe(cause);
    for await (const chunk of decompress(source(false))) if (chunk.length > 0) break;
    await expect.poll(() => closed).toBe(2);
  });
});
