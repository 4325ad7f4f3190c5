import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { decompressRange } from './decompress-member.ts';
import { PIECES_AHEAD } from './decompress-stream.ts';
import type { CompressedRange, DecompressMessage } from './decompress-stream.ts';

const PIECE_BYTES = 1024 * 1024;

const port = parentPort;
if (port === null) throw new Error('This file runs in a worker thread');
const range = workerData as CompressedRange;
const post = (message: DecompressMessage) => port.postMessage(message, message.kind === 'bytes' ? [message.bytes.buffer as ArrayBuffer] : []);

let underWay = 0;
let wake: () => void = () => undefined;
port.on('message', () => {
  underWay--;
  wake();
});

async function send(piece: Uint8Array): Promise<void> {
  while (underWay >= PIECES_AHEAD) await new Promise<void>((resolve) => (wake = resolve));
  underWay++;
  post({ kind: 'bytes', bytes: piece });
}

const file = openSync(range.path, 'r');
try {
  const read = (offset: number, length: number) => {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, range.offset + offset));
  };
  let piece = new Uint8Array(PIECE_BYTES);
  let fill = 0;
  for await (const bytes of decompressRange(range.name, { sizeBytes: range.sizeBytes, read })) {
    for (let at = 0; at < bytes.length;) {
      const length = Math.min(PIECE_BYTES - fill, bytes.length - at);
      piece.set(bytes.subarray(at, at + length), fill);
      fill += length;
      at += length;
      if (fill === PIECE_BYTES) {
        await send(piece);
        piece = new Uint8Array(PIECE_BYTES);
        fill = 0;
      }
    }
  }
  if (fill > 0) await send(piece.slice(0, fill));
  post({ kind: 'end' });
} catch (error) {
  post({ kind: 'error', message: error instanceof Error ? error.message : String(error) });
} finally {
  closeSync(file);
}
