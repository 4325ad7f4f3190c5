import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** What a shared library says about others. */
export interface ElfNeeds {
  /** Names of the libraries that it wants: `libpq.so.5`. */
  readonly needed: readonly string[];
  /** Folders in which it looks itself, `$ORIGIN` unresolved. */
  readonly searchPaths: readonly string[];
}

/** ELF, 64 bits, little-endian. */
const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_RPATH = 15n;
const DT_RUNPATH = 29n;

/** Reads the dynamic section of a 64-bit little-endian ELF file (System V ABI, chapter 5); undefined when the file is none, or broken. */
export function readElfNeeds(path: string): ElfNeeds | undefined {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const read: Reader = (offset, length) => {
      const available = Math.min(length, size - offset);
      if (available < 0 || available > 16_777_216) return undefined;
      const buffer = Buffer.alloc(available);
      return readSync(file, buffer, 0, available, offset) === available ? buffer : undefined;
    };
    return readDynamic(read);
  } finally {
    closeSync(file);
  }
}

/** As many bytes from `offset` as there are, `length` at most; undefined outside the file. */
type Reader = (offset: number, length: number) => Buffer | undefined;

function readDynamic(read: Reader): ElfNeeds | undefined {
  const header = read(0, 64);
  if (header?.length !== 64 || !header.subarray(0, 6).equals(MAGIC)) return undefined;
  const [tableOffset, entrySize, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)];
  if (entrySize < 56) return undefined;
  const table = read(tableOffset, entrySize * count);
  if (table?.length !== entrySize * count) return undefined;
  const segments = Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * entrySize);
    return { type: entry.readUInt32LE(0), offset: entry.readBigUInt64LE(8), address: entry.readBigUInt64LE(16), fileSize: entry.readBigUInt64LE(32) };
  });
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const content = dynamic === undefined ? undefined : read(Number(dynamic.offset), Number(dynamic.fileSize));
  if (content === undefined) return { needed: [], searchPaths: [] };
  const entries: (readonly [bigint, bigint])[] = [];
  for (let at = 0; at + 16 <= content.length; at += 16) entries.push([content.readBigUInt64LE(at), content.readBigUInt64LE(at + 8)]);
  const address = entries.find(([tag]) => tag === DT_STRTAB)?.[1];
  const holder = segments.find(
    ({ type, address: start, fileSize }) => type === PT_LOAD && address !== undefined && address >= start && address < start + fileSize,
  );
  if (address === undefined || holder === undefined) return undefined;
  const start = Number(holder.offset + address - holder.address);
  const text = (offset: bigint) => {
    // Names are short; the table as a whole can be large.
    const bytes = read(start + Number(offset), 4096) ?? Buffer.alloc(0);
    return bytes.subarray(0, Math.max(0, bytes.indexOf(0))).toString('utf8');
  };
  const values = (...tags: readonly bigint[]) => entries.filter(([tag]) => tags.includes(tag)).map(([, value]) => text(value));
  return {
    needed: values(DT_NEEDED).filter((name) => name !== ''),
    searchPaths: values(DT_RPATH, DT_RUNPATH).flatMap((paths) => paths.split(':').filter((path) => path !== '')),
  };
}
