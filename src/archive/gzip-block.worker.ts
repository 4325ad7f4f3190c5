/*! The compressor is zlib as WebAssembly, taken unchanged from the package @zip.js/zip.js.
 * @zip.js/zip.js: Copyright (c) 2025 Gildas Lormeau, BSD-3-Clause. zlib: Copyright (C) 1995-2025 Jean-loup Gailly
 * and Mark Adler, zlib licence. */
import zlibModule from '@zip.js/zip.js/dist/zip-module.wasm';
import { GZIP_BLOCK_BYTES, GZIP_LEVEL, GZIP_WINDOW_BYTES } from './gzip-blocks.ts';
import type { GzipBlock } from './gzip-blocks.ts';
import { answerRequests } from './worker-answer.ts';

/** The part of the module that is used: zlib with plain numbers for pointers. */
interface Zlib {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  deflate_new(): number;
  deflate_init_raw(stream: number, level: number): number;
  /** The status in the top byte, the bytes produced in the lower three. */
  deflate_process(stream: number, input: number, inputBytes: number, output: number, outputBytes: number, flush: number): number;
  deflate_last_consumed(stream: number): number;
  deflate_end(stream: number): number;
}

/** Ends on a byte, with every bit of the input out, and the compressor may go on. */
const SYNC_FLUSH = 2;
/** The result goes back in the memory of the request. What does not compress grows by less than a thousandth. */
const OUTPUT_BYTES = GZIP_BLOCK_BYTES + GZIP_WINDOW_BYTES;

const zlib = new WebAssembly.Instance(new WebAssembly.Module(zlibModule)).exports as unknown as Zlib;
const input = zlib.malloc(GZIP_BLOCK_BYTES);
const output = zlib.malloc(OUTPUT_BYTES);

answerRequests(
  ({ bytes, windowBytes }: GzipBlock): GzipBlock => {
    const stream = zlib.deflate_new();
    check(zlib.deflate_init_raw(stream, GZIP_LEVEL));
    try {
      // The module cannot be told a dictionary. Compressing the window and dropping the output does the same.
      if (windowBytes > 0) deflate(stream, bytes.subarray(0, windowBytes));
      const produced = deflate(stream, bytes.subarray(windowBytes));
      const compressed = new Uint8Array(bytes.buffer, 0, produced);
      compressed.set(new Uint8Array(zlib.memory.buffer, output, produced));
      return { bytes: compressed, windowBytes: 0 };
    } finally {
      zlib.deflate_end(stream);
    }
  },
  ({ bytes }) => [bytes.buffer],
);

/** Compresses all of `bytes` into `output`; returns how many bytes are there. */
function deflate(stream: number, bytes: Uint8Array): number {
  new Uint8Array(zlib.memory.buffer).set(bytes, input);
  const result = zlib.deflate_process(stream, input, bytes.length, output, OUTPUT_BYTES, SYNC_FLUSH);
  check(result >> 24);
  const produced = result & 0xffffff;
  if (zlib.deflate_last_consumed(stream) !== bytes.length || produced >= OUTPUT_BYTES) {
    throw new Error('zlib did not take a whole block');
  }
  return produced;
}

function check(status: number): void {
  if (status !== 0) throw new Error(`zlib failed with status ${status}`);
}
