import { closeSync, createReadStream, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TspackError, digestFromHex, digestHex, digestOf, makeDirectory, markUsed, writeFileAtomic } from '../../foundation/index.ts';
import { verifyContent } from '../verify.ts';
import type { Digest } from '../../foundation/index.ts';
import type { Descriptor } from '../descriptor.ts';

/**
 * The `blobs/sha256` folder of an OCI layout (OCI image-spec `image-layout.md#blobs`). Every blob is written aside,
 * synced and renamed, so that readers never see half of one.
 */
export interface BlobDirectory {
  /** Root of the layout. */
  readonly directory: string;
  path(digest: Digest): string;
  has(digest: Digest): boolean;
  /** Size in bytes, undefined when it is not here. */
  size(digest: Digest): number | undefined;
  /** Not verified; throws `BLOB_NOT_FOUND`. */
  open(digest: Digest): AsyncIterable<Uint8Array>;
  /** Writes verified content. Does nothing when the blob is here. */
  put(descriptor: Pick<Descriptor, 'digest' | 'size'>, open: () => AsyncIterable<Uint8Array>): Promise<void>;
  putBytes(bytes: Uint8Array): Digest;
  /** Stores content whose digest is not known yet. */
  ingest(source: AsyncIterable<Uint8Array>): Promise<{ readonly digest: Digest; readonly sizeBytes: number }>;
  /** A fresh path on the same file system, for a file that `adopt` then takes. */
  ingestPath(): string;
  /** Takes a complete file whose digest the caller computed while writing it. */
  adopt(path: string, digest: Digest): void;
  remove(digest: Digest): void;
}

/** Where blobs are written before they are complete. */
export function ingestDirectory(directory: string): string {
  return join(directory, 'ingest');
}

export interface BlobDirectoryOptions {
  /** Begins the names of unfinished blobs, so that others can tell whose they are; the process id otherwise. */
  readonly writer?: string;
  /** Blobs that somebody asks for count as used ({@link markUsed}): this folder is pruned. */
  readonly isCache?: boolean;
}

/** @param directory Root of the layout. */
export function openBlobDirectory(directory: string, options: BlobDirectoryOptions = {}): BlobDirectory {
  const blobs = join(directory, 'blobs', 'sha256');
  const ingestFolder = ingestDirectory(directory);
  const path = (digest: Digest) => join(blobs, digestHex(digest));
  const isThere = options.isCache === true ? markUsed : existsSync;
  const has = (digest: Digest) => isThere(path(digest));
  const ingestPath = () => {
    makeDirectory(ingestFolder);
    return join(ingestFolder, `${options.writer ?? process.pid}-${randomBytes(8).toString('hex')}`);
  };
  const adopt = (file: string, digest: Digest) => {
    if (has(digest)) {
      rmSync(file, { force: true });
      return;
    }
    const handle = openSync(file, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    makeDirectory(blobs);
    renameSync(file, path(digest));
  };
  const ingest = async (source: AsyncIterable<Uint8Array>) => {
    const file = ingestPath();
    const hash = createHash('sha256');
    let sizeBytes = 0;
    // Not a write stream: that opens its file later, even after the source has failed.
    const handle = await openFile(file, 'wx');
    try {
      for await (const chunk of source) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        await handle.writeFile(chunk);
      }
      const digest = digestFromHex(hash.digest('hex'));
      adopt(file, digest);
      return { digest, sizeBytes };
    } finally {
      await handle.close();
      rmSync(file, { force: true });
    }
  };
  return {
    directory,
    path,
    has,
    size: (digest) => (has(digest) ? statSync(path(digest), { throwIfNoEntry: false })?.size : undefined),
    open: (digest) => readBlob(path(digest), digest),
    async put(descriptor, open) {
      if (!has(descriptor.digest)) await ingest(verifyContent(open(), descriptor, `blob ${descriptor.digest}`));
    },
    ingest,
    putBytes(bytes) {
      const digest = digestOf(bytes);
      if (!has(digest)) writeFileAtomic(path(digest), bytes);
      return digest;
    },
    ingestPath,
    adopt,
    remove: (digest) => rmSync(path(digest), { force: true }),
  };
}

async function* readBlob(path: string, digest: Digest): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new TspackError({ code: 'BLOB_NOT_FOUND', message: `Cannot find blob ${digest}`, cause: error });
  }
}
