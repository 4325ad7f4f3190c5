import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseImageReference, validateImage } from '../../src/oci/index.ts';
import { acquireLock, blobsOf, openHome, openLocalStore, pruneHome, surveyHome, sweepImages, useHome, writeCachedApplication } from '../../src/store/index.ts';
import type { Home, LocalStore, PruneOptions } from '../../src/store/index.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const HOUR = 3_600_000;
const NOW = new Date('2026-05-05T12:00:00Z');
const clock = { now: () => NOW };
let folder: string;
let home: Home;
let store: LocalStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prune-'));
  home = openHome(folder);
  store = openLocalStore({ directory: home.store, lockDirectory: home.locks, clock });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const prune = (options: Partial<PruneOptions> = {}) =>
  pruneHome({ home, store, clock, images: false, keepMilliseconds: 0, keepBytes: 0, dryRun: false, lock: {}, ...options });
const app = parseImageReference('app');

/** A cache entry of 1000 bytes that was last used so many hours ago. */
function entry(path: string, hoursAgo: number): string {
  const directory = join(home.cache, path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'file'), Buffer.alloc(1000));
  usedAt(directory, hoursAgo);
  return directory;
}

function usedAt(path: string, hoursAgo: number): void {
  const time = new Date(NOW.getTime() - hoursAgo * HOUR);
  utimesSync(path, time, time);
}

describe('pruneHome()', () => {
  it('removes caches and blobs that no image needs, and leaves images whole', async () => {
    const image = await syntheticImage('kept');
    await store.write(image, [app]);
    await store.distribute((await store.read(app, AMD64))!);
    const stray = await store.blobs.ingest((await syntheticImage('stray')).layers[0]!.openTar());
    const unpacked = entry('builders/rootfs/abc', 1);
    entry('debian/sha256/def', 1);
    const { freedBytes } = await prune();
    expect(existsSync(unpacked)).toBe(false);
    expect(store.blobs.has(stray.digest)).toBe(false);
    expect(freedBytes).toBe(2000 + stray.sizeBytes);
    const read = await store.read(app, AMD64);
    expect(read?.manifest).toBeDefined();
    expect(await validateImage(read!)).toEqual([]);
    expect(surveyHome(home, store).caches).toEqual([]);
  });

  it('says the same and removes nothing on a dry run', async () => {
    const unpacked = entry('images/abc', 1);
    const told = await prune({ dryRun: true });
    expect(existsSync(unpacked)).toBe(true);
    expect(told.freedBytes).toBe((await prune()).freedBytes);
    expect(existsSync(unpacked)).toBe(false);
  });

  it('keeps what was used lately', async () => {
    const old = entry('images/old', 49);
    const fresh = entry('images/fresh', 47);
    await prune({ keepMilliseconds: 48 * HOUR });
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  });

  it('removes the layers of forgotten applications first, then what was not used for longest', async () => {
    const image = await syntheticImage('app');
    await store.write(image, [app]);
    const known = entry('layers/known', 30);
    const forgotten = entry('layers/forgotten', 1);
    writeCachedApplication(known, { kind: 'image', name: 'index.docker.io/library/app', target: 'linux/amd64' });
    writeCachedApplication(forgotten, { kind: 'image', name: 'index.docker.io/library/gone', target: 'linux/amd64' });
    usedAt(known, 30);
    usedAt(forgotten, 1);
    const older = entry('images/older', 20);
    const { totalBytes } = surveyHome(home, store);
    await prune({ keepBytes: totalBytes - 1 });
    expect([forgotten, known, older].map((path) => existsSync(path))).toEqual([false, true, true]);
    await prune({ keepBytes: surveyHome(home, store).totalBytes - 1 });
    expect([known, older].map((path) => existsSync(path))).toEqual([false, true]);
  });

  it('takes images only when told to, the one that got its name first before others', async () => {
    const time = { now: NOW };
    const aging = openLocalStore({ directory: home.store, lockDirectory: home.locks, clock: { now: () => time.now } });
    await aging.write(await syntheticImage('first'), [parseImageReference('first')]);
    time.now = new Date(NOW.getTime() + HOUR);
    await aging.write(await syntheticImage('second'), [parseImageReference('second')]);
    await prune();
    expect(store.list()).toHaveLength(2);
    await prune({ images: true, clock: { now: () => time.now }, keepBytes: surveyHome(home, store).totalBytes - 1 });
    expect(store.list().map(({ reference }) => reference.repository)).toEqual(['library/second']);
    expect(await validateImage((await store.read(parseImageReference('second'), AMD64))!)).toEqual([]);
    await prune({ images: true, clock: { now: () => time.now } });
    expect(surveyHome(home, store).totalBytes).toBe(0);
  });

  it('leaves what a running process has used since it began, and says so', async () => {
    const before = entry('images/before', 5);
    const since = entry('images/since', 3);
    const { digest } = await store.blobs.ingest((await syntheticImage('unfinished')).layers[0]!.openTar());
    usedAt(store.blobs.path(digest), 3);
    {
      using _use = await useHome(home, { clock: { now: () => new Date(NOW.getTime() - 4 * HOUR) } });
      expect((await prune()).inUse).toBe(true);
      expect([before, since].map((path) => existsSync(path))).toEqual([false, true]);
      expect(existsSync(store.blobs.path(digest))).toBe(true);
    }
    expect((await prune()).inUse).toBe(false);
    expect(existsSync(since)).toBe(false);
  });

  it('keeps a layer cache whose build holds its lock', async () => {
    const layers = entry('layers/busy', 9);
    {
      using _lock = await acquireLock(join(home.locks, 'build-busy'));
      expect((await prune()).caches).toEqual([]);
      expect(existsSync(layers)).toBe(true);
    }
    await prune();
    expect(existsSync(layers)).toBe(false);
  });

  it('lets nobody begin while it works, and nobody wait for ever', async () => {
    const order: string[] = [];
    const holder = await acquireLock(join(home.locks, 'prune'));
    const beginning = useHome(home, { onWait: () => order.push('waits') }).then((use) => {
      order.push('begins');
      use[Symbol.dispose]();
    });
    await new Promise((resolve) => setTimeout(resolve, 120));
    order.push('pruned');
    holder[Symbol.dispose]();
    await beginning;
    expect(order).toEqual(['waits', 'pruned', 'begins']);
  });
});

describe('sweepImages()', () => {
  it('removes what only the removed image needed', async () => {
    const shared = await syntheticImage('shared', { layers: 1 });
    const other = { ...(await syntheticImage('other', { layers: 1 })) };
    await store.write(shared, [app]);
    await store.write(other, [parseImageReference('other')]);
    const candidates = blobsOf(home, new Set([shared.imageId]));
    await store.remove(store.list().filter(({ imageId }) => imageId === shared.imageId));
    const freed = await sweepImages(home, candidates, {});
    expect(freed).toBeGreaterThan(10_000);
    expect(store.blobs.has(shared.layers[0]!.diffId)).toBe(false);
    expect(await validateImage((await store.read(parseImageReference('other'), AMD64))!)).toEqual([]);
  });
});
