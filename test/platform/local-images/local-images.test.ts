import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, systemClock } from '../../../src/foundation/index.ts';
import { writeTar } from '../../../src/archive/index.ts';
import type { TarSourceEntry } from '../../../src/archive/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { createImage, createTarLayer, parseImageReference, validateImage } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import {
  diffImages,
  imageHistory,
  listImages,
  loadImages,
  pullIntoStore,
  pushImage,
  removeImages,
  saveImages,
  tagImage,
  unpackInto,
} from '../../../src/platform/index.ts';
import type { Task } from '../../../src/platform/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import { openHome, openLocalStore } from '../../../src/store/index.ts';
import type { Home, LocalStore } from '../../../src/store/index.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const task: Task = { events: () => undefined, signal: new AbortController().signal };
let folder: string;
let home: Home;
let store: LocalStore;
let now: Date;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'images-'));
  home = openHome(join(folder, 'home'));
  now = new Date('2026-05-05T12:00:00Z');
  store = openLocalStore({ directory: home.store, lockDirectory: home.locks, clock: { now: () => (now = new Date(now.getTime() + 1000)) } });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function put(name: string, image: Image): Promise<Image> {
  await store.write(image, [parseImageReference(name)]);
  return image;
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function layerOf(entries: readonly TarSourceEntry[]) {
  const tar = await bytesOf(writeTar(entries));
  return createTarLayer({
    diffId: digestOf(tar),
    tarSizeBytes: tar.length,
    openTar: async function* () {
      yield tar;
    },
  });
}

const file = (path: string, text: string, mode = 0o644): TarSourceEntry => ({ path, type: 'file', mode, content: Buffer.from(text) });
const names = (filter: Parameters<typeof listImages>[0]) => listImages(filter, store).map(({ name }) => name);

describe('listImages()', () => {
  beforeEach(async () => {
    await put('app', await syntheticImage('one'));
    await put('example.com/team/app:1', await syntheticImage('two', { config: { config: { Labels: { stage: 'test' } } } }));
    await put('example.com/team/worker:2', await syntheticImage('three'));
  });

  it('lists the newest name first, with what docker shows of it', () => {
    const [first] = listImages({}, store);
    expect(names({})).toEqual(['example.com/team/worker:2', 'example.com/team/app:1', 'app']);
    expect(first).toMatchObject({ platform: 'linux/amd64', created: '1980-01-01T00:00:01Z', sizeBytes: 23_552 });
    expect(first?.updated).toMatch(/^2026-05-05T12:00:/);
  });

  it.each([
    ['app', ['app']],
    ['example.com/team/app', ['example.com/team/app:1']],
    ['example.com/team/*', ['example.com/team/worker:2', 'example.com/team/app:1']],
    ['*', ['app']],
    ['app:latest', ['app']],
    ['ap', []],
  ])('takes the reference %s', (reference, found) => {
    expect(names({ reference: [reference] })).toEqual(found);
  });

  it('goes by labels and by what was named earlier or later', () => {
    expect(names({ label: ['stage=test'] })).toEqual(['example.com/team/app:1']);
    expect(names({ label: ['stage'] })).toEqual(['example.com/team/app:1']);
    expect(names({ label: ['stage=prod'] })).toEqual([]);
    expect(names({ before: ['example.com/team/app:1'] })).toEqual(['app']);
    expect(names({ since: ['example.com/team/app:1'] })).toEqual(['example.com/team/worker:2']);
    expect(() => names({ since: ['nothing'] })).toThrow('Cannot find "nothing"');
    expect(() => names({ label: [''] })).toThrow('Cannot filter');
  });
});

describe('tagImage() and removeImages()', () => {
  it('keeps an image until its last name is gone', async () => {
    const image = await put('app', await syntheticImage('one'));
    expect(await tagImage('app', ['other:2'], store)).toEqual(['other:2']);
    expect(await removeImages(['app'], { force: false }, task, { home, store })).toMatchObject({ untagged: ['app'], deleted: [], freedBytes: 0 });
    expect(await validateImage((await store.read(parseImageReference('other:2'), AMD64))!)).toEqual([]);
    const { deleted, freedBytes } = await removeImages(['other:2'], { force: false }, task, { home, store });
    expect(deleted).toEqual([image.imageId]);
    expect(freedBytes).toBeGreaterThan(20_000);
    expect(readdirSync(join(home.store, 'blobs/sha256'))).toEqual([]);
  });

  it('removes nothing when one is missing, and helps with the name', async () => {
    await put('myapp', await syntheticImage('one'));
    await expect(removeImages(['myapp', 'myap'], { force: false }, task, { home, store })).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      nextStep: 'Did you mean "myapp"? tspack ls shows all images',
    });
    expect(names({})).toEqual(['myapp']);
    expect((await removeImages(['myapp', 'myap'], { force: true }, task, { home, store })).missing).toEqual(['myap']);
  });

  it('takes an ID for all names only by force', async () => {
    const { imageId } = await put('one', await syntheticImage('one'));
    await tagImage('one', ['two'], store);
    const id = imageId.slice('sha256:'.length, 20);
    await expect(removeImages([id], { force: false }, task, { home, store })).rejects.toMatchObject({ code: 'IMAGE_HAS_NAMES' });
    expect((await removeImages([id], { force: true }, task, { home, store })).untagged).toEqual(['one', 'two']);
  });

  it('gives no image a name with a digest', async () => {
    const { imageId } = await put('one', await syntheticImage('one'));
    await expect(tagImage('one', [`two@${imageId}`], store)).rejects.toMatchObject({ code: 'IMAGE_REFERENCE_INVALID' });
  });
});

describe('saveImages() and loadImages()', () => {
  it.each(['docker', 'oci'] as const)('bring images with all names through an archive of form %s', async (format) => {
    const one = await put('one', await syntheticImage('one'));
    await tagImage('one', ['example.com/uno:1'], store);
    const two = await put('two', await syntheticImage('two'));
    const archive = await bytesOf(await saveImages({ images: ['one', 'two', 'example.com/uno:1'], format }, store));
    const other = openLocalStore({ directory: join(folder, 'other'), lockDirectory: join(folder, 'other-locks') });
    const source = async function* () {
      yield gzipSync(archive);
    };
    const loaded = await loadImages(source(), undefined, other);
    expect(loaded.map(({ name, imageId }) => [name, imageId]).sort()).toEqual(
      [
        ['example.com/uno:1', one.imageId],
        ['one', one.imageId],
        ['two', two.imageId],
      ].sort(),
    );
    const read = await other.read(parseImageReference('one'), AMD64);
    expect(await validateImage(read!)).toEqual([]);
    if (format === 'oci') expect(read?.manifest?.descriptor.digest).toBe((await store.read(parseImageReference('one'), AMD64))?.manifest?.descriptor.digest);
  });

  it('wants a name for an image that the archive gives none', async () => {
    const { imageId } = await put('one', await syntheticImage('one'));
    writeFileSync(join(folder, 'a.tar'), await bytesOf(await saveImages({ images: [imageId], format: 'docker' }, store)));
    await expect(loadImages(join(folder, 'a.tar'), undefined, store)).rejects.toMatchObject({ code: 'IMAGE_NAME_MISSING' });
    expect(await loadImages(join(folder, 'a.tar'), 'given:1', store)).toEqual([{ name: 'given:1', imageId }]);
  });

  it.each([
    ['nothing at all', Buffer.alloc(0)],
    ['no archive', Buffer.from('hello')],
  ])('says so when a stream is %s', async (_what, bytes) => {
    await expect(
      loadImages(
        (async function* () {
          yield bytes;
        })(),
        undefined,
        store,
      ),
    ).rejects.toMatchObject({ code: expect.stringMatching(/_INVALID$/) as string });
    await expect(loadImages(join(folder, 'missing.tar'), undefined, store)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });
});

describe('pushImage() and pullIntoStore()', () => {
  const registry = () =>
    createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock: systemClock }),
      keychain: ANONYMOUS,
      clock: systemClock,
      compressor: store.compressor,
    });
  const ports = () => ({ home, store, platform: AMD64, registry: async () => registry(), daemon: async () => undefined });

  it('keep the digest of an image, from registry to registry', async () => {
    await using first = await startFakeRegistry();
    await using second = await startFakeRegistry();
    await put('app', await syntheticImage('one'));
    const [pushed] = await pushImage({ image: 'app', destinations: [`${first.host}/app:1`], insecureRegistries: [] }, ports());
    rmSync(home.store, { recursive: true });
    const pulled = await pullIntoStore(`${first.host}/app:1`, task, ports());
    expect(pulled).toMatchObject({ name: `${first.host}/app:1`, manifestDigest: pushed?.digest });
    // The registry may go: everything is here.
    first.forgetBlob('app', (await store.readById(pulled.imageId))!.layers[0]!.blob!.digest);
    const [again] = await pushImage({ image: pulled.imageId, destinations: [`${second.host}/copy:2`], insecureRegistries: [] }, ports());
    expect(again?.digest).toBe(pushed?.digest);
    expect([...first.violations, ...second.violations]).toEqual([]);
  });

  it('push a name of several platforms as one index', async () => {
    await using server = await startFakeRegistry();
    const name = `${server.host}/app:1`;
    await put(name, await syntheticImage('amd'));
    await put(name, await syntheticImage('arm', { config: { architecture: 'arm64' } }));
    const [pushed] = await pushImage({ image: name, destinations: [], insecureRegistries: [] }, ports());
    expect((await registry().platforms(parseImageReference(name)))?.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64']);
    expect((await registry().resolve(parseImageReference(name)))?.digest).toBe(pushed?.digest);
  });

  it('leave nothing half-written when the registry breaks off', async () => {
    await using server = await startFakeRegistry();
    await put('app', await syntheticImage('one'));
    await pushImage({ image: 'app', destinations: [`${server.host}/app:1`], insecureRegistries: [] }, ports());
    await removeImages(['app'], { force: false }, task, { home, store });
    server.switches.lieAboutContent = true;
    await expect(pullIntoStore(`${server.host}/app:1`, task, ports())).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(store.list()).toEqual([]);
  });
});

describe('imageHistory()', () => {
  it('tells the steps, newest first, and steps without a layer', async () => {
    const layer = await layerOf([file('a', 'a')]);
    const history = [
      { created: '2024-01-01T00:00:00Z', created_by: 'ADD a' },
      { created_by: 'ENV x=y', empty_layer: true, comment: 'said' },
    ];
    const image = createImage({ config: { ...AMD64, history }, layers: [layer] });
    expect(imageHistory(image)).toEqual([
      { imageId: image.imageId, createdBy: 'ENV x=y', comment: 'said', sizeBytes: 0 },
      { created: '2024-01-01T00:00:00Z', createdBy: 'ADD a', sizeBytes: layer.tarSizeBytes, diffId: layer.diffId },
    ]);
  });
});

/** Two versions of an application, on one base. */
async function versions(): Promise<readonly [Image, Image]> {
  const base = await layerOf([
    file('var/lib/dpkg/status.d/openssl', 'Package: openssl\nVersion: 3.0.1\n'),
    file('etc/motd', 'hello'),
    { path: 'opt', type: 'directory' },
    file('opt/tool', 'tool', 0o755),
  ]);
  const bill = (version: string) => JSON.stringify({ components: [{ name: 'express', version, purl: `pkg:npm/express@${version}` }] });
  const one = await layerOf([file('layers/sbom/launch/b/sbom.cdx.json', bill('4.0.0')), file('app.js', 'one')]);
  const two = await layerOf([
    file('layers/sbom/launch/b/sbom.cdx.json', bill('5.0.0')),
    file('app.js', 'two!'),
    file('new.js', 'n'),
    file('opt/.wh.tool', ''),
    file('etc/motd', 'hello', 0o600),
  ]);
  const config = (env: string) => ({ ...AMD64, config: { Env: ['PATH=/bin', `MODE=${env}`], User: '1' } }) as const;
  return [createImage({ config: config('a'), layers: [base, one] }), createImage({ config: config('b'), layers: [base, two] })];
}

describe('diffImages()', () => {
  it('tells packages, environment, layers and files apart', async () => {
    const [from, to] = await versions();
    const found = (image: Image, name: string) => ({ image, name, place: 'local store' });
    const difference = await diffImages(found(from, 'app:1'), found(to, 'app:2'), task);
    expect(difference.packages).toEqual([{ ecosystem: 'npm', name: 'express', from: ['4.0.0'], to: ['5.0.0'] }]);
    expect(difference.environment).toEqual([{ name: 'MODE', from: 'a', to: 'b' }]);
    expect(difference.layers.map(({ change }) => change)).toEqual(['removed', 'added']);
    expect(difference.files).toEqual([
      { path: '/app.js', change: 'changed', aspects: ['content'], fromBytes: 3, toBytes: 4 },
      { path: '/etc/motd', change: 'changed', aspects: ['mode'], fromBytes: 5, toBytes: 5 },
      { path: '/layers/sbom/launch/b/sbom.cdx.json', change: 'changed', aspects: ['content'], fromBytes: 84, toBytes: 84 },
      { path: '/new.js', change: 'added', aspects: [], toBytes: 1 },
      { path: '/opt/tool', change: 'removed', aspects: [], fromBytes: 4 },
    ]);
    const same = await diffImages(found(from, 'a'), found(from, 'b'), task);
    expect([same.packages, same.environment, same.processes, same.settings, same.layers, same.files].flat()).toEqual([]);
  });
});

describe('unpackInto()', () => {
  it('writes the files that the image shows, for the caller to change', async () => {
    const [, image] = await versions();
    const target = join(folder, 'new/root');
    await unpackInto(image, target, task);
    expect(readFileSync(join(target, 'app.js'), 'utf8')).toBe('two!');
    expect(readdirSync(join(target, 'opt'))).toEqual([]);
    expect(statSync(join(target, 'etc/motd')).nlink).toBe(1);
    expect(readdirSync(join(folder, 'new'))).toEqual(['root']);
  });

  it('touches no folder that holds something', async () => {
    const [image] = await versions();
    const target = join(folder, 'used');
    mkdirSync(target);
    await unpackInto(image, target, task);
    await expect(unpackInto(image, target, task)).rejects.toMatchObject({ code: 'UNPACK_TARGET_USED' });
    writeFileSync(join(folder, 'file'), '');
    await expect(unpackInto(image, join(folder, 'file'), task)).rejects.toMatchObject({ code: 'UNPACK_TARGET_USED' });
    expect(existsSync(join(target, 'app.js'))).toBe(true);
  });
});
