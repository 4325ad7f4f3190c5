import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTar } from '../../../src/archive/index.ts';
import { openDirectoryLayerCache } from '../../../src/lifecycle/index.ts';
import { exportCaches, importCaches, limitCaches, removeCaches } from '../../../src/platform/index.ts';
import { acquireLock, openDownloadStore, openHome, openLocalStore, surveyHome, useHome, writeCachedApplication } from '../../../src/store/index.ts';
import { seededRandom } from '../../support/random.ts';
import type { TarSourceEntry } from '../../../src/archive/index.ts';
import type { Task } from '../../../src/platform/index.ts';
import type { Home } from '../../../src/store/index.ts';

let folder: string;
let home: Home;
let messages: string[];
const clock = { now: () => new Date() };
const KEY = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caches-'));
  home = openHome(join(folder, 'one'));
  messages = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const task: Task = {
  events: (event) => {
    if (event.kind === 'message') messages.push(event.message);
  },
  signal: new AbortController().signal,
};
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const storeOf = ({ store, locks }: Home) => openLocalStore({ directory: store, lockDirectory: locks });
const cachesOf = (at: Home) => surveyHome(at, storeOf(at)).caches;
const ports = (at: Home) => ({ home: at, store: storeOf(at), clock, removeForeign: () => Promise.resolve() });

/** The layer cache of an application after a build with one layer. */
async function layerCache(key: string, name: string, text: string): Promise<void> {
  const root = join(home.cache, 'layers', key);
  const cache = await openDirectoryLayerCache(root);
  const layer = join(folder, `layer-${key}`);
  mkdirSync(join(layer, 'bin'), { recursive: true });
  writeFileSync(join(layer, 'bin/tool'), text, { mode: 0o755 });
  symlinkSync('tool', join(layer, 'bin/link'));
  const known = { path: 'acme_one/deps', buildpackId: 'acme/one', layerName: 'deps', launch: false, build: true, data: { version: '1' } };
  await cache.commit([{ ...known, tree: { kind: 'folder', folder: layer }, sboms: { 'cdx.json': Buffer.from('{"x":1}') } }]);
  writeCachedApplication(root, { kind: 'image', name: `index.docker.io/library/${name}`, builder: 'base', target: 'linux/amd64' });
}

function download(text: string): void {
  for (const [where, name] of [
    ['verified', `sha256-${sha256(text)}`],
    ['debian/sha256', sha256(text)],
  ] as const) {
    mkdirSync(join(home.cache, where), { recursive: true });
    writeFileSync(join(home.cache, where, name), text);
  }
}

async function exported(images: readonly string[] = [], downloads = true): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportCaches({ images, downloads }, cachesOf(home), home, task)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* bytesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

const open = (name: string) => openHome(join(folder, name));
const take = (bytes: Uint8Array, at: Home) => importCaches(bytesOf(bytes), task, { home: at, downloads: openDownloadStore(at, clock) });

/** What lies in the caches and work folders of a home. */
function filesOf({ cache, work }: Home): readonly string[] {
  return [cache, work]
    .filter((each) => existsSync(each))
    .flatMap((each) => readdirSync(each, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
}

describe('exportCaches() and importCaches()', () => {
  it('carry layers, their metadata and downloads to another data folder', async () => {
    await layerCache(KEY, 'myapp', 'one');
    await layerCache(OTHER, 'other', 'two');
    download('a package');
    const two = open('two');
    expect(await take(await exported(), two)).toEqual({ layers: ['myapp', 'other'], kept: [], downloads: 2 });
    const root = join(two.cache, 'layers', KEY);
    const cache = await openDirectoryLayerCache(root);
    expect(cache.layers).toEqual([{ path: 'acme_one/deps', buildpackId: 'acme/one', layerName: 'deps', launch: false, build: true, data: { version: '1' } }]);
    expect(Buffer.from((await cache.sboms('acme_one/deps'))['cdx.json']!).toString()).toBe('{"x":1}');
    expect(readFileSync(join(root, 'layers/acme_one/deps/bin/link'), 'utf8')).toBe('one');
    expect(cachesOf(two).find(({ id }) => id === `layers/${KEY}`)?.application).toMatchObject({ builder: 'base', target: 'linux/amd64' });
    expect(readFileSync(join(two.cache, 'debian/sha256', sha256('a package')), 'utf8')).toBe('a package');
    expect(readFileSync(join(two.cache, 'verified', `sha256-${sha256('a package')}`), 'utf8')).toBe('a package');
    expect(readdirSync(two.work)).toEqual([]);
  });

  it('give the same bytes twice', async () => {
    await layerCache(KEY, 'myapp', 'one');
    expect((await exported()).equals(await exported())).toBe(true);
  });

  it('take what is wanted, and leave what is there', async () => {
    await layerCache(KEY, 'myapp', 'one');
    await layerCache(OTHER, 'other', 'two');
    download('x');
    const [two, all] = [open('two'), await exported()];
    expect(await take(gzipSync(await exported(['myapp:1.2'], false)), two)).toEqual({ layers: ['myapp'], kept: [], downloads: 0 });
    writeFileSync(join(two.cache, 'layers', KEY, 'layers/acme_one/deps/bin/tool'), 'changed since');
    expect(await take(all, two)).toEqual({ layers: ['other'], kept: ['myapp'], downloads: 2 });
    expect(readFileSync(join(two.cache, 'layers', KEY, 'layers/acme_one/deps/bin/tool'), 'utf8')).toBe('changed since');
    await expect(exported(['myap'])).rejects.toThrow(expect.objectContaining({ code: 'CACHE_NOT_FOUND', nextStep: 'Did you mean "myapp"?' }));
  });

  it('change nothing when the file is cut or changed anywhere', async () => {
    await layerCache(KEY, 'myapp', 'one');
    download('x');
    const whole = await exported();
    const random = seededRandom(7);
    const two = open('two');
    const before = filesOf(two);
    for (let round = 0; round < 60; round++) {
      const bytes = Buffer.from(whole);
      // The last 1024 bytes are zeros that end a tar: without them it is whole all the same.
      const at = random.below(bytes.length - 1100);
      bytes[at]! ^= 1 << random.below(8);
      const damaged = round % 2 === 0 ? whole.subarray(0, at) : bytes;
      const outcome = await take(damaged, two).catch((error: unknown) => error);
      // Padding and times of a tar are nobody's content.
      if (outcome instanceof Error)
        expect(outcome).toMatchObject({ code: 'CACHE_FILE_INVALID', nextStep: expect.stringContaining('Nothing has been changed') });
      else {
        expect(round % 2).toBe(1);
        for (const name of ['layers', 'verified', 'debian']) rmSync(join(two.cache, name), { recursive: true, force: true });
        mkdirSync(join(two.cache, 'verified'));
      }
      expect(filesOf(two)).toEqual(before);
    }
  });

  it.each<[string, readonly TarSourceEntry[]]>([
    ['no index', [{ path: `debian/${sha256('x')}`, type: 'file', content: Buffer.from('x') }]],
    ['which is no part of a cache', [{ path: '../evil', type: 'file', content: Buffer.from('x') }]],
    ['which is no part of a cache', [{ path: `debian/${sha256('x')}`, type: 'symlink', linkTarget: '/etc/passwd' }]],
    ['is not what it is called', [{ path: `debian/${sha256('x')}`, type: 'file', content: Buffer.from('y') }, index({})]],
    ['is not what its index says', [{ path: `debian/${sha256('x')}`, type: 'file', content: Buffer.from('x') }, index({})]],
    ['this tspack knows 1', [index({ format: 2 })]],
    ['has no key', [index({ caches: [{ key: '../x' }] })]],
    ['does not say whose it is', [index({ caches: [{ key: KEY }] })]],
    ['is malformed', [index({ caches: [{ key: KEY, application: { name: 'x', kind: 'image', target: 'y' }, layers: [{ buildpackId: '../..' }] }] })]],
    ['it has no layer', [index({ caches: [{ key: KEY, application: { name: 'x', kind: 'image', target: 'y' }, layers: [layer(sha256('x'))] }] })]],
    ['index has been changed', [{ path: `tspack-cache-${sha256('x')}.json`, type: 'file', content: Buffer.from('{}') }]],
    ['follows its index', [index({}), index({})]],
  ])('refuse a file: %s', async (why, entries) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of writeTar([...entries])) chunks.push(chunk);
    const two = open('two');
    const error = expect.objectContaining({ code: 'CACHE_FILE_INVALID', message: expect.stringContaining(why) });
    await expect(take(Buffer.concat(chunks), two)).rejects.toThrow(error);
    expect(filesOf(two)).toEqual([]);
  });

  it('wait for a build of the application', async () => {
    await layerCache(KEY, 'myapp', 'one');
    const lock = await acquireLock(join(home.locks, `build-${KEY}`));
    setTimeout(() => lock[Symbol.dispose](), 100);
    await exported();
    expect(messages).toEqual(['Waiting for a build of myapp']);
  });
});

function index(more: object): TarSourceEntry {
  const text = JSON.stringify({ format: 1, caches: [], files: {}, ...more });
  return { path: `tspack-cache-${sha256(text)}.json`, type: 'file', content: Buffer.from(text) };
}

function layer(hex: string): object {
  return { buildpackId: 'acme/one', layerName: 'deps', launch: true, build: false, tar: `sha256:${hex}`, sboms: {} };
}

describe('removeCaches()', () => {
  const remove = (names: readonly string[], dryRun = false) => removeCaches({ names, dryRun }, task, ports(home));

  it('removes caches by image, ID or kind, and nothing else', async () => {
    await layerCache(KEY, 'myapp', 'one');
    await layerCache(OTHER, 'other', 'two');
    download('x');
    expect((await remove(['myapp'], true)).removed).toHaveLength(1);
    expect((await remove(['myapp'])).removed.map(({ description }) => description)).toEqual(['cached layers of myapp (linux/amd64), whose image is gone']);
    expect((await remove([`layers/${OTHER.slice(0, 12)}`, 'debian'])).removed.map(({ id }) => id).sort()).toEqual(['debian', 'layers/bbbbbbbbbbbb']);
    expect(cachesOf(home).map(({ cache }) => cache)).toEqual(['verified']);
    await expect(remove(['debain'])).rejects.toThrow(expect.objectContaining({ code: 'CACHE_NOT_FOUND' }));
    expect((await remove([])).removed).toHaveLength(1);
    expect(cachesOf(home)).toEqual([]);
  });

  it('leaves what a process that runs may need, and says so', async () => {
    download('x');
    using _use = await useHome(home);
    const { removed, kept } = await remove(['debian']);
    expect([removed.length, kept.map(({ id }) => id)]).toEqual([0, ['debian']]);
  });
});

describe('limitCaches()', () => {
  it('keeps the caches within a size, whatever images take', async () => {
    for (const text of ['x'.repeat(5000), 'y'.repeat(5000), 'z'.repeat(5000)]) download(text);
    await storeOf(home).blobs.ingest(bytesOf(Buffer.alloc(100_000)));
    await limitCaches(40_000, task, ports(home));
    expect(messages).toEqual([]);
    await limitCaches(12_000, task, ports(home));
    expect(cachesOf(home)).toHaveLength(2);
    expect(messages).toEqual([expect.stringContaining('the setting cache-size allows no more')]);
  });
});
