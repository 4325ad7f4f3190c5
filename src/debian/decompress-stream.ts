import { Worker } from 'node:worker_threads';
import { workerFile } from '../foundation/index.ts';

/** A compressed range of a file; the ending of `name` says how. */
export interface CompressedRange {
  readonly path: string;
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** What the thread sends: bytes, the end, or why there are no more. */
export type DecompressMessage =
  { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'end' } | { readonly kind: 'error'; readonly message: string };

/** Pieces that may be under way before the reader takes one. */
export const PIECES_AHEAD = 4;

/** The bytes inside a compressed range, decoded in a thread of their own that never runs far ahead of the reader. */
export async function* streamDecompressed(range: CompressedRange): AsyncIterable<Uint8Array> {
  const worker = new Worker(workerFile('decompress-range'), { workerData: range, execArgv: [] });
  const arrived: DecompressMessage[] = [];
  let wake: () => void = () => undefined;
  const arrive = (message: DecompressMessage) => {
    arrived.push(message);
    wake();
  };
  worker.on('message', arrive);
  worker.on('error', (error) => arrive({ kind: 'error', message: error.message }));
  worker.on('exit', () => arrive({ kind: 'error', message: 'the decoder ended early' }));
  try {
    for (;;) {
      const message = arrived.shift();
      if (message === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
      } else if (message.kind === 'bytes') {
        worker.postMessage('taken');
        yield message.bytes;
      } else if (message.kind === 'end') {
        return;
      } else {
        throw new Error(`Cannot decompress "${range.path}": ${message.message}`);
      }
    }
  } finally {
    await worker.terminate();
  }
}
