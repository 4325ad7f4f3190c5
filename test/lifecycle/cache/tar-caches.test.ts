import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTar, writeTar } from '../../../src/archive/index.ts';
import { LABELS } from '../../../src/cnb/index.ts';
import type { BuildpackReference } from '../../../src/cnb/index.ts';
import { digestOf } from '../../../src/foundation/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { openImageLayerCache, openTarLayerCache } from '../../../src/lifecycle/index.ts';
import type { CacheCommitLayer, LayerCache, LifecycleEvent } from '../../../src/lifecycle/index.ts';
import { createLayerCompressor, createTarLayer, openBlobDirectory, parseImageReference } from '../../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import type { FakeRegistry } from '../../support/fake-registry.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const clock = { now: () => new Date(0) };
const AMD64 = { os: 'linux', architecture: 'amd64' };
const GROUP = ['samples/one', 'samples/two'].map((id) => ({ id, version: '1.2.3' })) as unknown as readonly BuildpackReference[];

let folder: string;
let registry: FakeRegistry;
let warnings: string[];
let said: string[];
let builds = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tspack-tar-cache-'));
  registry = await startFakeRegistry();
  warnings = [];
  said = [];
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await registry[Symbol.asyncDispose]();
});

/** A build's own `<layers>` on this machine. */
interface Build {
  readonly directory: string;
  readonly cache: LayerCache;
}

const common = (directory: string) => ({
  layersDirectory: directory,
  layersPath: '/layers',
  owner: { uid: 1001, gid: 1000 },
  events: (event: LifecycleEvent) => {
    if (event.kind === 'layer') said.push(`${event.action} ${event.name}`);
    else if (event.kind === 'message') warnings.push(event.message);
  },
});

function newLayers(): string {
  const directory = join(folder, `layers-${++builds}`);
  mkdirSync(directory);
  return directory;
}

const cacheFolder = () => join(folder, 'cache');
const committed = (name = '') => join(cacheFolder(), 'committed', name);
const reference = () => parseImageReference(`${registry.host}/cache:latest`);

const http = createHttpClient({ userAgent: 'test', clock, sleep: async () => {} });
const images = () =>
  createRegistryStore({
    http,
    keychain: ANONYMOUS,
    clock,
    compressor: createLayerCompressor(openBlobDirectory(join(folder, 'store'))),
    sleep: async () => {},
    retry: { attempts: 1, baseMilliseconds: 1, maximumMilliseconds: 1, maximumRetryAfterMilliseconds: 1 },
  });

async function inFolder(): Promise<Build> {
  const directory = newLayers();
  return { directory, cache: openTarLayerCache({ ...common(directory), directory: cacheFolder() }) };
}

async function inImage(platform = AMD64): Promise<Build> {
  const directory = newLayers();
  const cache = await openImageLayerCache({ ...common(directory), images: images(), reference: reference(), platform, scratch: join(folder, 'scratch') });
  return { directory, cache };
}

function write(directory: string, path: string, text: string, mode = 0o644): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

function layer(directory: string, path: string, more: Partial<CacheCommitLayer> = {}): CacheCommitLayer {
  const [buildpack = '', layerName = ''] = path.split('/');
  const tree = { kind: 'folder', folder: join(directory, path) } as const;
  return { path, buildpackId: buildpack.replace('_', '/'), layerName, launch: false, build: true, tree, sboms: {}, ...more };
}

/** A build of two buildpacks: a layer with files of all kinds, and one with SBOM files. */
async function commitSample({ directory, cache }: Build): Promise<void> {
  write(directory, 'samples_one/tools/bin/run', '#!/bin/sh\n', 0o750);
  write(directory, 'samples_one/tools/größe.txt', 'grün');
  symlinkSync('bin/run', join(directory, 'samples_one/tools/run'));
  write(directory, 'samples_two/deps/file', 'two', 0o600);
  const sboms = { 'cdx.json': Buffer.from('{"cdx":1}'), 'spdx.json': Buffer.from('{"spdx":1}') };
  await cache.commit(
    [layer(directory, 'samples_one/tools', { data: { version: '1', ' a': { b: 1 } } }), layer(directory, 'samples_two/deps', { launch: true, sboms })],
    GROUP,
  );
}

/** Restores all that the cache says it has. */
const everything = async ({ cache }: Build) => [...(await cache.restore(new Set(cache.layers.map(({ path }) => path))))].sort();
const files = (directory: string) => readdirSync(directory, { recursive: true }).map(String).sort();

describe.each([
  ['openTarLayerCache()', inFolder],
  ['openImageLayerCache()', () => inImage()],
])('%s', (_, open) => {
  it('is empty at first, and says nothing of it', async () => {
    const build = await open();
    expect(build.cache.layers).toEqual([]);
    expect(await everything(build)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('gives the next build the layers, files, modes and SBOM files of this one', async () => {
    await commitSample(await open());
    const next = await open();
    expect(next.cache.layers).toMatchObject([
      { path: 'samples_one/tools', buildpackId: 'samples/one', layerName: 'tools', launch: false, build: true, data: { version: '1', ' a': { b: 1 } } },
      { path: 'samples_two/deps', launch: true, build: true },
    ]);
    expect(next.cache.layers[1]).not.toHaveProperty('data');
    expect(await everything(next)).toEqual(['samples_one/tools', 'samples_two/deps']);
    const at = (path: string) => join(next.directory, path);
    expect(files(next.directory)).toEqual(
      [
        'samples_one',
        'samples_one/tools',
        'samples_one/tools/bin',
        'samples_one/tools/bin/run',
        'samples_one/tools/größe.txt',
        'samples_one/tools/run',
        'samples_two',
        'samples_two/deps',
        'samples_two/deps/file',
      ].sort(),
    );
    expect([statSync(at('samples_one/tools/bin/run')).mode & 0o777, statSync(at('samples_two/deps/file')).mode & 0o777]).toEqual([0o750, 0o600]);
    expect(statSync(at('samples_one')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(at('samples_one/tools/run'))).toBe('bin/run');
    expect(Object.keys(await next.cache.sboms('samples_two/deps')).sort()).toEqual(['cdx.json', 'spdx.json']);
    expect(Buffer.from((await next.cache.sboms('samples_two/deps'))['cdx.json']!).toString()).toBe('{"cdx":1}');
    expect(await next.cache.sboms('samples_one/tools')).toEqual({});
    expect(warnings).toEqual([]);
  });

  it('restores what it is asked for, and nothing else', async () => {
    await commitSample(await open());
    const next = await open();
    await next.cache.restore(new Set(['samples_two/deps']));
    expect(files(next.directory)).toEqual(['samples_two', 'samples_two/deps', 'samples_two/deps/file']);
  });

  it('says of each layer whether the cache had it', async () => {
    await commitSample(await open());
    expect(said).toEqual(['samples/one:tools', 'samples/two:deps', 'buildpacksio/lifecycle:cache.sbom'].map((name) => `caching ${name}`));
    said = [];
    const next = await open();
    await everything(next);
    write(next.directory, 'samples_two/deps/file', 'another');
    await next.cache.commit([layer(next.directory, 'samples_one/tools'), layer(next.directory, 'samples_two/deps')], GROUP);
    expect(said).toEqual(['keeping samples/one:tools', 'caching samples/two:deps']);
  });

  it('keeps the tar that the image has, and does not make it again', async () => {
    const build = await open();
    const chunks: Uint8Array[] = [];
    const entries = [
      { path: '/layers/samples_one/tools', type: 'directory' as const },
      { path: '/layers/samples_one/tools/file', type: 'file' as const, content: Buffer.from('of the image') },
    ];
    for await (const chunk of writeTar(entries)) chunks.push(chunk);
    const tar = Buffer.concat(chunks);
    const exported = createTarLayer({
      diffId: digestOf(tar),
      tarSizeBytes: tar.length,
      openTar: async function* () {
        yield tar;
      },
    });
    write(build.directory, 'samples_one/tools/file', 'changed since');
    await build.cache.commit([layer(build.directory, 'samples_one/tools', { launch: true, layer: exported, diffId: exported.diffId })], GROUP);
    const next = await open();
    expect(next.cache.layers[0]?.diffId).toBe(exported.diffId);
    await everything(next);
    expect(readFileSync(join(next.directory, 'samples_one/tools/file'), 'utf8')).toBe('of the image');
  });

  it('leaves a layer out that cannot be read, with a warning, and keeps the others', async () => {
    const build = await open();
    write(build.directory, 'samples_one/tools/file', 'one');
    await build.cache.commit([layer(build.directory, 'samples_one/tools'), layer(build.directory, 'samples_two/gone')], GROUP);
    expect(warnings).toEqual([expect.stringMatching(/^Failed to cache layer 'samples\/two:gone': /)]);
    expect((await open()).cache.layers.map(({ path }) => path)).toEqual(['samples_one/tools']);
  });

  it('empties', async () => {
    await commitSample(await open());
    await (await open()).cache.commit([], GROUP);
    expect((await open()).cache.layers).toEqual([]);
    expect(warnings).toEqual([]);
  });
});

describe('openTarLayerCache()', () => {
  it('writes the files of the reference, and nothing beside them', async () => {
    await commitSample(await inFolder());
    const names = readdirSync(committed()).sort();
    const tars = names.filter((name) => name.endsWith('.tar'));
    expect(names).toEqual([...tars, LABELS.cacheMetadata].sort());
    for (const name of tars) expect(`${digestOf(readFileSync(committed(name)))}.tar`).toBe(name);
    expect(readdirSync(cacheFolder())).toEqual(['committed']);
    const text = readFileSync(committed(LABELS.cacheMetadata), 'utf8');
    const [one, two, sbom] = ['tools', 'deps', 'sbom'].map((wanted) =>
      tars
        .find((name) =>
          readFileSync(committed(name)).includes(`/layers/${{ tools: 'samples_one/tools', deps: 'samples_two/deps', sbom: 'sbom/cache' }[wanted]}`),
        )
        ?.slice(0, -4),
    );
    expect(text).toBe(
      `{"sbom":{"sha":"${sbom}"},"buildpacks":[{"key":"samples/one","version":"1.2.3","layers":{"tools":{"sha":"${one}","data":{" a":{"b":1},"version":"1"},"build":true,"launch":false,"cache":true}}},` +
        `{"key":"samples/two","version":"1.2.3","layers":{"deps":{"sha":"${two}","data":null,"build":true,"launch":true,"cache":true}}}]}\n`,
    );
    const entries: string[] = [];
    for await (const { path, type, mode, uid, gid, content } of readTar(bytesOf(committed(`${sbom}.tar`)))) {
      let size = 0;
      for await (const chunk of content) size += chunk.length;
      entries.push(`${type} ${path} ${mode.toString(8)} ${uid}:${gid} ${size}`);
    }
    expect(entries).toEqual([
      'directory /layers 755 1001:1000 0',
      'directory /layers/sbom 755 1001:1000 0',
      'directory /layers/sbom/cache 755 1001:1000 0',
      'directory /layers/sbom/cache/samples_two 755 1001:1000 0',
      'directory /layers/sbom/cache/samples_two/deps 755 1001:1000 0',
      'file /layers/sbom/cache/samples_two/deps/sbom.cdx.json 644 1001:1000 9',
      'file /layers/sbom/cache/samples_two/deps/sbom.spdx.json 644 1001:1000 10',
    ]);
  });

  it('skips a layer that is cut, changed, missing or no tar, with a warning, and restores the others', async () => {
    await commitSample(await inFolder());
    const [tools, deps] = (await inFolder()).cache.layers;
    const file = committed(`${tools!.diffId}.tar`);
    const bytes = readFileSync(file);
    const damage: Record<string, () => void> = {
      cut: () => writeFileSync(file, bytes.subarray(0, 700)),
      changed: () => writeFileSync(file, Buffer.from(bytes.toString('latin1').replace('#!/bin/sh', '#!/bin/no'), 'latin1')),
      'longer than it was': () => writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(512)])),
      'of no tar': () => writeFileSync(file, 'no tar at all'),
      'of another layer': () => writeFileSync(file, readFileSync(committed(`${deps!.diffId}.tar`))),
      missing: () => rmSync(file),
      'a folder': () => mkdirSync(file),
    };
    for (const [name, make] of Object.entries(damage)) {
      make();
      warnings = [];
      const next = await inFolder();
      expect(await everything(next), name).toEqual(['samples_two/deps']);
      expect(existsSync(join(next.directory, 'samples_one/tools')), name).toBe(false);
      expect(warnings, name).toEqual([expect.stringMatching(/^Skipping restore for layer samples\/one:tools: /)]);
    }
  });

  it('replaces a damaged tar by the one of the image', async () => {
    const build = await inFolder();
    await commitSample(build);
    const { diffId } = build.cache.layers[0] ?? (await inFolder()).cache.layers[0]!;
    const good = readFileSync(committed(`${diffId}.tar`));
    writeFileSync(committed(`${diffId}.tar`), 'damaged');
    const next = await inFolder();
    const exported = createTarLayer({
      diffId: diffId!,
      tarSizeBytes: good.length,
      openTar: async function* () {
        yield good;
      },
    });
    await next.cache.commit([layer(build.directory, 'samples_one/tools', { layer: exported })], GROUP);
    expect(readFileSync(committed(`${diffId}.tar`)).equals(good)).toBe(true);
  });

  it('writes nothing outside of a layer, whatever a tar says', async () => {
    const entries = [
      { path: '/layers/samples_one/tools', type: 'directory' as const },
      { path: '/layers/samples_one/tools/good', type: 'file' as const, content: Buffer.from('good') },
      { path: '/layers/samples_one/other/file', type: 'file' as const, content: Buffer.from('of another layer') },
      { path: '/layers/samples_one/tools.toml', type: 'file' as const, content: Buffer.from('[types]') },
      { path: '/layers/group.toml', type: 'file' as const, content: Buffer.from('of the lifecycle') },
    ];
    await put(entries);
    const next = await inFolder();
    await everything(next);
    expect(files(next.directory)).toEqual(['samples_one', 'samples_one/tools', 'samples_one/tools/good']);

    await put([...entries, { path: '/layers/samples_one/tools/../../../escaped', type: 'file' as const, content: Buffer.from('outside') }]);
    const refused = await inFolder();
    expect(await everything(refused)).toEqual([]);
    expect(existsSync(join(folder, 'escaped'))).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('its path leads outside the folder')]);
  });

  it('is empty, with a warning, when the metadata is not JSON or has wrong types, and works again after the next build', async () => {
    for (const text of ['', '{', '[]', '{"buildpacks":{}}', '{"buildpacks":[{"key":1}]}', '\0']) {
      mkdirSync(committed(), { recursive: true });
      writeFileSync(committed(LABELS.cacheMetadata), text);
      warnings = [];
      const build = await inFolder();
      expect(build.cache.layers, text).toEqual([]);
      expect(warnings, text).toEqual([expect.stringMatching(/^Ignoring the cache: /)]);
      await commitSample(build);
      expect((await inFolder()).cache.layers).toHaveLength(2);
    }
  });

  it('takes no layer whose name or digest would be another file', async () => {
    mkdirSync(committed(), { recursive: true });
    const record = (sha: string) => ({ sha, data: null, build: true, launch: false, cache: true });
    const good = digestOf('good');
    const layers = {
      '../up': record(good),
      'a/b': record(good),
      '': record(good),
      store: record(good),
      bad: record('sha256:../../x'),
      fine: record(good),
      'not-cached': { ...record(good), cache: false },
    };
    writeFileSync(
      committed(LABELS.cacheMetadata),
      JSON.stringify({
        buildpacks: [
          { key: '..', version: '1', layers },
          { key: 'ok', version: '1', layers },
        ],
      }),
    );
    expect((await inFolder()).cache.layers.map(({ path }) => path)).toEqual(['ok/fine']);
  });

  it('goes on with what a killed commit has left', async () => {
    await commitSample(await inFolder());
    // Killed between the two renames, with the next content ready.
    const next = await inFolder();
    await everything(next);
    const backup = join(cacheFolder(), 'committed-backup');
    rmSync(backup, { recursive: true, force: true });
    renameSync(committed(), backup);
    mkdirSync(join(cacheFolder(), 'staging'));
    writeFileSync(join(cacheFolder(), 'staging/part'), 'half');
    const after = await inFolder();
    expect(await everything(after)).toEqual(['samples_one/tools', 'samples_two/deps']);
    await after.cache.commit([layer(after.directory, 'samples_one/tools')], GROUP);
    expect(readdirSync(cacheFolder())).toEqual(['committed']);
    expect((await inFolder()).cache.layers).toHaveLength(1);
  });

  it('warns and leaves the cache alone when it cannot be written', async () => {
    await commitSample(await inFolder());
    const build = await inFolder();
    // Whoever runs this, a file cannot become a folder.
    rmSync(cacheFolder(), { recursive: true });
    writeFileSync(cacheFolder(), 'a file');
    await build.cache.commit([], GROUP);
    expect(warnings).toEqual([expect.stringMatching(/^Failed to export cache: /)]);
  });

  it('reads the SBOM layer as lifecycle 0.21 writes it: a tar in a tar', async () => {
    const inner = await tarOf([{ path: '/layers/sbom/cache/samples_two/deps/sbom.cdx.json', type: 'file', content: Buffer.from('{}') }]);
    const outer = await tarOf([{ path: '/tmp/lifecycle.exporter.layer123/buildpacksio_lifecycle:cache.sbom.tar', type: 'file', content: inner }]);
    await commitSample(await inFolder());
    const text = readFileSync(committed(LABELS.cacheMetadata), 'utf8');
    writeFileSync(committed(`${digestOf(outer)}.tar`), outer);
    writeFileSync(committed(LABELS.cacheMetadata), text.replace(/"sbom":{"sha":"[^"]*"}/, `"sbom":{"sha":"${digestOf(outer)}"}`));
    expect(Buffer.from((await (await inFolder()).cache.sboms('samples_two/deps'))['cdx.json']!).toString()).toBe('{}');
  });

  it('restores layers without the SBOM files when those are lost', async () => {
    await commitSample(await inFolder());
    const sbom = /"sbom":{"sha":"([^"]*)"}/.exec(readFileSync(committed(LABELS.cacheMetadata), 'utf8'))?.[1];
    rmSync(committed(`${sbom}.tar`));
    const next = await inFolder();
    expect(await everything(next)).toHaveLength(2);
    expect(await next.cache.sboms('samples_two/deps')).toEqual({});
    expect(warnings).toEqual([expect.stringMatching(/^Skipping the SBOM files of the cache: /)]);
  });

  it('stops when it is told to', async () => {
    await commitSample(await inFolder());
    const directory = newLayers();
    const abort = new AbortController();
    const cache = openTarLayerCache({ ...common(directory), directory: cacheFolder(), signal: abort.signal });
    abort.abort();
    await expect(cache.restore(new Set(['samples_one/tools']))).rejects.toThrow('abort');
    await expect(cache.commit([layer(directory, 'samples_one/tools')], GROUP)).rejects.toThrow('abort');
    expect(readdirSync(cacheFolder())).toEqual(['committed']);
  });
});

describe('openImageLayerCache()', () => {
  const latest = () => registry.manifest('cache', 'latest')!.bytes;
  const layersOf = (manifest: Buffer) => (JSON.parse(manifest.toString()) as { layers: { digest: string }[] }).layers.map(({ digest }) => digest);

  it('writes the same image for the same layers, and sends nothing that the registry has', async () => {
    await commitSample(await inImage());
    const first = latest();
    expect(layersOf(first)).toHaveLength(3);
    const sent = registry.uploadedBytes();
    await commitSample(await inImage());
    expect(latest().equals(first)).toBe(true);
    expect(registry.uploadedBytes()).toBe(sent);
    expect(registry.violations).toEqual([]);
    expect(readdirSync(join(folder, 'scratch'))).toEqual([]);
  });

  it('writes a label, the platform and a time that says nothing', async () => {
    await commitSample(await inImage());
    const image = (await images().read(reference(), AMD64))!;
    expect(image.config).toMatchObject({ os: 'linux', architecture: 'amd64', created: '1980-01-01T00:00:01Z' });
    expect(Object.keys(image.config.config?.Labels ?? {})).toEqual([LABELS.cacheMetadata]);
  });

  it('has a layer also when nothing is cached', async () => {
    await (await inImage()).cache.commit([], GROUP);
    expect(layersOf(latest())).toHaveLength(1);
  });

  it('sends a blob again that the registry has lost', async () => {
    await commitSample(await inImage());
    const lost = layersOf(latest())[0]!;
    const away = (_: string, path: string) => path.includes(lost);
    rmSync(join(folder, 'store'), { recursive: true });
    const next = await inImage();
    registry.switches.failures.push(...Array.from({ length: 3 }, () => ({ when: away, status: 404 })));
    expect(await everything(next)).toEqual(['samples_two/deps']);
    expect(warnings).toEqual([expect.stringMatching(/^Skipping restore for layer samples\/one:tools: /)]);
    await commitSample(next);
    expect(warnings).toHaveLength(1);
    expect(await everything(await inImage())).toEqual(['samples_one/tools', 'samples_two/deps']);
  });

  it('ignores with a warning what is no cache for this platform, and replaces it', async () => {
    const label = (text: string) => ({ config: { os: 'linux', architecture: 'amd64', config: { Labels: { [LABELS.cacheMetadata]: text } } } });
    const app = await syntheticImage('app');
    const broken = await syntheticImage('broken', label('{"buildpacks":'));
    const wrong = await syntheticImage('wrong', label('{"buildpacks":"none"}'));
    for (const [image, problem] of [
      [app, 'it is not a cache image: label io.buildpacks.lifecycle.cache.metadata is missing'],
      [broken, 'io.buildpacks.lifecycle.cache.metadata'],
      [wrong, 'io.buildpacks.lifecycle.cache.metadata'],
    ] as const) {
      await images().write(image, [reference()]);
      warnings = [];
      const build = await inImage();
      expect(build.cache.layers).toEqual([]);
      expect(warnings).toEqual([expect.stringMatching(/^Ignoring cache image "/)]);
      expect(warnings[0]).toContain(problem);
    }
    await commitSample(await inImage());
    warnings = [];
    expect((await inImage({ os: 'linux', architecture: 'arm64' })).cache.layers).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('it is a cache of builds for linux/amd64, want linux/arm64')]);
    expect((await inImage()).cache.layers).toHaveLength(2);
  });

  it('ignores manifests that are none, blobs that lie and registries that fail', async () => {
    registry.putManifest('cache', 'latest', 'application/vnd.oci.image.manifest.v1+json', Buffer.from('{"schemaVersion":2,"layers":"none"}'));
    expect((await inImage()).cache.layers).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^Ignoring cache image "/)]);

    await commitSample(await inImage());
    warnings = [];
    const build = await inImage();
    registry.switches.lieAboutContent = true;
    expect(await everything(build)).toEqual([]);
    expect(warnings).toHaveLength(2);
    warnings = [];
    expect((await inImage()).cache.layers).toEqual([]);
    expect(warnings).toHaveLength(1);
    registry.switches.lieAboutContent = false;

    registry.switches.failures.push(...Array.from({ length: 20 }, () => ({ when: () => true, status: 503 })));
    warnings = [];
    expect((await inImage()).cache.layers).toEqual([]);
    expect(warnings).toHaveLength(1);
    warnings = [];
    await build.cache.commit([], GROUP);
    expect(warnings).toEqual([expect.stringMatching(/^Failed to export cache: /)]);
  });

  it('takes a layer for what its content is, whatever the manifest calls it', async () => {
    await commitSample(await inImage());
    const manifest = JSON.parse(latest().toString()) as { layers: { mediaType: string }[] };
    for (const each of manifest.layers) each.mediaType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
    registry.putManifest('cache', 'latest', 'application/vnd.oci.image.manifest.v1+json', Buffer.from(JSON.stringify(manifest)));
    expect(await everything(await inImage())).toEqual(['samples_one/tools', 'samples_two/deps']);
  });
});

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(file);
}

async function tarOf(entries: Parameters<typeof writeTar>[0]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Puts a cache of one layer, `samples/one:tools`, with this tar. */
async function put(entries: Parameters<typeof writeTar>[0]): Promise<void> {
  const tar = await tarOf(entries);
  mkdirSync(committed(), { recursive: true });
  writeFileSync(committed(`${digestOf(tar)}.tar`), tar);
  const layers = { tools: { sha: digestOf(tar), data: null, build: true, launch: false, cache: true } };
  writeFileSync(committed(LABELS.cacheMetadata), JSON.stringify({ sbom: { sha: '' }, buildpacks: [{ key: 'samples/one', version: '1', layers }] }));
}
