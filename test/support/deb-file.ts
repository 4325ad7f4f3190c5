import { gzipSync } from 'node:zlib';
import { storeXz } from './xz.ts';

/** One entry of a package under test; `path` is written as it is, so that it can be hostile. */
export interface FakeEntry {
  readonly path: string;
  /** The tar type flag: `0` file, `1` hard link, `2` symbolic link, `3` device, `5` folder. */
  readonly flag?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly content?: string | Uint8Array;
  readonly linkTarget?: string;
  /** Written instead of the size of the content. */
  readonly claimedSize?: number;
}

export type FakeCompression = 'xz' | 'gz' | 'none' | 'zst';

/** A `.deb` file made here: ar, control.tar and data.tar, stored as xz by default. */
export function createDeb(options: {
  readonly control: string;
  readonly controlFiles?: Readonly<Record<string, string>>;
  readonly entries: readonly FakeEntry[];
  readonly compression?: FakeCompression;
}): Buffer {
  const { control, controlFiles = {}, entries, compression = 'xz' } = options;
  const controlEntries = Object.entries({ control, ...controlFiles }).map(([name, content]) => ({ path: `./${name}`, content }));
  const suffix = compression === 'none' ? '' : `.${compression}`;
  return createAr([
    ['debian-binary', Buffer.from('2.0\n')],
    [`control.tar${suffix}`, compress(createTar([{ path: './', flag: '5' }, ...controlEntries]), compression)],
    [`data.tar${suffix}`, compress(createTar(entries), compression)],
  ]);
}

export function createAr(members: readonly (readonly [name: string, content: Uint8Array])[]): Buffer {
  const parts = [Buffer.from('!<arch>\n')];
  for (const [name, content] of members) {
    parts.push(Buffer.from(`${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`));
    parts.push(Buffer.from(content));
    if (content.length % 2 === 1) parts.push(Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}

/** A tar in the form that dpkg-deb writes: GNU magic, `L` and `K` headers for long names. */
export function createTar(entries: readonly FakeEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const flag = entry.flag ?? '0';
    const content = Buffer.from(entry.content ?? '');
    const linkTarget = entry.linkTarget ?? '';
    if (Buffer.byteLength(linkTarget) > 99) parts.push(...member('././@LongLink', 'K', Buffer.from(`${linkTarget}\0`)));
    if (Buffer.byteLength(entry.path) > 99) parts.push(...member('././@LongLink', 'L', Buffer.from(`${entry.path}\0`)));
    parts.push(...member(entry.path, flag, content, { ...entry, linkTarget }));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function member(path: string, flag: string, content: Buffer, entry: Partial<FakeEntry> = {}): Buffer[] {
  const header = Buffer.alloc(512);
  header.write(path, 0, 100);
  const octal = (value: number, offset: number, length: number) => header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset);
  octal(entry.mode ?? (flag === '5' ? 0o755 : 0o644), 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(entry.claimedSize ?? content.length, 124, 12);
  octal(1_700_000_000, 136, 12);
  header.write(flag, 156);
  header.write(entry.linkTarget ?? '', 157, 100);
  header.write('ustar  \0', 257);
  header.fill(0x20, 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

function compress(bytes: Buffer, compression: FakeCompression): Buffer {
  if (compression === 'xz') return storeXz(bytes);
  return compression === 'gz' ? gzipSync(bytes) : bytes;
}
