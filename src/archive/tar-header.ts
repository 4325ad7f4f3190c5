import { isAscii } from './byte-string.ts';
import type { ByteString } from './byte-string.ts';

export const BLOCK_BYTES = 512;

/** One tar header. Paths are byte strings; times are whole seconds since 1970; device numbers only of devices. */
export interface TarHeader {
  readonly path: ByteString;
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo' | 'character-device' | 'block-device';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for everything but files. */
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly linkTarget?: ByteString;
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
}

const TYPE_FLAGS = { file: '0', symlink: '2', 'character-device': '3', 'block-device': '4', directory: '5', fifo: '6' } as const;
const PAX_FLAG = 'x';
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const SEVEN_DIGITS = 0o7777777;
const ELEVEN_DIGITS = 0o77777777777;

/**
 * Encodes the header blocks of one entry exactly as Go's `archive/tar` writes them for the reference lifecycle
 * (CNB.md C144, C145): USTAR where everything fits, else a PAX header before it with only the records needed.
 * The result is a multiple of 512 bytes. Throws a plain error on a path no image path can have: a caller's bug.
 */
export function encodeTarHeader(header: TarHeader): Buffer {
  checkPath(header);
  const linkTarget = header.linkTarget ?? '';
  const records = paxRecords(header, linkTarget);
  if (records === undefined) {
    const split = splitPath(header.path);
    return mainBlock(header, split?.name ?? header.path, linkTarget, split?.prefix ?? '');
  }
  const data = Buffer.from(records, 'latin1');
  const dataBlocks = Math.ceil(data.length / BLOCK_BYTES) * BLOCK_BYTES;
  const blocks = Buffer.alloc(BLOCK_BYTES + dataBlocks + BLOCK_BYTES);
  paxBlock(blocks, header.path, data.length);
  data.copy(blocks, BLOCK_BYTES);
  mainBlock(header, header.path, linkTarget, '').copy(blocks, BLOCK_BYTES + dataBlocks);
  return blocks;
}

function checkPath(header: TarHeader): void {
  const { path, type } = header;
  if (!path.startsWith('/') || path.includes('\0') || (path.endsWith('/') && path !== '/')) {
    throw new Error(`A layer path is absolute and has no trailing slash: ${JSON.stringify(path)}`);
  }
  if (type === 'symlink' ? !header.linkTarget || header.linkTarget.includes('\0') : header.linkTarget !== undefined) {
    throw new Error(`A symlink, and nothing else, has a link target: ${JSON.stringify(path)}`);
  }
}

/** The PAX records, sorted by key, when USTAR cannot hold the entry; undefined when it can. */
function paxRecords(header: TarHeader, linkTarget: ByteString): string | undefined {
  const records: [key: string, value: string][] = [];
  let needed = false;
  const add = (key: string, value: string) => {
    needed = true;
    records.push([key, value]);
  };
  if (!fits(header.gid, SEVEN_DIGITS)) add('gid', String(header.gid));
  if (linkTarget.length > NAME_BYTES || !isAscii(linkTarget)) add('linkpath', linkTarget);
  if (!fits(header.mtimeSeconds, ELEVEN_DIGITS)) add('mtime', String(header.mtimeSeconds));
  if (header.path.length > NAME_BYTES || !isAscii(header.path)) {
    // A path that can be split does not ask for PAX, but is recorded when something else does.
    if (splitPath(header.path) === undefined) add('path', header.path);
    else records.push(['path', header.path]);
  }
  if (!fits(header.size, ELEVEN_DIGITS)) add('size', String(header.size));
  if (!fits(header.uid, SEVEN_DIGITS)) add('uid', String(header.uid));
  return needed ? records.map(([key, value]) => paxRecord(key, value)).join('') : undefined;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + String(rest.length).length;
  if (rest.length + String(length).length !== length) length = rest.length + String(length).length;
  return `${length}${rest}`;
}

/** Cuts a long path at the last slash that leaves both halves short enough; undefined when it fits whole or cannot be cut. */
function splitPath(path: ByteString): { prefix: string; name: string } | undefined {
  if (path.length <= NAME_BYTES || !isAscii(path)) return undefined;
  const slash = path.lastIndexOf('/', Math.min(path.length - 1, PREFIX_BYTES));
  const nameLength = path.length - slash - 1;
  if (slash <= 0 || nameLength > NAME_BYTES || nameLength === 0) return undefined;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

function mainBlock(header: TarHeader, name: string, linkTarget: string, prefix: string): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  text(block, 0, NAME_BYTES, ascii(name));
  octal(block, 100, 8, header.mode);
  octal(block, 108, 8, header.uid);
  octal(block, 116, 8, header.gid);
  octal(block, 124, 12, header.size);
  octal(block, 136, 12, header.mtimeSeconds);
  block.write(TYPE_FLAGS[header.type], 156, 'latin1');
  text(block, 157, NAME_BYTES, ascii(linkTarget));
  octal(block, 329, 8, header.deviceMajor ?? 0);
  octal(block, 337, 8, header.deviceMinor ?? 0);
  text(block, 345, PREFIX_BYTES, prefix);
  seal(block);
  return block;
}

function paxBlock(target: Buffer, path: ByteString, size: number): void {
  const block = target.subarray(0, BLOCK_BYTES);
  const slash = path.lastIndexOf('/');
  const name = ascii(joined(path.slice(0, slash), path.slice(slash + 1)))
    .slice(0, NAME_BYTES)
    .replace(/\/+$/, '');
  block.write(name, 0, 'latin1');
  octal(block, 100, 8, 0);
  octal(block, 108, 8, 0);
  octal(block, 116, 8, 0);
  octal(block, 124, 12, size);
  octal(block, 136, 12, 0);
  block.write(PAX_FLAG, 156, 'latin1');
  seal(block);
}

function joined(directory: string, base: string): string {
  return base === '' ? `${directory}/PaxHeaders.0` : `${directory}/PaxHeaders.0/${base}`;
}

/** Magic, version and checksum. */
function seal(block: Buffer): void {
  block.write('ustar\x0000', 257, 'latin1');
  let sum = 8 * 0x20; // The checksum field counts as spaces.
  for (let index = 0; index < BLOCK_BYTES; index++) sum += block[index]!;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function text(block: Buffer, offset: number, length: number, value: string): void {
  block.write(value, offset, length, 'latin1');
  // Go: some readers take a file whose cut name ends in a slash for a directory.
  if (value.length > length && value[length - 1] === '/') {
    const kept = value.slice(0, length - 1).replace(/\/+$/, '').length;
    block[offset + kept] = 0;
  }
}

/** Leading zeros and a NUL; a number that does not fit is written as 0, and its PAX record has the value. */
function octal(block: Buffer, offset: number, length: number, value: number): void {
  const digits = fits(value, 8 ** (length - 1) - 1) ? value.toString(8) : '0';
  block.write(digits.padStart(length - 1, '0'), offset, 'latin1');
}

function fits(value: number, largest: number): boolean {
  return value >= 0 && value <= largest;
}

/** Without the bytes that are not ASCII: readers that know PAX do not look at this field. */
function ascii(value: ByteString): string {
  // eslint-disable-next-line no-control-regex -- the range is what is meant
  return isAscii(value) ? value : value.replace(/[^\x00-\x7f]/g, '');
}
