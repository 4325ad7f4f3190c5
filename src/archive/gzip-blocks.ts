/** Bytes of input in one block. The output depends on it: a change is a new format of every blob. */
export const GZIP_BLOCK_BYTES = 1024 * 1024;
/** How far back a match may reach (RFC 1951): the end of the block before, given again to prime the compressor. */
export const GZIP_WINDOW_BYTES = 32 * 1024;
/** Compresses within 1 % of `gzip -6` at a third less time: docs/decisions/0003-deterministic-gzip.md. */
export const GZIP_LEVEL = 5;

/** A block on its way to a thread, and back from it compressed: the same memory, given away each time. */
export interface GzipBlock {
  /** To the thread: the window, then the block. From it: the compressed block. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** To the thread: how many of the bytes are the window. */
  readonly windowBytes: number;
}

/**
 * Cuts a byte stream into blocks of {@link GZIP_BLOCK_BYTES}, the last one shorter, each preceded by the window
 * that it may refer to. `onBlock` sees the block without its window, before it is given away. Chunks are copied
 * before the next one is asked for.
 */
export async function* cutBlocks(source: AsyncIterable<Uint8Array>, memory: BlockMemory, onBlock: (block: Uint8Array) => void): AsyncGenerator<GzipBlock> {
  let current = memory.take();
  let start = 0;
  let end = 0;
  for await (const chunk of source) {
    for (let offset = 0; offset < chunk.length;) {
      if (end - start === GZIP_BLOCK_BYTES) {
        const next = memory.take();
        next.set(current.subarray(end - GZIP_WINDOW_BYTES, end));
        onBlock(current.subarray(start, end));
        yield { bytes: current.subarray(0, end), windowBytes: start };
        current = next;
        start = end = GZIP_WINDOW_BYTES;
      }
      const part = chunk.subarray(offset, offset + GZIP_BLOCK_BYTES - (end - start));
      current.set(part, end);
      end += part.length;
      offset += part.length;
    }
  }
  if (end > start) {
    onBlock(current.subarray(start, end));
    yield { bytes: current.subarray(0, end), windowBytes: start };
  }
}

/** Buffers that come back are used again: left to the garbage collector, they would pile up. */
export class BlockMemory {
  readonly #free: ArrayBuffer[] = [];

  /** Window and block; the window's room is more than a block that does not compress grows by. */
  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#free.pop() ?? new ArrayBuffer(GZIP_WINDOW_BYTES + GZIP_BLOCK_BYTES));
  }

  giveBack(bytes: Uint8Array<ArrayBuffer>): void {
    this.#free.push(bytes.buffer);
  }
}
