import { createReadStream, createWriteStream, openSync, readSync, closeSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress, extractTar, extractZip } from '../archive/index.ts';
import { TspackError, hasSystemCode } from '../foundation/index.ts';

/**
 * Unpacks an application's archive into a folder: a zip, or a tar, plain or compressed with gzip or zstd. What a folder would not bring either is left
 * out: devices, pipes, the bits of setuid. Throws `SOURCE_ARCHIVE_INVALID`, `SOURCE_UNREADABLE`, and the reason of `signal`.
 *
 * @param shown what the archive is called in errors
 */
export async function unpackSource(file: string, directory: string, shown: string, signal: AbortSignal): Promise<void> {
  try {
    const { entryCount } = isZip(file)
      ? await extractZip(file, directory, { symlinks: 'inside', signal })
      : await extractTar(decompress(createReadStream(file, { signal })), directory, { specialFiles: 'skip', dropSetuid: true, signal });
    if (entryCount === 0) throw new TspackError({ code: 'ARCHIVE_INVALID', message: statSync(file).size === 0 ? 'It is empty' : 'It holds no file' });
  } catch (error) {
    signal.throwIfAborted();
    if (hasSystemCode(error, 'EACCES', 'EPERM')) {
      throw new TspackError({ code: 'SOURCE_UNREADABLE', message: `Cannot read "${shown}": ${error.code}`, nextStep: 'Make it readable', cause: error });
    }
    if (!(error instanceof TspackError)) throw error;
    throw new TspackError({
      code: 'SOURCE_ARCHIVE_INVALID',
      message: `Cannot build "${shown}" as an archive: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
      nextStep:
        error.code === 'ARCHIVE_INVALID'
          ? 'Name with --path a folder, a zip, or a tar that is plain or compressed with gzip or zstd, and get the archive again if it is cut'
          : error.nextStep,
      cause: error,
    });
  }
}

/** Keeps what comes in a stream, since the directory of a zip stands at its end. */
export async function keepStream(bytes: AsyncIterable<Uint8Array>, file: string, signal: AbortSignal): Promise<void> {
  await pipeline(Readable.from(bytes), createWriteStream(file), { signal });
}

function isZip(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(4);
    readSync(file, start);
    // The second is the end of an archive in which nothing is.
    return ['PK\x03\x04', 'PK\x05\x06'].includes(start.toString('latin1'));
  } finally {
    closeSync(file);
  }
}
