import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readCachedApplication } from './cached-application.ts';
import type { Stats } from 'node:fs';
import type { CachedApplication } from './cached-application.ts';
import type { Home } from './home.ts';

/** One thing in a cache that can be removed by itself. */
export interface CacheEntry {
  readonly path: string;
  /** Below the folder of caches: `builders/rootfs/<digest>`. */
  readonly id: string;
  /** The first part of the ID. */
  readonly cache: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  readonly isFolder: boolean;
  /** Of layer caches: whose they are. */
  readonly application?: CachedApplication;
}

/** Caches whose entries lie one folder deeper. */
const DEEPER: Readonly<Record<string, readonly string[]>> = {
  builders: ['layers', 'rootfs'],
  packages: ['layers', 'rootfs'],
  run: ['layers', 'rootfs'],
  debian: ['sha256'],
};

/** What is known about this machine: small, mounted into builds as long as they last, and never removed. */
const KEPT: ReadonlySet<string> = new Set(['host', 'containers']);

/** Everything in the caches of the data folder, with its size on disk. What hard links share is counted once. */
export function surveyCaches({ cache }: Pick<Home, 'cache'>): readonly CacheEntry[] {
  const counted = new Set<string>();
  const folders = namesIn(cache).filter((name) => !KEPT.has(name));
  return folders.flatMap((name) =>
    (DEEPER[name] ?? ['.'])
      .map((inner) => join(cache, name, inner))
      .flatMap((folder) => namesIn(folder).map((entry) => join(folder, entry)))
      .flatMap((path) => entryAt(path, name, cache, counted)),
  );
}

function entryAt(path: string, name: string, cache: string, counted: Set<string>): readonly CacheEntry[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const application = name === 'layers' ? readCachedApplication(path) : undefined;
  return [
    {
      path,
      id: relative(cache, path),
      cache: name,
      sizeBytes: sizeOnDisk(path, stat, counted),
      usedAt: stat.mtimeMs,
      isFolder: stat.isDirectory(),
      ...(application === undefined ? {} : { application }),
    },
  ];
}

/** Bytes of the files below a path. Folders that cannot be read, as those of other users, count as empty. */
export function sizeOnDisk(path: string, stat: Stats, counted: Set<string>): number {
  if (!stat.isDirectory()) {
    if (stat.nlink > 1) {
      const key = `${stat.dev}:${stat.ino}`;
      if (counted.has(key)) return 0;
      counted.add(key);
    }
    return stat.size;
  }
  let sizeBytes = 0;
  for (const name of namesIn(path)) {
    const inner = join(path, name);
    const found = lstatSync(inner, { throwIfNoEntry: false });
    if (found !== undefined) sizeBytes += sizeOnDisk(inner, found, counted);
  }
  return sizeBytes;
}

function namesIn(folder: string): readonly string[] {
  try {
    return existsSync(folder) ? readdirSync(folder) : [];
  } catch {
    return [];
  }
}
