import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { TspackError } from '../foundation/index.ts';

const READ_BYTES = 512 * 1024;

/** A range of bytes that can be read synchronously. */
export interface ByteRange {
  readonly sizeBytes: number;
  /** Reads at an offset from the beginning of the range. */
  read(offset: number, length: number): Uint8Array;
}

/**
 * The bytes inside `name` (`data.tar.xz`, `Packages.xz`, `Packages.gz`), by the ending of the name. Decodes on the
 * calling thread, so it belongs into a worker for all that is not small. Throws `DEBIAN_COMPRESSION_UNSUPPORTED`.
 */
export async function* decompressRange(name: string, range: ByteRange): AsyncIterable<Uint8Array> {
  const ending = /\.(xz|gz|zst|bz2|lzma)$/.exec(name)?.[1];
  if (ending === 'xz') yield* unxz(range);
  else if (ending === 'gz') yield* gunzip(range);
  else if (ending === undefined) yield* pieces(range);
  else {
    throw new TspackError({
      code: 'DEBIAN_COMPRESSION_UNSUPPORTED',
      message: `Cannot read "${name}": packages compressed as ${ending} are not supported, want xz, gz or none`,
      nextStep: 'Use packages from Debian, which compresses with xz',
    });
  }
}

function* pieces(range: ByteRange): Generator<Uint8Array> {
  for (let offset = 0; offset < range.sizeBytes; offset += READ_BYTES) {
    yield range.read(offset, Math.min(READ_BYTES, range.sizeBytes - offset));
  }
}

async function* gunzip(range: ByteRange): AsyncIterable<Uint8Array> {
  const source = Readable.from(pieces(range));
  const stream = createGunzip({ chunkSize: 256 * 1024 });
  source.on('error', (error) => stream.destroy(error));
  yield* source.pipe(stream) as AsyncIterable<Uint8Array>;
}

async function* unxz(range: ByteRange): AsyncIterable<Uint8Array> {
  const { XzReadableStream } = (await import('xz-decompress')).default; // CommonJS: Node finds no named exports
  const source = pieces(range);
  const compressed = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = source.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
    },
    { highWaterMark: 0 },
  );
  const reader = new XzReadableStream(compressed).getReader();
  let isFinished = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      if (value.length > 0) yield value;
    }
    isFinished = true;
  } catch (error) {
    isFinished = true; // The decoder has let go of its memory itself.
    throw new Error('its xz data is broken or cut off', { cause: error });
  } finally {
    if (!isFinished) await reader.cancel();
  }
}
