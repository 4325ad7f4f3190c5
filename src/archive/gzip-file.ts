import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { crc32 } from 'node:zlib';
import { digestFromHex, temporaryBeside } from '../foundation/index.ts';
import type { Digest } from '../foundation/index.ts';
import { BlockMemory, cutBlocks } from './gzip-blocks.ts';
import type { GzipBlock } from './gzip-blocks.ts';
import { WorkerPool } from './worker-pool.ts';

/** Deflate, no flags, no time, no extra flags, operating system unknown (RFC 1952). */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** An empty block that is marked as the last (RFC 1951): the ones before it end on a byte and are not. */
const LAST_BLOCK = Uint8Array.of(0x03, 0x00);
/** Each thread holds about 6 MiB besides Node's own: the number keeps memory flat on large machines. */
const MOST_THREADS = 8;
const READ_BYTES = 256 * 1024;

let pool: WorkerPool<GzipBlock, GzipBlock> | undefined;

/**
 * Compresses a file or a byte stream to a gzip file of one member, in constant memory and on all cores. The same
 * input gives the same bytes on every Node version, distribution, processor and core count, since the compressor,
 * its level and its block size are fixed here (docs/decisions/0003-deterministic-gzip.md). The file appears under
 * `outputPath` when it is complete. Digest and size are those of the compressed bytes.
 */
export async function gzipFile(
  input: string | AsyncIterable<Uint8Array>,
  outputPath: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const source = typeof input === 'string' ? readChunks(input) : input;
  const temporary = temporaryBeside(outputPath);
  try {
    const result = await gzipTo(source, temporary, options.signal);
    await rename(temporary, outputPath);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function gzipTo(source: AsyncIterable<Uint8Array>, path: string, signal: AbortSignal | undefined) {
  await using file = await openFile(path, 'wx');
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const write = async (bytes: Uint8Array) => {
    hash.update(bytes);
    sizeBytes += bytes.length;
    for (let offset = 0; offset < bytes.length;) offset += (await file.handle.write(bytes, offset)).bytesWritten;
  };
  let checksum = 0;
  let length = 0n;
  const memory = new BlockMemory();
  const blocks = cutBlocks(source, memory, (block) => {
    checksum = crc32(block, checksum);
    length += BigInt(block.length);
  });
  await write(HEADER);
  for await (const { bytes } of compressInOrder(blocks, signal)) {
    await write(bytes);
    memory.giveBack(bytes);
  }
  await write(LAST_BLOCK);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(Number(length & 0xffffffffn), 4);
  await write(trailer);
  return { digest: digestFromHex(hash.digest('hex')), sizeBytes };
}

/** Hands blocks to the threads as they come, a few ahead, and gives the results back in order. */
async function* compressInOrder(blocks: AsyncIterable<GzipBlock>, signal: AbortSignal | undefined): AsyncGenerator<GzipBlock> {
  pool ??= new WorkerPool('gzip-block', Math.min(MOST_THREADS, availableParallelism()));
  const ahead = pool.size + 2;
  const running: Promise<GzipBlock>[] = [];
  for await (const block of blocks) {
    signal?.throwIfAborted();
    const compressed = pool.run(block, [block.bytes.buffer]);
    // Awaited in order below; until then a failure must not count as unhandled.
    compressed.catch(() => {});
    running.push(compressed);
    if (running.length >= ahead) yield await running.shift()!;
  }
  while (running.length > 0) yield await running.shift()!;
}

/** Opened only when read. The chunk is overwritten by the next. */
async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  await using file = await openFile(path, 'r');
  const chunk = new Uint8Array(READ_BYTES);
  for (;;) {
    const { bytesRead } = await file.handle.read(chunk, 0, READ_BYTES, null);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
  }
}

async function openFile(path: string, flags: 'r' | 'wx') {
  const handle = await open(path, flags, 0o644);
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
}
