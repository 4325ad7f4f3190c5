import type { Pack } from 'tar-stream';

/** One entry to write. */
export interface TarSourceEntry {
  /** Relative, with `/` between parts. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'link';
  /** Default 0o644 for files, 0o755 for folders, 0o777 for links. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970. Default 0. */
  readonly mtimeSeconds?: number;
  readonly linkTarget?: string;
  /** Of files: the bytes, or how many there are and how to get them. Neither: an empty file. */
  readonly content?: Uint8Array;
  readonly sizeBytes?: number;
  readonly open?: () => AsyncIterable<Uint8Array>;
}

const DEFAULT_MODES = { file: 0o644, directory: 0o755, symlink: 0o777, link: 0o644 } as const;

/**
 * Writes a tar whose bytes are ours to choose (docker-archive, oci-archive, buildpackages): the entries as they come,
 * without owner names and, unless told otherwise, without times. Layers are written by {@link writeLayerTar}.
 * Fails when a content is not `sizeBytes` long.
 */
export async function* writeTar(entries: AsyncIterable<TarSourceEntry> | Iterable<TarSourceEntry>): AsyncGenerator<Uint8Array> {
  const {
    default: { pack },
  } = await import('tar-stream'); // 10 ms: only where a tar is really written
  const tar = pack();
  const written = writeEntries(tar, entries);
  // The error reaches the reader through the stream; the promise is awaited below.
  written.catch((error: unknown) => tar.destroy(error as Error));
  try {
    yield* tar as AsyncIterable<Uint8Array>;
    await written;
  } finally {
    tar.destroy();
  }
}

async function writeEntries(tar: Pack, entries: AsyncIterable<TarSourceEntry> | Iterable<TarSourceEntry>): Promise<void> {
  for await (const entry of entries) {
    const header = {
      name: entry.path,
      type: entry.type,
      mode: entry.mode ?? DEFAULT_MODES[entry.type],
      uid: entry.uid ?? 0,
      gid: entry.gid ?? 0,
      mtime: new Date((entry.mtimeSeconds ?? 0) * 1000),
      size: entry.type === 'file' ? (entry.content?.length ?? entry.sizeBytes ?? 0) : 0,
      ...(entry.linkTarget === undefined ? {} : { linkname: entry.linkTarget }),
    };
    if (entry.type === 'file' && entry.content === undefined && entry.open !== undefined) {
      await writeContent(tar, header, entry.open());
    } else {
      await new Promise<void>((resolve, reject) => {
        const done = (error?: Error | null) => (error ? reject(error) : resolve());
        if (entry.type === 'file') tar.entry(header, Buffer.from(entry.content ?? []), done);
        else tar.entry(header, done);
      });
    }
  }
  tar.finalize();
}

async function writeContent(tar: Pack, header: { readonly name: string; readonly size: number }, content: AsyncIterable<Uint8Array>): Promise<void> {
  let done!: (error?: Error | null) => void;
  const finished = new Promise<void>((resolve, reject) => {
    done = (error) => (error ? reject(error) : resolve());
  });
  finished.catch(() => {});
  const sink = tar.entry(header, done);
  // Destroying the archive destroys this too; the error is told once, by the archive.
  sink.on('error', () => {});
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > header.size) break;
    if (!sink.write(chunk)) {
      await new Promise<void>((resolve) => {
        const go = () => {
          sink.off('drain', go).off('close', go);
          resolve();
        };
        sink.on('drain', go).on('close', go);
        if (sink.destroyed) go();
      });
    }
    if (sink.destroyed) break;
  }
  if (bytes !== header.size && !sink.destroyed) {
    throw new Error(`The content of ${header.name} is not ${header.size} bytes long`);
  }
  sink.end(null);
  await finished;
}
