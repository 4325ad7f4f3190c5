import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, mkdtempSync, openSync, readSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress, detectCompression, extractTar } from '../archive/index.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { openSourceTree } from './source-tree.ts';
import type { DockerfilePlace } from './dockerfile-error.ts';
import type { CopySource } from './copy-plan.ts';

const REMOTE_MODE = 0o600;
const TAR_MAGIC = { at: 257, text: 'ustar' };
/** What Docker unpacks and we cannot read. */
const OTHER_COMPRESSIONS: readonly { readonly name: string; readonly start: readonly number[] }[] = [
  { name: 'bzip2', start: [0x42, 0x5a, 0x68] },
  { name: 'xz', start: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
];

/** Whether ADD has to fetch it. */
export function isRemote(source: string): boolean {
  return /^https?:\/\//iu.test(source);
}

/** Whether ADD would clone it. */
export function isRepository(source: string): boolean {
  return /^git@|^(?:git|ssh):\/\/|^https?:\/\/.*\.git(?:#.*)?$/iu.test(source);
}

/** Downloads a source of ADD. Throws `DOCKERFILE_COPY_FAILED` around what `download` throws, and for another checksum. */
export async function downloadSource(
  url: string,
  options: {
    readonly checksum: string | undefined;
    readonly download: (url: string) => AsyncIterable<Uint8Array>;
    readonly workDirectory: string;
    readonly place: DockerfilePlace;
    readonly signal?: AbortSignal;
  },
): Promise<CopySource> {
  const { checksum, download, workDirectory, place, signal } = options;
  const directory = mkdtempSync(join(workDirectory, 'download-'));
  const hash = createHash('sha256');
  async function* hashed() {
    for await (const chunk of download(url)) {
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    await pipeline(Readable.from(hashed()), createWriteStream(join(directory, 'file'), { mode: REMOTE_MODE }), ...(signal === undefined ? [] : [{ signal }]));
  } catch (error) {
    signal?.throwIfAborted();
    throw new DockerfileError(place, {
      code: 'DOCKERFILE_COPY_FAILED',
      problem: `ADD cannot fetch "${url}": ${error instanceof Error ? error.message : String(error)}`,
      nextStep: 'Check the address and the network',
      cause: error,
    });
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (checksum !== undefined && checksum !== found) {
    throw new DockerfileError(place, {
      code: 'DOCKERFILE_COPY_FAILED',
      problem: `ADD fetched "${url}" with ${found}, want ${checksum}`,
      nextStep: 'Try again; if it stays, the server sends other content than what was pinned',
    });
  }
  const owners = new Map([['file', { uid: 0, gid: 0, mode: REMOTE_MODE }]]);
  const tree = openSourceTree(directory, undefined, owners);
  return { tree, entry: tree.find('file')!, name: posix.basename(new URL(url).pathname), keepsOwners: false };
}

/**
 * What ADD makes of a file: a tar, plain or compressed, becomes the folder of what is in it, with its owners; all else
 * stays as it is. Throws `DOCKERFILE_UNSUPPORTED` for compressions that cannot be read here, and what unpacking throws.
 */
export async function unpackSource(source: CopySource, workDirectory: string, place: DockerfilePlace, signal?: AbortSignal): Promise<CopySource> {
  if (source.entry.type !== 'file') return source;
  const file = source.tree.hostPath(source.entry.path);
  const start = readStart(file);
  const other = OTHER_COMPRESSIONS.find(({ start: magic }) => magic.every((byte, index) => start[index] === byte));
  if (other !== undefined && /\.t(?:ar\.)?(?:bz2?|xz)$|\.tar$/iu.test(source.name)) {
    throw new DockerfileError(place, {
      code: 'DOCKERFILE_UNSUPPORTED',
      problem: `ADD cannot unpack "${source.name}": it is compressed with ${other.name}`,
      nextStep: 'Compress it with gzip, or copy it with COPY and unpack it with RUN',
    });
  }
  if (!(await isTar(file, start))) return source;
  const directory = mkdtempSync(join(workDirectory, 'unpacked-'));
  const owners = new Map<string, { readonly uid: number; readonly gid: number; readonly mode: number }>();
  await extractTar(decompress(openFile(file)), directory, {
    rename: (path, entry) => {
      owners.set(Buffer.from(posix.normalize(`/${path}`).slice(1)).toString('latin1'), { uid: entry.uid, gid: entry.gid, mode: entry.mode });
      return path;
    },
    dropLeadingSlash: true,
    symlinks: 'any',
    specialFiles: 'skip',
    ...(signal === undefined ? {} : { signal }),
  });
  const tree = openSourceTree(directory, undefined, owners);
  return { tree, entry: tree.find('')!, name: source.name, keepsOwners: true };
}

async function isTar(file: Buffer, start: Buffer): Promise<boolean> {
  if (detectCompression(start) === 'none') return isTarHeader(start);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of decompress(openFile(file))) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= 512) break;
    }
  } catch {
    // A damaged archive is copied as it is, as Docker does.
    return false;
  }
  return isTarHeader(Buffer.concat(chunks));
}

function isTarHeader(bytes: Buffer): boolean {
  return bytes.toString('latin1', TAR_MAGIC.at, TAR_MAGIC.at + TAR_MAGIC.text.length) === TAR_MAGIC.text;
}

function readStart(file: Buffer): Buffer {
  const start = Buffer.alloc(512);
  const descriptor = openSync(file, 'r');
  try {
    return start.subarray(0, readSync(descriptor, start));
  } finally {
    closeSync(descriptor);
  }
}

function openFile(file: Buffer): AsyncIterable<Uint8Array> {
  return createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>;
}
