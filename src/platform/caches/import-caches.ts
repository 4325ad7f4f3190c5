import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { decompress, readTar } from '../../archive/index.ts';
import { TspackError, digestFromHex, digestHex, makeDirectory, removeTree } from '../../foundation/index.ts';
import { createDirectoryLayerCache } from '../../lifecycle/index.ts';
import { collectBytes } from '../../oci/index.ts';
import { acquireLock, createWorkDirectory, writeCachedApplication } from '../../store/index.ts';
import { MAXIMUM_INDEX_BYTES, cacheFileInvalid, isCacheFileName, isIndexName, layerName, parseCacheIndex, readLarge } from './cache-file.ts';
import { applicationName } from './choose-caches.ts';
import type { Digest } from '../../foundation/index.ts';
import type { DownloadStore, Home } from '../../store/index.ts';
import type { Task } from '../api.ts';
import type { ImportedCaches } from './api.ts';
import type { CacheIndex, PortableCache } from './cache-file.ts';

export interface ImportPorts {
  readonly home: Home;
  readonly downloads: DownloadStore;
}

/**
 * Takes the caches of a file. All of it is read, checked and unpacked beside the caches before the first of them is put in
 * its place by a rename: a file that is cut or changed changes nothing. Throws `CACHE_FILE_INVALID`, `CACHE_NOT_FOUND`.
 */
export async function importCaches(source: string | AsyncIterable<Uint8Array>, task: Task, { home, downloads }: ImportPorts): Promise<ImportedCaches> {
  const staging = createWorkDirectory(home);
  try {
    const bytes = decompress(typeof source === 'string' ? openFile(source) : source);
    const index = await invalidUnlessRead(() => unpack(bytes, staging, task.signal));
    for (const cache of index.caches) await stage(cache, staging, task.signal);
    const placed = { layers: [] as string[], kept: [] as string[] };
    for (const cache of index.caches) {
      const isNew = await place(cache, staging, home, task);
      placed[isNew ? 'layers' : 'kept'].push(applicationName(cache.application));
    }
    return { ...placed, downloads: await placeDownloads(index, staging, home, downloads) };
  } finally {
    removeTree(staging);
  }
}

function openFile(path: string): AsyncIterable<Uint8Array> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return readLarge(path);
  throw new TspackError({ code: 'CACHE_NOT_FOUND', message: `Cannot find the file "${path}"`, nextStep: 'Name a file that tspack cache export made' });
}

async function invalidUnlessRead(read: () => Promise<CacheIndex>): Promise<CacheIndex> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TspackError && String(error.code).startsWith('ARCHIVE_')) throw cacheFileInvalid(error.message, error);
    throw error;
  }
}

/** Writes the files of the archive below `staging`, and makes sure that they are those of its index and no others. */
async function unpack(source: AsyncIterable<Uint8Array>, staging: string, signal: AbortSignal): Promise<CacheIndex> {
  const found = new Map<string, Digest>();
  let index: CacheIndex | undefined;
  for await (const { path, type, content } of readTar(source)) {
    signal.throwIfAborted();
    if (index !== undefined) throw cacheFileInvalid(`${JSON.stringify(path)} follows its index`);
    if (isIndexName(path) && type === 'file') index = parseCacheIndex(path, await collectBytes(content, MAXIMUM_INDEX_BYTES, path));
    else if (type !== 'file' || !isCacheFileName(path) || found.has(path))
      throw cacheFileInvalid(`it holds ${JSON.stringify(path)}, which is no part of a cache`);
    else found.set(path, await writeHashed(content, join(staging, path)));
  }
  if (index === undefined) throw cacheFileInvalid('it has no index: it is cut off, or no export of tspack');
  const { files } = index;
  const misnamed = [...found].find(([path, digest]) => path.startsWith('debian/') && digestHex(digest) !== basename(path));
  if (misnamed !== undefined) throw cacheFileInvalid(`${JSON.stringify(misnamed[0])} is not what it is called`);
  const wrong = [...new Set([...Object.keys(files), ...found.keys()])].find((path) => files[path] !== found.get(path));
  if (wrong !== undefined) throw cacheFileInvalid(`${JSON.stringify(wrong)} is not what its index says`);
  return index;
}

async function writeHashed(content: AsyncIterable<Uint8Array>, path: string): Promise<Digest> {
  mkdirSync(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  const file = openSync(path, 'wx', 0o644);
  try {
    for await (const chunk of content) {
      hash.update(chunk);
      for (let offset = 0; offset < chunk.length;) offset += writeSync(file, chunk, offset);
    }
  } finally {
    closeSync(file);
  }
  return digestFromHex(hash.digest('hex'));
}

const stagedAt = (staging: string, key: string) => join(staging, 'caches', key);

async function stage({ key, application, layers }: PortableCache, staging: string, signal: AbortSignal): Promise<void> {
  const tarOf = (tar: Digest) => join(staging, layerName(key, tar));
  const lost = layers.find(({ tar }) => !existsSync(tarOf(tar)));
  const root = stagedAt(staging, key);
  const problem = lost === undefined ? await createDirectoryLayerCache(root, layers, (tar) => readLarge(tarOf(tar)), signal) : `it has no layer ${lost.path}`;
  if (problem !== undefined) throw cacheFileInvalid(problem);
  writeCachedApplication(root, application);
  removeTree(join(staging, 'layers', key));
}

/** A cache that is here is newer, or as good: it stays, and false is the answer. */
async function place({ key, application }: PortableCache, staging: string, home: Home, { events, signal }: Task): Promise<boolean> {
  const target = join(home.cache, 'layers', key);
  using _lock = await acquireLock(join(home.locks, `build-${key}`), {
    signal,
    onWait: () => events({ kind: 'message', level: 'info', message: `Waiting for a build of ${applicationName(application)}` }),
  });
  if (existsSync(join(target, 'state.json'))) return false;
  // A build that failed leaves a folder without a state.
  removeTree(target);
  makeDirectory(dirname(target));
  renameSync(stagedAt(staging, key), target);
  return true;
}

async function placeDownloads({ files }: CacheIndex, staging: string, home: Home, downloads: DownloadStore): Promise<number> {
  const names = Object.keys(files).filter((name) => !name.startsWith('layers/'));
  const targets = names.map((name) => join(home.cache, name.replace(/^debian\//, 'debian/sha256/')));
  const isNew = targets.map((target) => !existsSync(target));
  for (const [position, name] of names.entries()) {
    const target = targets[position]!;
    if (!name.startsWith('debian/') || isNew[position] !== true) continue;
    makeDirectory(dirname(target));
    renameSync(join(staging, name), target);
  }
  const inbox = join(staging, 'verified');
  // It checks the digests that the names say.
  if (existsSync(inbox)) await downloads.collect(inbox);
  rmSync(inbox, { recursive: true, force: true });
  return targets.filter((target, position) => isNew[position] === true && existsSync(target)).length;
}
