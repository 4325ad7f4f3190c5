import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of {@link zipFile}: text or bytes; a path that ends in a slash is a folder. */
export interface ZipFileEntry {
  readonly path: string;
  readonly content?: string | Uint8Array;
  /** The whole Unix mode, file type included: `0o100755`. */
  readonly mode?: number;
  readonly stored?: boolean;
  /** Said instead of the right checksum. */
  readonly checksum?: number;
}

/** A zip archive, such as a jar, with just what its entries say, whether that is sound or not. */
export function zipFile(entries: readonly ZipFileEntry[] | Readonly<Record<string, string | Uint8Array>>): Buffer {
  const list = Array.isArray(entries) ? (entries as readonly ZipFileEntry[]) : Object.entries(entries).map(([path, content]) => ({ path, content }));
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content = '', mode = 0, stored = false, checksum } of list as readonly ZipFileEntry[]) {
    const plain = Buffer.from(content as string);
    const packed = stored ? plain : deflateRawSync(plain);
    const name = Buffer.from(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(checksum ?? crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(plain.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, packed]);
    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02', 'latin1');
    entry.writeUInt16LE((3 << 8) | 20, 4);
    common.copy(entry, 6);
    entry.writeUInt32LE((mode << 16) >>> 0, 38);
    entry.writeUInt32LE(offset, 42);
    directory.push(Buffer.concat([entry, name]));
    locals.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(list.length, 8);
  end.writeUInt16LE(list.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, listing, end]);
}
