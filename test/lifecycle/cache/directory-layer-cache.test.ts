import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/foundation/index.ts';
import { openDirectoryLayerCache } from '../../../src/lifecycle/cache/directory-layer-cache.ts';
import { LISTING_FORMAT } from '../../../src/lifecycle/cache/merged-listing.ts';
import { createOverlayLayersDirectory } from '../../../src/lifecycle/cache/overlay-layers-directory.ts';
import type { CacheCommitLayer } from '../../../src/lifecycle/cache/layer-cache.ts';
import type { LayerTree } from '../../../src/lifecycle/layers-directory.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cache-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = () => join(folder, 'cache');
const open = () => openDirectoryLayerCache(root());
const write = (path: string, content = path) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const files = (path: string) => readdirSync(join(folder, path), { recursive: true }).map(String).sort();

function layer(path: string, tree: LayerTree, more: Partial<CacheCommitLayer> = {}): CacheCommitLayer {
  const [buildpack = '', layerName = ''] = path.split('/');
  return { path, buildpackId: buildpack, layerName, launch: true, build: false, data: {}, tree, sboms: {}, ...more };
}
const folderTree = (path: string): LayerTree => ({ kind: 'folder', folder: join(folder, path) });
/** Old enough that a fingerprint is believed. */
const age = (path: string) => {
  for (const name of ['', ...files(path)]) utimesSync(join(folder, path, name), new Date(0), new Date(0));
};

describe('openDirectoryLayerCache()', () => {
  it('takes over the folders of a good build and gives them to the next', async () => {
    write('work/bp/one/file');
    await (await open()).commit([layer('bp/one', folderTree('work/bp/one'), { data: { a: 1 }, sboms: { 'cdx.json': Buffer.from('{}') } })]);
    const cache = await open();
    expect(cache.layers).toMatchObject([{ path: 'bp/one', data: { a: 1 } }]);
    expect(files('cache/layers')).toEqual(['bp', 'bp/one', 'bp/one/file']);
    expect(Buffer.from((await cache.sboms('bp/one'))['cdx.json']!).toString()).toBe('{}');
    expect(existsSync(join(folder, 'work/bp/one'))).toBe(false);
  });

  it('says which layers are new to it', async () => {
    const said: string[] = [];
    const openSaying = () => openDirectoryLayerCache(root(), (event) => said.push(event.kind === 'layer' ? `${event.action} ${event.name}` : event.kind));
    write('work/bp/one/file');
    await (await openSaying()).commit([layer('bp/one', folderTree('work/bp/one'))]);
    await (await openSaying()).commit([layer('bp/one', { kind: 'unchanged', folder: join(root(), 'layers/bp/one') })]);
    expect(said).toEqual(['caching bp:one', 'keeping bp:one']);
  });

  it('is the cache of the last good build after a build that failed', async () => {
    write('work/bp/one/file', 'good');
    write('work/bp/two/file', 'good');
    await (await open()).commit([layer('bp/one', folderTree('work/bp/one')), layer('bp/two', folderTree('work/bp/two'))]);
    const failing = await open();
    await failing.restore(new Set(['bp/two']));
    expect(files('cache/layers')).toEqual(['bp', 'bp/two', 'bp/two/file']);
    const next = await open();
    expect(next.layers.map(({ path }) => path)).toEqual(['bp/one', 'bp/two']);
    expect(read('cache/layers/bp/one/file')).toBe('good');
  });

  it('removes what the next good build no longer has', async () => {
    write('work/bp/one/file');
    await (await open()).commit([layer('bp/one', folderTree('work/bp/one'))]);
    await (await open()).commit([]);
    expect((await open()).layers).toEqual([]);
    expect(files('cache/layers')).toEqual(['bp']);
  });

  it('finishes a commit that was killed after it was written down, however far it came', async () => {
    write('work/bp/one/file', 'old');
    await (await open()).commit([layer('bp/one', folderTree('work/bp/one'))]);
    write('work/bp/one/file', 'new');
    write('work/bp/two/file', 'new');
    const commit = {
      format: 1,
      steps: [
        { kind: 'replace', path: 'bp/one', from: join(folder, 'work/bp/one') },
        { kind: 'replace', path: 'bp/two', from: join(folder, 'work/bp/two') },
      ],
      layers: [layer('bp/one', folderTree('x')), layer('bp/two', folderTree('x'))],
    };
    writeFileSync(join(root(), 'commit.json'), JSON.stringify(commit));
    // The first step had already been done.
    rmSync(join(root(), 'layers/bp/one'), { recursive: true });
    execFileSync('mv', [join(folder, 'work/bp/one'), join(root(), 'layers/bp/one')]);
    const cache = await open();
    expect(cache.layers.map(({ path }) => path)).toEqual(['bp/one', 'bp/two']);
    expect([read('cache/layers/bp/one/file'), read('cache/layers/bp/two/file')]).toEqual(['new', 'new']);
    expect(existsSync(join(root(), 'commit.json'))).toBe(false);
  });

  it('knows the tar of an unchanged layer, and no longer when a file has changed under equal size and time', async () => {
    write('work/bp/one/file', 'aaaa');
    age('work/bp/one');
    const tar = { diffId: digestOf('tar'), sizeBytes: 3 };
    const tree = { kind: 'unchanged', folder: join(root(), 'layers/bp/one') } as const;
    await new Promise((resolve) => setTimeout(resolve, 2_100)); // ctime cannot be set: a fresh one is doubtful
    await (await open()).commit([layer('bp/one', folderTree('work/bp/one'), { tar })]);
    expect(await (await open()).knownTar('bp/one', tree)).toEqual(tar);
    write('cache/layers/bp/one/file', 'bbbb');
    age('cache/layers/bp/one');
    expect(await (await open()).knownTar('bp/one', tree)).toBeUndefined();
  });

  it('writes nothing when nothing has changed, and still sees the next change', async () => {
    write('work/bp/one/file', 'aaaa');
    age('work/bp/one');
    const tar = { diffId: digestOf('tar'), sizeBytes: 4 };
    const sboms = { 'cdx.json': Buffer.from('{"a":1}') };
    await (await open()).commit([layer('bp/one', folderTree('work/bp/one'), { diffId: tar.diffId, tar, sboms })]);
    // The renamed files have new times of change, which count as settled after two seconds.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const again = async (bytes: Readonly<Record<string, Uint8Array>>) => {
      const cache = await open();
      const tree: LayerTree = { kind: 'unchanged', folder: join(root(), 'layers/bp/one') };
      const known = await cache.knownTar('bp/one', tree);
      await cache.commit([layer('bp/one', tree, { diffId: tar.diffId, tar, sboms: bytes })]);
      return known;
    };
    expect(await again(sboms)).toBeUndefined();
    expect(await again(sboms)).toEqual(tar);
    const inodes = () => ['state.json', 'sboms/bp/one.sbom.cdx.json'].map((name) => statSync(join(root(), name)).ino);
    const before = inodes();
    expect(await again(sboms)).toEqual(tar);
    expect(inodes()).toEqual(before);
    await again({ 'cdx.json': Buffer.from('{"a":2}') });
    expect(read('cache/sboms/bp/one.sbom.cdx.json')).toBe('{"a":2}');
    writeFileSync(join(root(), 'layers/bp/one/file'), 'bbbb');
    expect(await again({})).toBeUndefined();
    expect(existsSync(join(root(), 'sboms/bp/one.sbom.cdx.json'))).toBe(false);
  });

  it('does not believe a fingerprint of files that were just written', async () => {
    write('work/bp/one/file');
    await (await open()).commit([layer('bp/one', folderTree('work/bp/one'), { tar: { diffId: digestOf('tar'), sizeBytes: 3 } })]);
    expect(await (await open()).knownTar('bp/one', { kind: 'unchanged', folder: join(root(), 'layers/bp/one') })).toBeUndefined();
  });
});

describe('createOverlayLayersDirectory()', () => {
  const overlay = () => ({ lower: join(folder, 'lower'), upper: join(folder, 'upper'), dropped: join(folder, 'dropped') });
  /** Lists a folder that stands for the mounted overlay. */
  const listMerged = (path: string) => Promise.resolve(execFileSync('find', [join(folder, 'merged', path), ...LISTING_FORMAT]) as Uint8Array);

  it('tells restored, written and mixed layers apart', async () => {
    write('lower/bp/kept/file', 'lower');
    write('lower/bp/mixed/same', 'lower');
    write('lower/bp/mixed/gone', 'lower');
    write('lower/bp/mixed/changed', 'lower');
    const layers = createOverlayLayersDirectory(overlay(), listMerged);
    write('upper/bp/new/file', 'upper');
    write('upper/bp/mixed/changed', 'upper');
    write('upper/bp/mixed/sub/added', 'upper');
    write('merged/bp/mixed/same');
    write('merged/bp/mixed/changed');
    write('merged/bp/mixed/sub/added');
    await layers.refresh();
    expect(layers.layerTree('bp/kept')).toEqual({ kind: 'unchanged', folder: join(folder, 'lower/bp/kept') });
    expect(layers.layerTree('bp/new')).toEqual({ kind: 'folder', folder: join(folder, 'upper/bp/new') });
    expect(layers.layerTree('bp/none')).toBeUndefined();
    const mixed = layers.layerTree('bp/mixed');
    expect(mixed?.kind === 'merged' ? mixed.entries.map(({ path }) => Buffer.from(path).toString()) : mixed).toEqual([
      '',
      'changed',
      'same',
      'sub',
      'sub/added',
    ]);
    expect(layers.readdir('bp')).toEqual(['kept', 'mixed', 'new']);
    expect(layers.readdir('bp/mixed')).toEqual(['changed', 'same', 'sub']);
    expect(Buffer.from(layers.readFile('bp/mixed/changed')!).toString()).toBe('upper');
    expect(Buffer.from(layers.readFile('bp/mixed/same')!).toString()).toBe('lower');
    expect(layers.readFile('bp/mixed/gone')).toBeUndefined();
    expect([layers.kind('bp/mixed/sub'), layers.kind('bp/kept/file'), layers.kind('bp/mixed/gone')]).toEqual(['directory', 'file', undefined]);
  });

  it('commits a mixed layer as the merged view shows it', async () => {
    write('lower/bp/mixed/same', 'lower');
    write('lower/bp/mixed/gone/deep', 'lower');
    write('lower/bp/mixed/changed', 'lower');
    write('lower/bp/mixed/file-to-folder', 'lower');
    const layers = createOverlayLayersDirectory(overlay(), listMerged);
    for (const side of ['upper', 'merged']) {
      write(`${side}/bp/mixed/changed`, 'upper');
      write(`${side}/bp/mixed/file-to-folder/inside`, 'upper');
    }
    write('merged/bp/mixed/same');
    await layers.refresh();
    const tree = layers.layerTree('bp/mixed');
    execFileSync('mkdir', ['-p', root()]);
    execFileSync('mv', [join(folder, 'lower'), join(root(), 'layers')]);
    expect(tree?.kind).toBe('merged');
    const moved = tree?.kind === 'merged' ? { ...tree, lower: join(root(), 'layers/bp/mixed') } : tree!;
    writeFileSync(join(root(), 'state.json'), JSON.stringify({ format: 1, layers: [layer('bp/mixed', moved)] }));
    await (await open()).commit([layer('bp/mixed', moved)]);
    expect(files('cache/layers/bp/mixed')).toEqual(['changed', 'file-to-folder', 'file-to-folder/inside', 'same']);
    expect([read('cache/layers/bp/mixed/changed'), read('cache/layers/bp/mixed/same')]).toEqual(['upper', 'lower']);
  });

  it('sees that a process has replaced the folder of a buildpack', async () => {
    write('lower/bp/one/file');
    const layers = createOverlayLayersDirectory(overlay(), listMerged);
    rmSync(join(folder, 'upper/bp'), { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 10));
    mkdirSync(join(folder, 'upper/bp'));
    await layers.refresh();
    expect(layers.layerTree('bp/one')).toBeUndefined();
    expect(layers.readdir('bp')).toEqual([]);
  });

  it('takes a removed layer out of the overlay and keeps it for a failed build', () => {
    write('lower/bp/one/file');
    const layers = createOverlayLayersDirectory(overlay(), listMerged);
    layers.remove('bp/one');
    expect(layers.layerTree('bp/one')).toBeUndefined();
    expect(files('dropped')).toEqual(['bp', 'bp/one', 'bp/one/file']);
  });
});
