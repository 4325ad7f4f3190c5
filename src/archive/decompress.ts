import { pipeline, Readable } from 'node:stream';
import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { TspackError } from '../foundation/index.ts';

export type CompressionFormat = 'none' | 'gzip' | 'zstd';

export interface DecompressOptions {
  /** What the bytes are; found by their first bytes when absent. */
  readonly format?: CompressionFormat;
  /** `ARCHIVE_TOO_LARGE` when more bytes than this come out. */
  readonly maximumBytes?: number;
}

/** zlib's largest useful output buffer: fewer, larger chunks are much faster than the 16 KiB default. */
const CHUNK_BYTES = 256 * 1024;

/** The format that the first bytes of a file announce; `none` when they announce nothing known. */
export function detectCompression(start: Uint8Array): CompressionFormat {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd) return 'zstd';
  return 'none';
}

/** Formats that are known by their first bytes, but not read. */
const UNREAD = [
  { name: 'xz', program: 'xz', start: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: 'bzip2', program: 'bzip2', start: [0x42, 0x5a, 0x68] },
] as const;

/**
 * The plain bytes of a plain, gzip or zstd stream. Throws `ARCHIVE_INVALID` when the stream is damaged or cut,
 * `ARCHIVE_TOO_LARGE`, and `COMPRESSION_UNSUPPORTED` for xz, bzip2, and zstd where this Node cannot read it.
 */
export async function* decompress(source: AsyncIterable<Uint8Array>, options: DecompressOptions = {}): AsyncGenerator<Uint8Array> {
  const { start, all } = await peek(source);
  const format = options.format ?? detectCompression(start);
  if (format === 'none') requireRead(start);
  let bytes = 0;
  for await (const chunk of format === 'none' ? all : inflate(all, format)) {
    bytes += chunk.length;
    if (options.maximumBytes !== undefined && bytes > options.maximumBytes) {
      throw new TspackError({ code: 'ARCHIVE_TOO_LARGE', message: `Cannot decompress the archive: it holds more than ${options.maximumBytes} bytes` });
    }
    yield chunk;
  }
}

function requireRead(begin: Uint8Array): void {
  const unread = UNREAD.find(({ start }) => start.every((byte, index) => begin[index] === byte));
  if (unread === undefined) return;
  throw new TspackError({
    code: 'COMPRESSION_UNSUPPORTED',
    message: `Cannot decompress the archive: it is compressed with ${unread.name}, which is not read here`,
    nextStep: `Unpack it with "${unread.program} -d", or compress it with gzip`,
  });
}

/** The plain bytes of a gzip stream of one or more members. Throws as {@link decompress} does. */
export function gunzip(source: AsyncIterable<Uint8Array>, options: Omit<DecompressOptions, 'format'> = {}): AsyncGenerator<Uint8Array> {
  return decompress(source, { ...options, format: 'gzip' });
}

async function* inflate(source: AsyncIterable<Uint8Array>, format: 'gzip' | 'zstd'): AsyncGenerator<Uint8Array> {
  const stream = format === 'gzip' ? zlib.createGunzip({ chunkSize: CHUNK_BYTES }) : openZstd();
  let failure: unknown;
  // What the source throws is passed on as it is: it may be a digest mismatch or a lost connection.
  const watched = Readable.from(
    (async function* () {
      try {
        yield* source;
      } catch (error) {
        failure = error;
        throw error;
      }
    })(),
  );
  pipeline(watched, stream, () => {});
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (failure !== undefined) throw failure;
    throw new TspackError({ code: 'ARCHIVE_INVALID', message: `Cannot decompress the archive: ${(error as Error).message}`, cause: error });
  } finally {
    stream.destroy();
    watched.destroy();
  }
}

function openZstd(): Duplex {
  // Node has it since 22.15; the types are those of the oldest Node we run on.
  const { createZstdDecompress } = zlib as unknown as { createZstdDecompress?: (options: object) => Duplex };
  if (createZstdDecompress === undefined) {
    throw new TspackError({
      code: 'COMPRESSION_UNSUPPORTED',
      message: `Cannot decompress the archive: it is compressed with zstd, which Node ${process.versions.node} cannot read`,
      nextStep: 'Use Node 22.15 or later, or compress it with gzip',
    });
  }
  return createZstdDecompress({ chunkSize: CHUNK_BYTES });
}

/** The first bytes, at least six where there are as many, and the whole stream all the same. */
async function peek(source: AsyncIterable<Uint8Array>): Promise<{ start: Uint8Array; all: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < 6) {
    const next = await iterator.next();
    if (next.done === true) break;
    seen.push(next.value);
    bytes += next.value.length;
  }
  async function* all() {
    try {
      yield* seen;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { start: Buffer.concat(seen), all: all() };
}
