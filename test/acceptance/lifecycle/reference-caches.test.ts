import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LABELS, formatRunToml, parseCacheMetadata, parseGroupToml } from '../../../src/cnb/index.ts';
import { systemClock } from '../../../src/foundation/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { createPlainLayersDirectory, openImageLayerCache, openTarLayerCache } from '../../../src/lifecycle/index.ts';
import type { CacheCommitLayer, LayerCache } from '../../../src/lifecycle/index.ts';
import { createLayerCompressor, openBlobDirectory, parseImageReference } from '../../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import { createReferenceRoot, referenceObstacle } from '../../support/reference-lifecycle.ts';
import type { ReferenceRoot } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-caches-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const API = '0.14';
const OWNER = { uid: 1001, gid: 1000 };
const WHO = ['-layers', '/layers', '-uid', '1001', '-gid', '1000'];
const GROUP = '[[group]]\nid = "samples/many"\nversion = "1.2.3"\napi = "0.10"\n[[group]]\nid = "samples/none"\nversion = "4"\napi = "0.12"\n';
const CACHED = ['all', 'build-only'];

function write(root: ReferenceRoot, path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(root.at(path)), { recursive: true });
  writeFileSync(root.at(path), content, { mode });
}

/** Layers as a build leaves them: one that is launched and cached, one that is only cached. */
function writeBuild(root: ReferenceRoot): void {
  write(root, 'layers/samples_many/all.toml', '[types]\nlaunch = true\nbuild = true\ncache = true\n[metadata]\nversion = "3"\nnumber = 7\n');
  write(root, 'layers/samples_many/all/bin/tool', '#!/bin/sh\n', 0o755);
  symlinkSync('bin/tool', root.at('layers/samples_many/all/tool'));
  write(root, 'layers/samples_many/all.sbom.cdx.json', '{"bomFormat":"CycloneDX"}');
  write(root, 'layers/samples_many/build-only.toml', '[types]\nbuild = true\ncache = true\n');
  write(root, 'layers/samples_many/build-only/größe', 'not ASCII', 0o600);
  write(root, 'layers/samples_many/launched.toml', '[types]\nlaunch = true\n');
  write(root, 'layers/samples_many/launched/file', 'not cached');
  mkdirSync(root.at('layers/samples_none'), { recursive: true });
  write(root, 'layers/sbom/launch/samples_many/all/sbom.cdx.json', '{"bomFormat":"CycloneDX"}');
  write(root, 'layers/sbom/cache/samples_many/all/sbom.cdx.json', '{"bomFormat":"CycloneDX"}');
  write(root, 'layers/config/metadata.toml', 'processes = []\n[[buildpacks]]\napi = "0.10"\nid = "samples/many"\nversion = "1.2.3"\n');
  write(root, 'layers/group.toml', GROUP);
  write(root, 'workspace/file', 'app');
}

/** The same layers as our exporter hands them to a cache. */
function commitLayers(root: ReferenceRoot): readonly CacheCommitLayer[] {
  const layers = createPlainLayersDirectory(root.at('layers'));
  const one = (layerName: string, more: Partial<CacheCommitLayer>): CacheCommitLayer => {
    const path = `samples_many/${layerName}`;
    return { path, buildpackId: 'samples/many', layerName, launch: false, build: true, tree: layers.layerTree(path)!, sboms: {}, ...more };
  };
  const sboms = { 'cdx.json': readFileSync(root.at('layers/samples_many/all.sbom.cdx.json')) };
  return [one('all', { launch: true, data: { version: '3', number: 7 }, sboms }), one('build-only', {})];
}

describe.skipIf(skipWithout(`what the reference restorer needs (${obstacle})`, obstacle === undefined))('caches beside those of the reference', () => {
  async function comparison() {
    const registry = await startFakeRegistry();
    const place = mkdtempSync(join(home, 'place-'));
    const store = createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock: systemClock }),
      keychain: ANONYMOUS,
      clock: systemClock,
      compressor: createLayerCompressor(openBlobDirectory(join(place, 'store'))),
    });
    const runName = `${registry.host}/run:latest`;
    await store.write(await syntheticImage('run'), [parseImageReference(runName)]);
    const appName = `${registry.host}/app:latest`;
    const cacheName = `${registry.host}/cache:latest`;
    const warnings: string[] = [];

    const newRoot = (): ReferenceRoot => {
      const root = createReferenceRoot(mkdtempSync(join(place, 'root-')), '#!/bin/launcher\n');
      write(root, 'cnb/run.toml', formatRunToml({ images: [{ image: runName, mirrors: [] }] }));
      return root;
    };
    const analyze = (root: ReferenceRoot) => root.phase('analyzer', API, [...WHO, '-run-image', runName, appName]);
    const options = (root: ReferenceRoot) => ({
      layersDirectory: root.at('layers'),
      layersPath: '/layers',
      owner: OWNER,
      events: (event: { readonly kind: string; readonly level?: string; readonly message?: string }) => {
        if (event.level === 'warning') warnings.push(event.message ?? '');
      },
    });

    return {
      warnings,
      store,
      cacheReference: parseImageReference(cacheName),
      /** A build of the reference, with its caches in a folder and in an image; the reference takes one of them at a time. */
      async built(): Promise<ReferenceRoot> {
        const root = newRoot();
        await analyze(root);
        writeBuild(root);
        for (const cache of [
          ['-cache-dir', '/cache'],
          ['-cache-image', cacheName],
        ])
          await root.phase('exporter', API, [...WHO, '-app', '/workspace', ...cache, appName]);
        return root;
      },
      /** What the reference restores of a cache. */
      async restored(cache: { readonly directory: string } | 'image') {
        const root = newRoot();
        await analyze(root);
        write(root, 'layers/group.toml', GROUP);
        if (cache !== 'image') cpSync(cache.directory, root.at('cache'), { recursive: true });
        const output = await root.phase('restorer', API, [...WHO, ...(cache === 'image' ? ['-cache-image', cacheName] : ['-cache-dir', '/cache'])]);
        return { root, output };
      },
      tars: (root: ReferenceRoot, directory: string) => openTarLayerCache({ ...options(root), directory }),
      image: (root: ReferenceRoot) =>
        openImageLayerCache({
          ...options(root),
          images: store,
          reference: parseImageReference(cacheName),
          platform: PLATFORM,
          scratch: join(place, 'scratch'),
        }),
      newRoot,
      [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
    };
  }

  /** The cached layers are there as they were written, and nothing else is. */
  function expectLayers(root: ReferenceRoot): void {
    const at = (path: string) => root.at(`layers/samples_many/${path}`);
    const folders = readdirSync(at(''), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual(CACHED);
    expect(readFileSync(at('all/bin/tool'), 'utf8')).toBe('#!/bin/sh\n');
    expect([statSync(at('all/bin/tool')).mode & 0o777, statSync(at('build-only/größe')).mode & 0o777]).toEqual([0o755, 0o600]);
    expect(readlinkSync(at('all/tool'))).toBe('bin/tool');
    expect(readFileSync(at('build-only/größe'), 'utf8')).toBe('not ASCII');
  }

  async function expectRestored(root: ReferenceRoot, cache: LayerCache): Promise<void> {
    expect(cache.layers.map(({ layerName, launch, build, data }) => ({ layerName, launch, build, data }))).toEqual([
      { layerName: 'all', launch: true, build: true, data: { version: '3', number: 7 } },
      { layerName: 'build-only', launch: false, build: true, data: undefined },
    ]);
    expect((await cache.restore(new Set(cache.layers.map(({ path }) => path)))).size).toBe(2);
    expectLayers(root);
    expect(Buffer.from((await cache.sboms('samples_many/all'))['cdx.json']!).toString()).toBe('{"bomFormat":"CycloneDX"}');
  }

  const metadataText = (directory: string) => readFileSync(join(directory, 'committed', LABELS.cacheMetadata), 'utf8');
  const withoutSbom = (text: string) => text.replace(/"sbom":\{"sha":"[^"]*"\}/, '"sbom":{}');

  it('restores a cache folder of the reference, and writes the same one', { timeout: 120_000 }, async () => {
    await using both = await comparison();
    const built = await both.built();
    const root = both.newRoot();
    await expectRestored(root, both.tars(root, built.at('cache')));

    const own = join(built.root, 'own-cache');
    await both.tars(built, own).commit(commitLayers(built), parseGroupToml(GROUP, 'group.toml').group);
    expect(withoutSbom(metadataText(own))).toBe(withoutSbom(metadataText(built.at('cache'))));
    for (const layer of Object.values(parseCacheMetadata(metadataText(own), 'own').buildpacks[0]!.layers)) {
      const tar = (directory: string) => readFileSync(join(directory, 'committed', `${layer.sha}.tar`));
      expect(tar(own).equals(tar(built.at('cache')))).toBe(true);
    }
    expect(both.warnings).toEqual([]);
  });

  it('writes a cache folder that the reference restores, with SBOM files', { timeout: 120_000 }, async () => {
    await using both = await comparison();
    const built = await both.built();
    const own = join(built.root, 'own-cache');
    await both.tars(built, own).commit(commitLayers(built), parseGroupToml(GROUP, 'group.toml').group);
    const { root, output } = await both.restored({ directory: own });
    expectLayers(root);
    expect(output).toContain('Restoring data for "samples/many:all" from cache');
    expect(output).toContain('Restoring data for "samples/many:build-only" from cache');
    expect(readFileSync(root.at('layers/samples_many/all.sbom.cdx.json'), 'utf8')).toBe('{"bomFormat":"CycloneDX"}');
    expect(existsSync(root.at('layers/samples_many/launched'))).toBe(false);
  });

  it('goes on in turn with the reference in one folder', { timeout: 120_000 }, async () => {
    await using both = await comparison();
    const built = await both.built();
    const group = parseGroupToml(GROUP, 'group.toml').group;
    write(built, 'layers/samples_many/build-only/new', 'second build');
    await both.tars(built, built.at('cache')).commit(commitLayers(built), group);
    const { root } = await both.restored({ directory: built.at('cache') });
    expect(readFileSync(root.at('layers/samples_many/build-only/new'), 'utf8')).toBe('second build');
    expect(readdirSync(built.at('cache')).sort()).toEqual(['committed']);
  });

  it('restores a cache image of the reference, and writes one that the reference restores', { timeout: 120_000 }, async () => {
    await using both = await comparison();
    const built = await both.built();
    const before = (await both.store.read(both.cacheReference, PLATFORM))!;
    const root = both.newRoot();
    await expectRestored(root, await both.image(root));

    await (await both.image(built)).commit(commitLayers(built), parseGroupToml(GROUP, 'group.toml').group);
    const after = (await both.store.read(both.cacheReference, PLATFORM))!;
    const label = (image: typeof after) => withoutSbom(image.config.config?.Labels?.[LABELS.cacheMetadata] ?? '');
    expect(label(after)).toBe(label(before));
    expect(after.layers.slice(0, 2).map(({ diffId }) => diffId)).toEqual(before.layers.slice(0, 2).map(({ diffId }) => diffId));
    expect(after.config.created).toBe(before.config.created);
    const restored = await both.restored('image');
    expectLayers(restored.root);
    expect(restored.output).not.toMatch(/warn|skip|corrupt/i);
    expect(both.warnings).toEqual([]);
  });
});
