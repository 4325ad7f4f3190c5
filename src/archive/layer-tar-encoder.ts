import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, readdirSync, readlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { toByteString, toFilePath } from './byte-string.ts';
import type { ByteString } from './byte-string.ts';
import type { LayerTarEntry, LayerTarPart, LayerTarSpec } from './layer-tar.ts';
import { reading, sourceChanged, sourceUnreadable } from './source-error.ts';
import { BLOCK_BYTES, encodeTarHeader } from './tar-header.ts';
import type { TarHeader } from './tar-header.ts';
import type { TarSink } from './tar-sink.ts';

/** 1980-01-01T00:00:01Z, the reference's time of every entry (CNB.md C144). */
const DEFAULT_MTIME_SECONDS = 315532801;
const PERMISSION_BITS = 0o7777;
/** Without O_NOFOLLOW a file swapped for a link would be read through it; without O_NONBLOCK a pipe would hang us. */
const OPEN_TREE_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const OPEN_NAMED_FILE = constants.O_RDONLY | constants.O_NONBLOCK;

type Tree = Extract<LayerTarPart, { kind: 'tree' }>;

/**
 * Writes the whole tar of a layer into the sink, trailer included. Synchronous: for worker threads.
 * Throws `TAR_SOURCE_CHANGED` when a file's size changes while it is read, `TAR_SOURCE_UNREADABLE` when one
 * cannot be read; both name it.
 */
export function encodeLayerTar(spec: LayerTarSpec, sink: TarSink): void {
  const mtimeSeconds = spec.mtimeSeconds ?? DEFAULT_MTIME_SECONDS;
  for (const part of spec.parts) {
    if (part.kind === 'tree') {
      new TreeEncoder(part, mtimeSeconds, sink).encode();
    } else {
      for (const entry of part.entries) encodeEntry(entry, mtimeSeconds, sink);
    }
  }
  // Two blocks and no more: Go does not round the archive up to 10 KiB.
  sink.zeros(2 * BLOCK_BYTES);
}

function encodeEntry(entry: LayerTarEntry, mtimeSeconds: number, sink: TarSink): void {
  const header: Omit<TarHeader, 'size'> = {
    path: toByteString(entry.path),
    type: entry.type,
    mode: entry.mode & PERMISSION_BITS,
    uid: entry.uid,
    gid: entry.gid,
    mtimeSeconds,
    ...(entry.linkTarget === undefined ? {} : { linkTarget: toByteString(entry.linkTarget) }),
  };
  if (entry.type !== 'file' || entry.source === undefined) {
    const content = entry.type === 'file' ? entry.content : undefined;
    sink.append(encodeTarHeader({ ...header, size: content?.length ?? 0 }));
    if (content === undefined) return;
    sink.append(content);
    pad(content.length, sink);
    return;
  }
  const source = toByteString(entry.source);
  const file = reading(source, () => openSync(toFilePath(source), OPEN_NAMED_FILE));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw sourceUnreadable(source, 'it is not a regular file');
    sink.append(encodeTarHeader({ ...header, size: stats.size }));
    copyContent(file, stats.size, source, sink);
  } finally {
    closeSync(file);
  }
}

class TreeEncoder {
  readonly #tree: Tree;
  readonly #mtimeSeconds: number;
  readonly #sink: TarSink;
  readonly #excluded: ReadonlySet<ByteString>;

  constructor(tree: Tree, mtimeSeconds: number, sink: TarSink) {
    this.#tree = tree;
    this.#mtimeSeconds = mtimeSeconds;
    this.#sink = sink;
    const source = toByteString(tree.source);
    this.#excluded = new Set((tree.exclude ?? []).map((path) => `${source}/${toByteString(path)}`));
  }

  encode(): void {
    this.#visit(toByteString(this.#tree.source), toByteString(this.#tree.target));
  }

  #visit(source: ByteString, target: ByteString): void {
    const path = toFilePath(source);
    const stats = reading(source, () => lstatSync(path));
    if (stats.isFile()) {
      this.#file(source, path, target, stats);
    } else if (stats.isDirectory()) {
      this.#header(target, stats, { type: 'directory' });
      const names = reading(source, () => readdirSync(path, 'latin1'));
      names.sort(byBytes);
      const below = target === '/' ? '' : target;
      for (const name of names) {
        const child = `${source}/${name}`;
        if (this.#excluded.size === 0 || !this.#excluded.has(child)) this.#visit(child, `${below}/${name}`);
      }
    } else if (stats.isSymbolicLink()) {
      this.#header(target, stats, { type: 'symlink', linkTarget: reading(source, () => readlinkSync(path, 'latin1')) });
    } else if (!stats.isSocket()) {
      this.#special(target, stats);
    }
  }

  #file(source: ByteString, path: string | Buffer, target: ByteString, stats: Stats): void {
    const file = reading(source, () => openSync(path, OPEN_TREE_FILE));
    try {
      this.#header(target, stats, { type: 'file', size: stats.size });
      copyContent(file, stats.size, source, this.#sink);
    } finally {
      closeSync(file);
    }
  }

  #special(target: ByteString, stats: Stats): void {
    if (stats.isFIFO()) {
      this.#header(target, stats, { type: 'fifo' });
      return;
    }
    // Linux packs both numbers into one, the low bits of each lowest.
    const device = BigInt(stats.rdev);
    this.#header(target, stats, {
      type: stats.isCharacterDevice() ? 'character-device' : 'block-device',
      deviceMajor: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
      deviceMinor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
    });
  }

  #header(path: ByteString, stats: Stats, rest: Pick<TarHeader, 'type'> & Partial<TarHeader>): void {
    this.#sink.append(
      encodeTarHeader({
        size: 0,
        ...rest,
        path,
        mode: stats.mode & PERMISSION_BITS,
        uid: this.#tree.uid,
        gid: this.#tree.gid,
        mtimeSeconds: this.#mtimeSeconds,
      }),
    );
  }
}

/** Copies an open file that must be exactly `size` bytes long. */
function copyContent(file: number, size: number, source: ByteString, sink: TarSink): void {
  let left = size;
  // One byte more is asked for where there is room, so that a file that has grown is seen without another call.
  let ended = false;
  while (!ended) {
    const room = sink.room();
    const read = reading(source, () => readSync(file, room, 0, Math.min(room.length, left + 1), null));
    if (read > left || (read === 0 && left > 0)) throw sourceChanged(source, `its size was ${size} bytes and has changed`);
    ended = read === 0 || (read === left && room.length > left);
    sink.advance(read);
    left -= read;
  }
  pad(size, sink);
}

function pad(size: number, sink: TarSink): void {
  const over = size % BLOCK_BYTES;
  if (over > 0) sink.zeros(BLOCK_BYTES - over);
}

function byBytes(a: ByteString, b: ByteString): number {
  return a < b ? -1 : 1;
}
