import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeTar } from '../../archive/index.ts';
import { digestFromHex, removeTree } from '../../foundation/index.ts';
import { openDirectoryLayerCache, writePortableLayer } from '../../lifecycle/index.ts';
import { acquireLock, createWorkDirectory } from '../../store/index.ts';
import { CACHE_FORMAT, indexName, isCacheFileName, layerName, readLarge } from './cache-file.ts';
import { applicationName, cacheNotFound, layerCachesOf } from './choose-caches.ts';
import type { TarSourceEntry } from '../../archive/index.ts';
import type { Digest } from '../../foundation/index.ts';
import type { PortableLayer } from '../../lifecycle/index.ts';
import type { Home, SurveyedCache } from '../../store/index.ts';
import type { Task } from '../api.ts';
import type { ExportCachesOptions } from './api.ts';
import type { CacheIndex, PortableCache } from './cache-file.ts';

/** One file with the caches of these images, or of all. They are looked for before its first byte. Throws `CACHE_NOT_FOUND`. */
export function exportCaches(options: ExportCachesOptions, caches: readonly SurveyedCache[], home: Home, task: Task): AsyncIterable<Uint8Array> {
  const named = options.images.flatMap((name) => {
    const found = layerCachesOf(name, caches);
    if (found.length === 0) throw cacheNotFound(name, caches);
    return found;
  });
  const chosen = options.images.length === 0 ? caches.filter(({ application }) => application !== undefined) : [...new Set(named)];
  return writeExport(chosen, options.downloads, home, task);
}

async function* writeExport(caches: readonly SurveyedCache[], downloads: boolean, home: Home, task: Task): AsyncGenerator<Uint8Array> {
  const scratch = createWorkDirectory(home);
  try {
    yield* writeTar(entriesOf(caches, downloads, home, task, join(scratch, 'layer.tar')));
  } finally {
    removeTree(scratch);
  }
}

/** Layer by layer: no more than one tar lies on the disk. */
async function* entriesOf(caches: readonly SurveyedCache[], downloads: boolean, home: Home, task: Task, scratch: string): AsyncGenerator<TarSourceEntry> {
  const files: Record<string, Digest> = {};
  const portable: PortableCache[] = [];
  for (const entry of caches) {
    if (entry.application === undefined) continue;
    const key = basename(entry.path);
    const layers: PortableLayer[] = [];
    using _lock = await acquireLock(join(home.locks, `build-${key}`), {
      signal: task.signal,
      onWait: () => task.events({ kind: 'message', level: 'info', message: `Waiting for a build of ${applicationName(entry.application!)}` }),
    });
    const cache = await openDirectoryLayerCache(entry.path);
    for (const cached of cache.layers) {
      task.signal.throwIfAborted();
      rmSync(scratch, { force: true });
      const { layer, sizeBytes } = await writePortableLayer(cache, cache.overlay.lower, cached, scratch);
      layers.push(layer);
      const path = layerName(key, layer.tar);
      if (path in files) continue;
      files[path] = layer.tar;
      yield { path, type: 'file', sizeBytes, open: () => readLarge(scratch) };
    }
    portable.push({ key, application: entry.application, layers });
  }
  for (const { path, file } of downloads ? downloadsOf(home) : []) {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    const hash = createHash('sha256');
    yield { path, type: 'file', sizeBytes: stats.size, open: () => hashed(readLarge(file), hash) };
    files[path] = digestFromHex(hash.digest('hex'));
  }
  const index = Buffer.from(`${JSON.stringify({ format: CACHE_FORMAT, caches: portable, files } satisfies CacheIndex)}\n`);
  yield { path: indexName(index), type: 'file', content: index };
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Files that are checked by their names wherever they come from. */
function downloadsOf({ cache }: Home): readonly { readonly path: string; readonly file: string }[] {
  const folders = [
    ['verified', join(cache, 'verified')],
    ['debian', join(cache, 'debian', 'sha256')],
  ] as const;
  return folders.flatMap(([name, folder]) =>
    (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder).sort() : [])
      .map((file) => ({ path: `${name}/${file}`, file: join(folder, file) }))
      .filter(({ path }) => isCacheFileName(path)),
  );
}
