import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { archiveInvalid, archiveTooLarge } from './archive-error.ts';

/** A file or folder of a zip archive. */
export interface ZipEntry {
  /** As the archive says it, folders without the slash at the end. Not to be trusted. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Unix permission bits; undefined when the archive has none. */
  readonly mode: number | undefined;
  /** Without compression. */
  readonly sizeBytes: number;
}

/** An open zip archive. Content is read entry by entry, and only as it is asked for. */
export interface ZipArchive extends Disposable {
  /** In the order of the archive's directory. Of entries with one path the last counts, and only it is listed. */
  readonly entries: readonly ZipEntry[];
  /** The entry of that path. */
  find(path: string): ZipEntry | undefined;
  /** The content of an entry, checked against its checksum. Throws `ARCHIVE_INVALID`. */
  read(entry: ZipEntry): Buffer;
}

/** Where an entry's bytes are. */
interface Place {
  readonly offset: number;
  readonly compressedBytes: number;
  readonly method: number;
  readonly checksum: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_BYTES = 22;
const MAXIMUM_COMMENT_BYTES = 65_535;
const MAXIMUM_DIRECTORY_BYTES = 256 * 1024 ** 2;
const MAXIMUM_ENTRY_BYTES = 2 * 1024 ** 3 - 1;
const UNKNOWN_32 = 0xffffffff;

/**
 * Opens a zip file (APPNOTE.TXT 6.3: stored and deflated entries, Zip64), such as a jar. Synchronous: a jar has thousands of small entries, and
 * a turn of the event loop for each costs more than reading it. Throws `ARCHIVE_INVALID` and `ARCHIVE_TOO_LARGE`.
 */
export function openZip(path: string): ZipArchive {
  const file = openSync(path, 'r');
  try {
    return readArchive(file);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function readArchive(file: number): ZipArchive {
  const { directory, shift } = readDirectory(file);
  const found = new Map<string, { readonly entry: ZipEntry; readonly place: Place }>();
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY;) {
    const nameBytes = directory.readUInt16LE(at + 28);
    const extraBytes = directory.readUInt16LE(at + 30);
    const next = at + 46 + nameBytes + extraBytes + directory.readUInt16LE(at + 32);
    if (next > directory.length) throw archiveInvalid('its directory is cut');
    const one = readEntry(directory, at, nameBytes, extraBytes, shift);
    found.set(one.entry.path, one);
    at = next;
  }
  return {
    entries: [...found.values()].map(({ entry }) => entry),
    find: (path) => found.get(path)?.entry,
    read: (entry) => readContent(file, entry, found.get(entry.path)!.place),
    [Symbol.dispose]: () => closeSync(file),
  };
}

/** The directory, and how far all offsets are off: a script before the archive, as executable jars have it, moves everything. */
function readDirectory(file: number): { directory: Buffer; shift: number } {
  const size = fstatSync(file).size;
  const tail = readAt(file, Math.max(0, size - END_BYTES - MAXIMUM_COMMENT_BYTES), Math.min(size, END_BYTES + MAXIMUM_COMMENT_BYTES));
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw archiveInvalid('it is not a zip file, or it is cut');
  let bytes = tail.readUInt32LE(end + 12);
  let offset = tail.readUInt32LE(end + 16);
  let start = size - tail.length + end - bytes;
  if (bytes === UNKNOWN_32 || offset === UNKNOWN_32) {
    if (end < 20 || tail.readUInt32LE(end - 20) !== END_64_LOCATOR) throw archiveInvalid('its Zip64 directory is missing');
    const end64 = readAt(file, Number(tail.readBigUInt64LE(end - 12)), 56);
    if (end64.readUInt32LE(0) !== END_64) throw archiveInvalid('its Zip64 directory is damaged');
    bytes = Number(end64.readBigUInt64LE(40));
    offset = Number(end64.readBigUInt64LE(48));
    start = offset;
  }
  if (bytes > MAXIMUM_DIRECTORY_BYTES) throw archiveTooLarge('its directory is too large');
  if (start < offset) throw archiveInvalid('it is cut');
  return { directory: readAt(file, start, bytes), shift: start - offset };
}

function readEntry(directory: Buffer, at: number, nameBytes: number, extraBytes: number, shift: number): { entry: ZipEntry; place: Place } {
  const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
  const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
  let sizeBytes = directory.readUInt32LE(at + 24);
  let compressedBytes = directory.readUInt32LE(at + 20);
  let offset = directory.readUInt32LE(at + 42);
  // Zip64 holds, in this order, only what does not fit its own field.
  let wide = zip64Field(extra);
  const take = (value: number) => {
    if (value !== UNKNOWN_32) return value;
    if (wide.length < 8) throw archiveInvalid(`the sizes of ${JSON.stringify(name)} are missing`);
    const taken = Number(wide.readBigUInt64LE(0));
    wide = wide.subarray(8);
    return taken;
  };
  sizeBytes = take(sizeBytes);
  compressedBytes = take(compressedBytes);
  offset = take(offset);
  const madeOnUnix = directory.readUInt8(at + 5) === 3;
  const unixMode = madeOnUnix ? directory.readUInt32LE(at + 38) >>> 16 : 0;
  const type = name.endsWith('/') ? 'directory' : (unixMode & 0o170000) === 0o120000 ? 'symlink' : 'file';
  return {
    entry: { path: name.replace(/\/+$/, ''), type, mode: (unixMode & 0o7777) === 0 ? undefined : unixMode & 0o7777, sizeBytes },
    place: { offset: offset + shift, compressedBytes, method: directory.readUInt16LE(at + 10), checksum: directory.readUInt32LE(at + 16) },
  };
}

function zip64Field(extra: Buffer): Buffer {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  return Buffer.alloc(0);
}

function readContent(file: number, entry: ZipEntry, place: Place): Buffer {
  const shown = JSON.stringify(entry.path);
  if (entry.sizeBytes > MAXIMUM_ENTRY_BYTES) throw archiveTooLarge(`${shown} is larger than ${MAXIMUM_ENTRY_BYTES} bytes`);
  const header = readAt(file, place.offset, 30);
  if (header.readUInt32LE(0) !== LOCAL_ENTRY) throw archiveInvalid(`${shown} is not where its directory says`);
  const start = place.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = readAt(file, start, place.compressedBytes);
  const content = place.method === 0 ? packed : place.method === 8 ? inflate(packed, entry) : undefined;
  if (content === undefined) throw archiveInvalid(`${shown} is compressed by method ${place.method}, which is not read`);
  if (content.length !== entry.sizeBytes || crc32(content) !== place.checksum) throw archiveInvalid(`${shown} is damaged`);
  return content;
}

function inflate(packed: Buffer, entry: ZipEntry): Buffer {
  if (entry.sizeBytes === 0) return Buffer.alloc(0);
  try {
    return inflateRawSync(packed, { maxOutputLength: entry.sizeBytes });
  } catch (error) {
    throw archiveInvalid(`${JSON.stringify(entry.path)} is damaged`, error);
  }
}

function readAt(file: number, offset: number, length: number): Buffer {
  if (offset < 0 || length < 0 || offset + length > fstatSync(file).size) throw archiveInvalid('it is cut, or its directory is damaged');
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const count = readSync(file, buffer, done, length - done, offset + done);
    if (count === 0) throw archiveInvalid('it is cut');
    done += count;
  }
  return buffer;
}
