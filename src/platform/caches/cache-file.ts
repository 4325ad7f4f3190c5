import { createReadStream } from 'node:fs';
import { TspackError, digestHex, digestOf, isDigest, parseDownloadName } from '../../foundation/index.ts';
import { parsePortableLayer } from '../../lifecycle/index.ts';
import type { Digest } from '../../foundation/index.ts';
import type { PortableLayer } from '../../lifecycle/index.ts';
import type { CachedApplication } from '../../store/index.ts';

/**
 * The file that carries caches to another machine is a tar:
 *
 * ```
 * layers/<key>/<sha256>.tar   a cached layer of an application
 * verified/<name>             a download of buildpacks, named by its digest
 * debian/<sha256>             a package or an index of Debian
 * tspack-cache-<sha256>.json  the index, at the end: what is missing or changed shows there
 * ```
 */
export const CACHE_FORMAT = 1;
export const MAXIMUM_INDEX_BYTES = 64 * 1024 * 1024;

/** The layer cache of an application, under the key that it has on every machine. */
export interface PortableCache {
  readonly key: string;
  readonly application: CachedApplication;
  readonly layers: readonly PortableLayer[];
}

export interface CacheIndex {
  readonly format: number;
  readonly caches: readonly PortableCache[];
  /** Digest of every other file. */
  readonly files: Readonly<Record<string, Digest>>;
}

/** Like every file it is named by what it holds. */
export function indexName(bytes: Uint8Array): string {
  return `tspack-cache-${digestHex(digestOf(bytes))}.json`;
}

export function isIndexName(name: string): boolean {
  return /^tspack-cache-[0-9a-f]{64}\.json$/.test(name);
}

export function layerName(key: string, tar: Digest): string {
  return `layers/${key}/${digestHex(tar)}.tar`;
}

/** Whether a file may have that name: none leads anywhere else, and what it says of a content can be checked. */
export function isCacheFileName(name: string): boolean {
  const [folder, ...rest] = name.split('/');
  if (folder === 'layers') return /^layers\/[0-9a-f]{32}\/[0-9a-f]{64}\.tar$/.test(name);
  if (rest.length !== 1) return false;
  return folder === 'verified' ? parseDownloadName(rest[0]!) !== undefined : folder === 'debian' && /^[0-9a-f]{64}$/.test(rest[0]!);
}

/** Throws `CACHE_FILE_INVALID`. */
export function parseCacheIndex(name: string, bytes: Uint8Array): CacheIndex {
  if (indexName(bytes) !== name) throw cacheFileInvalid('its index has been changed');
  let index: Partial<Record<keyof CacheIndex, unknown>>;
  try {
    index = JSON.parse(Buffer.from(bytes).toString('utf8')) as typeof index;
  } catch (error) {
    throw cacheFileInvalid('its index is no JSON', error);
  }
  if (!isTable(index)) throw cacheFileInvalid('its index is no table');
  if (index.format !== CACHE_FORMAT) {
    throw cacheFileInvalid(`it has format ${JSON.stringify(index.format)}, this tspack knows ${CACHE_FORMAT}`);
  }
  const { caches, files } = index;
  if (!Array.isArray(caches) || !isTable(files)) throw cacheFileInvalid('its index names no caches');
  const digests = Object.entries(files).map(([name, digest]) => {
    if (typeof digest !== 'string' || !isDigest(digest)) throw cacheFileInvalid(`${JSON.stringify(name)} has no digest`);
    return [name, digest] as const;
  });
  return { format: CACHE_FORMAT, caches: caches.map(parseCache), files: Object.fromEntries(digests) };
}

function parseCache(value: unknown): PortableCache {
  const { key, application, layers } = isTable(value) ? value : {};
  if (typeof key !== 'string' || !/^[0-9a-f]{32}$/.test(key)) throw cacheFileInvalid('a cache of it has no key');
  const { name, kind, builder, target } = isTable(application) ? application : {};
  const isKnown = (kind === 'image' || kind === 'volume') && typeof name === 'string' && typeof target === 'string';
  if (!isKnown || !(builder === undefined || typeof builder === 'string')) throw cacheFileInvalid(`cache ${key} does not say whose it is`);
  const parsed = (Array.isArray(layers) ? layers : []).map((layer) => {
    const portable = parsePortableLayer(layer);
    if (portable === undefined) throw cacheFileInvalid(`a layer of cache ${key} is malformed`);
    return portable;
  });
  return { key, application: { name, kind, target, ...(builder === undefined ? {} : { builder }) }, layers: parsed };
}

export function cacheFileInvalid(why: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'CACHE_FILE_INVALID',
    message: `Cannot import these caches: ${why}`,
    nextStep: 'Nothing has been changed. Make the file again with tspack cache export',
    cause,
  });
}

export function readLarge(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: 1024 * 1024 });
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
