/** One entry exactly as it shall lie in the tar, however wrong. Strings are latin1: one character, one byte. */
export interface RawTarEntry {
  readonly name: string;
  /** `0` file, `1` link, `2` symlink, `3` character device, `5` folder, `6` pipe, `x` PAX, `L` GNU long name. */
  readonly flag?: string;
  readonly linkName?: string;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  /** The 12 bytes of the size field; default the content's length in octal. */
  readonly sizeField?: string;
}

/** A tar of these entries, with trailer. For hostile input: nothing is checked. */
export function rawTar(entries: readonly RawTarEntry[], options: { readonly trailer?: boolean } = {}): Buffer {
  const blocks: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from((entry.content ?? '') as string, 'latin1');
    const header = Buffer.alloc(512);
    header.write(entry.name, 0, 100, 'latin1');
    header.write(`${(entry.mode ?? 0o644).toString(8).padStart(7, '0')}\0`, 100, 'latin1');
    header.write('0000000\x000000000\0', 108, 'latin1');
    header.write(entry.sizeField ?? `${content.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
    header.write('00000000000\0', 136, 'latin1');
    header.write(entry.flag ?? '0', 156, 'latin1');
    header.write(entry.linkName ?? '', 157, 100, 'latin1');
    header.write('ustar\x0000', 257, 'latin1');
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  if (options.trailer !== false) blocks.push(Buffer.alloc(1024));
  return Buffer.concat(blocks);
}

/** The entry with a PAX header before it that holds these records. Values are latin1. */
export function withPax(records: Readonly<Record<string, string>>, entry: RawTarEntry): readonly RawTarEntry[] {
  const content = Object.entries(records)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return `${length}${rest}`;
    })
    .join('');
  return [{ name: 'PaxHeaders/x', flag: 'x', content }, entry];
}

/** The bytes in pieces of `size`. */
export async function* inPieces(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}
