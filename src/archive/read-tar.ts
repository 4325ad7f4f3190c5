import type { Extract } from 'tar-stream';
import { TspackError } from '../foundation/index.ts';
import { archiveInvalid } from './archive-error.ts';
import { toText } from './byte-string.ts';
import type { TarEntry, TarEntryType } from './tar-entry.ts';

const TYPES: ReadonlyMap<unknown, TarEntryType> = new Map([
  ['file', 'file'],
  ['contiguous-file', 'file'],
  ['directory', 'directory'],
  ['symlink', 'symlink'],
  ['link', 'link'],
  ['character-device', 'character-device'],
  ['block-device', 'block-device'],
  ['fifo', 'fifo'],
]);
const REPLACEMENT = '\u{fffd}';

/** A header as tar-stream gives it, with the fields its types leave out. */
interface Header {
  readonly name: string;
  readonly type: string | null;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: Date;
  readonly linkname: string | null;
  readonly pax: Readonly<Record<string, string>> | null;
}

/**
 * Reads a plain tar: USTAR, PAX, GNU long names and base-256 numbers. Entries come one at a time, and each must be
 * done with before the next is asked for. Paths are not judged here: see {@link extractTar}.
 *
 * Throws `ARCHIVE_INVALID` when the tar is damaged, cut, or holds sparse files; errors of `source` pass through.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const {
    default: { extract },
  } = await import('tar-stream'); // 10 ms: only where a tar is really read
  // latin1 keeps the bytes of names as they are: a name need not be UTF-8.
  const parser = extract({ filenameEncoding: 'latin1', allowUnknownFormat: true } as object);
  const rawPax = keepRawPax(parser);
  const feed = new Feed(source, parser);
  feed.start();
  try {
    for await (const stream of parser) {
      const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
      yield toEntry(stream.header as unknown as Header, rawPax.take(), contentOf(chunks, feed));
      // What the reader has left must be gone before the parser finds the next header.
      while ((await chunks.next()).done !== true);
    }
  } catch (error) {
    throw feed.explain(error);
  } finally {
    feed.stop();
  }
  if (feed.failure !== undefined) throw feed.failure;
}

/** Iterates without closing: leaving the loop early must not destroy the whole parser. */
async function* contentOf(chunks: AsyncIterator<Uint8Array>, feed: Feed): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  } catch (error) {
    throw feed.explain(error);
  }
}

function toEntry(header: Header, raw: ReadonlyMap<string, Buffer>, content: AsyncIterable<Uint8Array>): TarEntry {
  const type = TYPES.get(header.type);
  const pathBytes = bytesOf('path', header.name, header.pax, raw);
  const path = toText(pathBytes.toString('latin1'));
  const isSparse = header.pax !== null && Object.keys(header.pax).some((key) => key.startsWith('GNU.sparse.'));
  if (type === undefined || isSparse) {
    throw archiveInvalid(`the entry ${JSON.stringify(path)} is ${isSparse ? 'a sparse file' : 'of an unknown type'}`);
  }
  // Readers disagree whether such an entry is followed by content: whatever comes next would be read as headers by some.
  if (type !== 'file' && type !== 'directory' && header.size !== 0) {
    throw archiveInvalid(`the entry ${JSON.stringify(path)} is no file but has a size`);
  }
  const isLink = type === 'symlink' || type === 'link';
  const linkTargetBytes = isLink ? bytesOf('linkpath', header.linkname ?? '', header.pax, raw) : undefined;
  return {
    path: path.replace(/(?<=[^/])\/+$/, ''),
    pathBytes: withoutTrailingSlashes(pathBytes),
    type,
    mode: header.mode & 0o7777,
    uid: numberOf(header.pax?.['uid'], header.uid),
    gid: numberOf(header.pax?.['gid'], header.gid),
    sizeBytes: type === 'file' ? header.size : 0,
    mtimeSeconds: Math.floor(numberOf(header.pax?.['mtime'], header.mtime.getTime() / 1000)),
    ...(linkTargetBytes === undefined ? {} : { linkTarget: toText(linkTargetBytes.toString('latin1')), linkTargetBytes }),
    ...(header.pax === null ? {} : { pax: header.pax }),
    content,
  };
}

/** The bytes of a name: from the PAX record where the name came from one, else from the header. */
function bytesOf(key: string, name: string, pax: Header['pax'], raw: ReadonlyMap<string, Buffer>): Buffer {
  const record = pax?.[key];
  if (record === undefined || record === '' || record !== name) return Buffer.from(name, 'latin1');
  const bytes = raw.get(key);
  if (bytes !== undefined && bytes.toString('utf8') === record) return bytes;
  if (record.includes(REPLACEMENT)) throw archiveInvalid(`the name ${JSON.stringify(record)} is not UTF-8`);
  return Buffer.from(record, 'utf8');
}

function withoutTrailingSlashes(path: Buffer): Buffer {
  let end = path.length;
  while (end > 1 && path[end - 1] === 0x2f) end--;
  return path.subarray(0, end);
}

function numberOf(record: string | undefined, otherwise: number): number {
  const number = record === undefined || record === '' ? otherwise : Number(record);
  return Number.isFinite(number) ? number : 0;
}

/**
 * tar-stream decodes PAX records as UTF-8, and what is not is lost. Its decoding step is watched to keep the bytes;
 * should a later version name it otherwise, such names are refused instead of garbled.
 */
function keepRawPax(parser: object): { take(): ReadonlyMap<string, Buffer> } {
  const internals = parser as { _header?: { type?: string }; _decodeLongHeader?: (bytes: Uint8Array) => void };
  let records = new Map<string, Buffer>();
  const decode = internals._decodeLongHeader;
  if (typeof decode === 'function') {
    internals._decodeLongHeader = (bytes) => {
      if (internals._header?.type === 'pax-header') records = paxRecords(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      decode.call(parser, bytes);
    };
  }
  return {
    take() {
      const taken = records;
      records = new Map();
      return taken;
    },
  };
}

/** `<length> <key>=<value>\n` and so on; stops at the first record that is not of that form. */
function paxRecords(bytes: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let offset = 0; offset < bytes.length;) {
    const space = bytes.indexOf(0x20, offset);
    const length = space < 0 ? NaN : Number(bytes.toString('latin1', offset, space));
    const equals = bytes.indexOf(0x3d, space);
    if (!(length > 0) || equals < 0 || equals >= offset + length) break;
    records.set(bytes.toString('utf8', space + 1, equals), Buffer.from(bytes.subarray(equals + 1, offset + length - 1)));
    offset += length;
  }
  return records;
}

/** Moves the source into the parser as fast as the parser takes it. */
class Feed {
  /** What the source threw. */
  failure: unknown;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #parser: Extract;

  constructor(source: AsyncIterable<Uint8Array>, parser: Extract) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#parser = parser;
  }

  start(): void {
    void this.#pump();
  }

  stop(): void {
    this.#parser.destroy();
    // A source that waits for its next chunk is not waited for.
    this.#iterator.return?.().catch(() => {});
  }

  /** What the source threw where it did, else what is wrong with the archive. */
  explain(error: unknown): unknown {
    if (this.failure !== undefined) return this.failure;
    return error instanceof TspackError ? error : archiveInvalid(messageOf(error), error);
  }

  async #pump(): Promise<void> {
    try {
      for (let next = await this.#iterator.next(); next.done !== true && !this.#parser.destroyed; next = await this.#iterator.next()) {
        if (!this.#parser.write(next.value)) await this.#drained();
      }
      if (!this.#parser.destroyed) this.#parser.end(null);
    } catch (error) {
      this.failure = error;
      this.#parser.destroy(error as Error);
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#parser.off('drain', done).off('close', done);
        resolve();
      };
      this.#parser.on('drain', done).on('close', done);
      if (this.#parser.destroyed) done();
    });
  }
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message === 'Unexpected end of data') return 'it ends too early';
  return message.charAt(0).toLowerCase() + message.slice(1);
}
