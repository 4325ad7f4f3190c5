import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient } from '../../src/http/index.ts';
import { createRegistryStore } from '../../src/registry/index.ts';
import type { Credential, Keychain, RegistryEvent, RegistryStoreOptions } from '../../src/registry/index.ts';
import { MEDIA_TYPES, createLayerCompressor, createManifest, openBlobDirectory, parseImageReference, validateImage } from '../../src/oci/index.ts';
import type { Image, ImageReference } from '../../src/oci/index.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import type { FakeRegistry } from '../support/fake-registry.ts';
import { syntheticImage } from '../support/synthetic-image.ts';
import { testAuthority } from '../support/test-server.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const noSleep = async () => {};
const clock = { now: () => new Date(0) };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-registry-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function keychain(
  credential:
    | (
        | Omit<Extract<Credential, { kind: 'basic' }>, 'source'>
        | Omit<Extract<Credential, { kind: 'identity-token' }>, 'source'>
        | Omit<Extract<Credential, { kind: 'bearer' }>, 'source'>
      )
    | undefined,
): Keychain {
  return { find: async () => (credential === undefined ? undefined : { ...credential, source: '/home/me/auth.json' }) };
}
const PASSWORD = keychain({ kind: 'basic', username: 'someone', password: 'open sesame' });

function open(options: Partial<RegistryStoreOptions> & { ca?: readonly string[] } = {}) {
  const events: RegistryEvent[] = [];
  const { ca, ...rest } = options;
  const store = createRegistryStore({
    http: createHttpClient({ userAgent: 'test', clock, sleep: noSleep, ...(ca === undefined ? {} : { ca }) }),
    keychain: keychain(undefined),
    clock,
    compressor: createLayerCompressor(openBlobDirectory(directory)),
    events: (event) => events.push(event),
    sleep: noSleep,
    ...rest,
  });
  return { ...store, events, blobs: () => events.flatMap((event) => (event.kind === 'registry-blob' ? [event.outcome] : [])) };
}

const reference = (registry: FakeRegistry, name: string): ImageReference => parseImageReference(`${registry.host}/${name}`);

async function expectSame(image: Image | undefined, original: Image): Promise<void> {
  expect(image?.imageId).toBe(original.imageId);
  expect(await validateImage(image!)).toEqual([]);
}

describe('createRegistryStore() writing and reading', () => {
  it('writes an image that reads back the same, and asks nothing twice', async () => {
    await using registry = await startFakeRegistry();
    const image = await syntheticImage('a', { layers: 3 });
    const store = open();
    const descriptor = await store.write(image, [reference(registry, 'team/app:1')]);
    expect(registry.manifest('team/app', '1')!.bytes.length).toBe(descriptor.size);
    expect(store.blobs()).toEqual(['uploaded', 'uploaded', 'uploaded', 'uploaded']);
    await expectSame(await open().read(reference(registry, 'team/app:1'), AMD64), image);
    expect(registry.requests.filter((request) => request.startsWith('HEAD'))).toHaveLength(4);
    const before = registry.requests.length;
    expect((await store.write(image, [reference(registry, 'team/app:1')])).digest).toBe(descriptor.digest);
    expect(registry.requests.slice(before)).toEqual(['PUT /v2/team/app/manifests/1']);
    expect(registry.violations).toEqual([]);
  });

  it('gives every tag the same manifest, and mounts between repositories of one registry', async () => {
    await using registry = await startFakeRegistry();
    const image = await syntheticImage('a');
    const store = open();
    const descriptor = await store.write(
      image,
      ['app:1', 'app:2', 'other/app:1'].map((name) => reference(registry, name)),
    );
    expect(registry.tags('app')).toEqual(['1', '2']);
    expect(registry.manifest('other/app', '1')!.bytes.equals(registry.manifest('app', '2')!.bytes)).toBe(true);
    expect(store.blobs()).toEqual(['uploaded', 'uploaded', 'uploaded', 'mounted', 'mounted', 'mounted']);
    expect((await store.resolve(reference(registry, 'other/app:1')))!.digest).toBe(descriptor.digest);
    expect(registry.violations).toEqual([]);
  });

  it('mounts layers of an image that was read, and of the origins it is told', async () => {
    await using registry = await startFakeRegistry();
    const base = await syntheticImage('base');
    const known = await open().write(base, [reference(registry, 'base:1')]);
    const store = open();
    const read = await store.read(reference(registry, 'base:1'), AMD64);
    const before = registry.uploadedBytes();
    await store.write(read!, [reference(registry, 'app:1')]);
    expect(store.blobs()).toEqual(['mounted', 'mounted', 'mounted']);
    const told = open({ blobOrigins: () => [reference(registry, 'base:1')] });
    expect((await told.write(base, [reference(registry, 'third:1')])).digest).toBe(known.digest);
    expect(told.blobs()).toEqual(['mounted', 'mounted', 'mounted']);
    expect(registry.uploadedBytes()).toBe(before);
  });

  it.each(['session', 'error'] as const)('uploads when a mount is answered with %s', async (mounts) => {
    await using registry = await startFakeRegistry({ mounts });
    const image = await syntheticImage('a');
    await open().write(image, [reference(registry, 'base:1')]);
    const store = open({ blobOrigins: () => [reference(registry, 'base:1')] });
    await store.write(image, [reference(registry, 'app:1')]);
    await expectSame(await store.read(reference(registry, 'app:1'), AMD64), image);
    expect(registry.violations).toEqual([]);
  });

  it('does not make blobs that the repository has', async () => {
    await using registry = await startFakeRegistry();
    const image = await syntheticImage('a');
    await open().write(image, [reference(registry, 'app:1')]);
    const store = open({ compressor: { compress: () => Promise.reject(new Error('nothing needs compressing')) } });
    const read = await store.read(reference(registry, 'app:1'), AMD64);
    await store.write(read!, [reference(registry, 'app:2')]);
    expect(registry.tags('app')).toEqual(['1', '2']);
  });

  it('finds nothing where there is nothing', async () => {
    await using registry = await startFakeRegistry();
    const store = open();
    expect(await store.read(reference(registry, 'no/such:1'), AMD64)).toBeUndefined();
    expect(await store.resolve(reference(registry, 'no/such:1'))).toBeUndefined();
    expect(await store.platforms(reference(registry, 'no/such:1'))).toBeUndefined();
  });

  it('resolves an index to the platform and lists what it has', async () => {
    await using registry = await startFakeRegistry();
    const store = open();
    const entries = [];
    for (const [architecture, variant] of [
      ['amd64', undefined],
      ['arm64', 'v8'],
      ['arm', 'v6'],
      ['arm', 'v7'],
    ] as const) {
      const image = await syntheticImage(`${architecture}${variant}`, { config: { architecture, ...(variant === undefined ? {} : { variant }) } });
      const descriptor = await store.write(image, [reference(registry, `app:${architecture}${variant ?? ''}`)]);
      entries.push({ ...descriptor, platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) } });
    }
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: entries }));
    registry.putManifest('app', 'all', MEDIA_TYPES.ociIndex, index);
    const all = reference(registry, 'app:all');
    expect((await store.read(all, { os: 'linux', architecture: 'arm64' }))?.config.architecture).toBe('arm64');
    expect((await store.read(all, { os: 'linux', architecture: 'arm', variant: 'v7' }))?.config.variant).toBe('v7');
    expect(await store.read(all, { os: 'linux', architecture: 's390x' })).toBeUndefined();
    expect(await store.platforms(all)).toHaveLength(4);
    expect((await store.resolve(all))?.mediaType).toBe(MEDIA_TYPES.ociIndex);
  });

  it('reads a Docker schema 2 image', async () => {
    await using registry = await startFakeRegistry();
    const image = await syntheticImage('a');
    const compressor = createLayerCompressor(openBlobDirectory(directory));
    const layers = [];
    for (const layer of image.layers) {
      const { blob } = await compressor.compress(layer);
      layers.push({ mediaType: MEDIA_TYPES.dockerLayerGzip, digest: blob.digest, size: blob.size });
    }
    await open().write(image, [reference(registry, 'app:oci')]);
    const config = { mediaType: MEDIA_TYPES.dockerConfig, digest: image.imageId, size: image.configBytes.length };
    registry.putManifest(
      'app',
      'docker',
      MEDIA_TYPES.dockerManifest,
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.dockerManifest, config, layers })),
    );
    const read = await open().read(reference(registry, 'app:docker'), AMD64);
    await expectSame(read, image);
    expect(read!.manifest!.descriptor.mediaType).toBe(MEDIA_TYPES.dockerManifest);
  });

  it('resolves a tag also when the registry sends none of the optional headers', async () => {
    await using registry = await startFakeRegistry();
    const store = open();
    const descriptor = await store.write(await syntheticImage('a'), [reference(registry, 'app:1')]);
    registry.switches.terse = true;
    expect(await store.resolve(reference(registry, 'app:1'))).toEqual(descriptor);
  });

  it('puts a manifest by digest, and refuses the digest of another image', async () => {
    await using registry = await startFakeRegistry();
    const image = await syntheticImage('a');
    const compressor = createLayerCompressor(openBlobDirectory(directory));
    const { descriptor } = createManifest(image, await Promise.all(image.layers.map((layer) => compressor.compress(layer))));
    const store = open();
    await store.write(image, [{ registry: registry.host, repository: 'app', digest: descriptor.digest }]);
    expect(registry.manifest('app', descriptor.digest)).toBeDefined();
    const other = { registry: registry.host, repository: 'app', digest: image.imageId };
    await expect(store.write(image, [other])).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });
});

describe('createRegistryStore() on bad days', () => {
  const LARGE = { layers: 1, layerBytes: 3_000_000 };
  const options = { monolithicBytes: 1_000_000 };

  it('goes on with an upload where the registry says that it stopped', async () => {
    await using registry = await startFakeRegistry({ dropUploads: [1_000_000, 700_000] });
    const image = await syntheticImage('a', LARGE);
    const store = open(options);
    await store.write(image, [reference(registry, 'app:1')]);
    await expectSame(await store.read(reference(registry, 'app:1'), AMD64), image);
    expect(registry.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(3);
    // What had arrived was not sent again: all bodies together are little more than the image.
    expect(registry.uploadedBytes()).toBeLessThan(3_100_000);
    expect(registry.violations).toEqual([]);
    const progress = store.events.filter((event) => event.kind === 'transfer');
    expect(progress.at(-1)).toMatchObject({ direction: 'upload', finished: true });
  });

  it.each([
    ['has forgotten', { forgetBrokenUploads: true }],
    ['tells nothing of', { tellProgress: false }],
  ])('starts an upload again that the registry %s', async (_title, switches) => {
    await using registry = await startFakeRegistry({ dropUploads: [1_000_000], ...switches });
    const image = await syntheticImage('a', LARGE);
    const store = open(options);
    await store.write(image, [reference(registry, 'app:1')]);
    await expectSame(await store.read(reference(registry, 'app:1'), AMD64), image);
    expect(registry.violations).toEqual([]);
  });

  it('sends a small blob again whose connection broke', async () => {
    await using registry = await startFakeRegistry({ dropUploads: [10, 20] });
    const image = await syntheticImage('a', { layers: 1 });
    const store = open();
    await store.write(image, [reference(registry, 'app:1')]);
    await expectSame(await store.read(reference(registry, 'app:1'), AMD64), image);
    expect(registry.violations).toEqual([]);
  });

  it('gives up an upload that never gets anywhere', async () => {
    await using registry = await startFakeRegistry({ dropUploads: Array.from({ length: 100 }, () => 1) });
    await expect(open().write(await syntheticImage('a', { layers: 1 }), [reference(registry, 'app:1')])).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      transient: true,
    });
    expect(registry.tags('app')).toEqual([]);
  });

  it('survives a lost answer to the end of an upload', async () => {
    await using registry = await startFakeRegistry({ loseUploadAnswers: 1 });
    const image = await syntheticImage('a', LARGE);
    const place = open(options).repository({ registry: registry.host, repository: 'app' });
    const { blob, openBlob } = await createLayerCompressor(openBlobDirectory(directory)).compress(image.layers[0]!);
    await place.push(blob, openBlob);
    expect(registry.blob('app', blob.digest)).toHaveLength(blob.size);
    expect(registry.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(1);
  });

  it('waits and goes on after 429 and 5xx', async () => {
    const failures = ['HEAD', 'POST', 'PUT', 'GET'].flatMap((wanted) => [
      { when: (method: string) => method === wanted, status: 429, headers: { 'retry-after': '1' } },
      { when: (method: string) => method === wanted, status: 503 },
    ]);
    await using registry = await startFakeRegistry({ failures });
    const image = await syntheticImage('a');
    const store = open();
    await store.write(image, [reference(registry, 'app:1')]);
    await expectSame(await store.read(reference(registry, 'app:1'), AMD64), image);
    expect(registry.switches.failures).toEqual([]);
    expect(registry.violations).toEqual([]);
  });

  it.each([true, false, 'refused'] as const)('reads a layer over broken connections, with ranges %s', async (ranges) => {
    await using registry = await startFakeRegistry({ ranges });
    const image = await syntheticImage('a', LARGE);
    await open().write(image, [reference(registry, 'app:1')]);
    const read = await open().read(reference(registry, 'app:1'), AMD64);
    registry.switches.dropDownloads.push(1_000_000, 500_000);
    let bytes = 0;
    for await (const chunk of read!.layers[0]!.openBlob!()) bytes += chunk.length;
    expect(bytes).toBe(read!.layers[0]!.blob!.size);
  });

  it('never passes on content that is not what its digest says', async () => {
    await using registry = await startFakeRegistry();
    const image = await syntheticImage('a');
    const store = open();
    const descriptor = await store.write(image, [reference(registry, 'app:1')]);
    const read = await store.read(reference(registry, 'app:1'), AMD64);
    registry.switches.lieAboutContent = true;
    await expect(open().read(reference(registry, 'app:1'), AMD64)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await expect(open().read({ registry: registry.host, repository: 'app', digest: descriptor.digest }, AMD64)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    const drain = async (bytes: AsyncIterable<Uint8Array>) => {
      for await (const chunk of bytes) void chunk;
    };
    await expect(drain(read!.layers[0]!.openBlob!())).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await expect(drain(store.repository({ registry: registry.host, repository: 'app' }).open(read!.layers[0]!.blob!))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });

  it('throws what a layer throws that cannot be read, and writes no tag', async () => {
    await using registry = await startFakeRegistry();
    const image = await syntheticImage('a', { layers: 1 });
    const broken = {
      ...image,
      layers: image.layers.map((layer) => ({
        ...layer,
        blob: { mediaType: MEDIA_TYPES.ociLayerTar, digest: layer.diffId, size: layer.tarSizeBytes! },
        async *openBlob(): AsyncGenerator<Uint8Array> {
          throw new Error('the disk is damaged');
        },
      })),
    };
    await expect(open().write(broken, [reference(registry, 'app:1')])).rejects.toThrow('the disk is damaged');
    expect(registry.tags('app')).toEqual([]);
  });

  it('stops at an abort', async () => {
    const controller = new AbortController();
    await using registry = await startFakeRegistry({ failures: [{ when: () => (controller.abort(new Error('stopped')), true), status: 503 }] });
    await expect(open({ signal: controller.signal }).write(await syntheticImage('a'), [reference(registry, 'app:1')])).rejects.toThrow('stopped');
  });

  it('says that nothing listens', async () => {
    const registry = await startFakeRegistry();
    await registry[Symbol.asyncDispose]();
    await expect(open().read(reference(registry, 'app:1'), AMD64)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', registry: registry.host });
  });

  it('says that a web server is not a registry', async () => {
    await using registry = await startFakeRegistry({ failures: [{ when: () => true, status: 404 }] });
    await expect(open().read(reference(registry, 'app:1'), AMD64)).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL', status: 404 });
  });
});

describe('createRegistryStore() and access', () => {
  it.each(['basic', 'bearer'] as const)('uses a password with %s access', async (auth) => {
    await using registry = await startFakeRegistry({ auth });
    const image = await syntheticImage('a');
    const store = open({ keychain: PASSWORD });
    await store.write(
      image,
      ['app:1', 'other:1'].map((name) => reference(registry, name)),
    );
    await expectSame(await open({ keychain: PASSWORD }).read(reference(registry, 'other:1'), AMD64), image);
    expect(store.blobs()).toContain('mounted');
    expect(registry.violations).toEqual([]);
    if (auth === 'bearer') expect(registry.requests.filter((request) => request.endsWith('/token')).length).toBeLessThan(10);
  });

  it('exchanges an identity token', async () => {
    await using registry = await startFakeRegistry({ auth: 'bearer' });
    await open({ keychain: keychain({ kind: 'identity-token', token: 'refresh-me' }) }).write(await syntheticImage('a'), [reference(registry, 'app:1')]);
    expect(registry.requests).toContain('POST /token');
    expect(registry.violations).toEqual([]);
  });

  it('gets a new token when one expires in the middle', async () => {
    await using registry = await startFakeRegistry({ auth: 'bearer', tokenUses: 3 });
    // One layer: several uploads at once could use up a new token before the one that asked for it.
    const image = await syntheticImage('a', { layers: 1, layerBytes: 1_000_000 });
    const store = open({ keychain: PASSWORD, monolithicBytes: 50_000 });
    await store.write(image, [reference(registry, 'app:1')]);
    await expectSame(await open({ keychain: PASSWORD }).read(reference(registry, 'app:1'), AMD64), image);
    expect(registry.violations).toEqual([]);
  });

  it('reads without credentials what is public, and explains a refused push', async () => {
    await using registry = await startFakeRegistry({ auth: 'bearer' });
    const image = await syntheticImage('a');
    await open({ keychain: PASSWORD }).write(image, [reference(registry, 'app:1')]);
    await expectSame(await open().read(reference(registry, 'app:1'), AMD64), image);
    const refused = open().write(image, [reference(registry, 'app:2')]);
    await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', status: 401, registry: registry.host, user: undefined });
    await expect(refused).rejects.toThrow('no credentials for it were found');
  });

  it.each(['basic', 'bearer'] as const)('says which user from where a registry with %s access refuses, and never the password', async (auth) => {
    await using registry = await startFakeRegistry({ auth, password: 'another' });
    const error = await open({ keychain: PASSWORD })
      .read(reference(registry, 'app:1'), AMD64)
      .catch((reason: unknown) => reason as Error & { nextStep: string });
    expect(error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', user: 'someone' });
    expect((error as Error).message).toContain('user "someone" (credentials from /home/me/auth.json)');
    expect((error as { nextStep: string }).nextStep).toContain(`tspack login ${registry.host}`);
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('open sesame');
  });

  it('explains a denial and a rate limit', async () => {
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'not\u001b[31m yours' }] });
    await using registry = await startFakeRegistry({ failures: [{ when: (_method, path) => path.endsWith('/manifests/1'), status: 403, body }] });
    const denied = open({ keychain: PASSWORD }).read(reference(registry, 'app:1'), AMD64);
    await expect(denied).rejects.toMatchObject({ code: 'REGISTRY_DENIED', diagnostics: [{ code: 'DENIED', message: 'not [31m yours' }] });
    registry.switches.failures.push({ when: (_method, path) => path.endsWith('/manifests/1'), status: 429, headers: { 'retry-after': '9999' } });
    await expect(open().read(reference(registry, 'app:1'), AMD64)).rejects.toMatchObject({
      code: 'REGISTRY_RATE_LIMITED',
      nextStep: expect.stringContaining('9999 seconds') as string,
    });
  });

  it('tells before a build whether a push would be allowed', async () => {
    await using registry = await startFakeRegistry({ auth: 'bearer' });
    await open({ keychain: PASSWORD }).repository(reference(registry, 'app')).verifyPushAccess();
    await expect(open().repository(reference(registry, 'app')).verifyPushAccess()).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    expect(registry.violations).toEqual([]);
  });

  it('sends no credentials where a blob is redirected to', async () => {
    await using registry = await startFakeRegistry({ auth: 'bearer', redirectBlobs: true });
    const image = await syntheticImage('a');
    await open({ keychain: PASSWORD }).write(image, [reference(registry, 'app:1')]);
    await expectSame(await open({ keychain: PASSWORD }).read(reference(registry, 'app:1'), AMD64), image);
    expect(registry.violations).toEqual([]);
  });

  it('sends no credentials to an upload address elsewhere', async () => {
    await using elsewhere = await startFakeRegistry();
    await using registry = await startFakeRegistry({
      auth: 'basic',
      failures: [{ when: (method) => method === 'POST', status: 202, headers: { location: `http://${elsewhere.host}/v2/app/blobs/uploads/x` } }],
    });
    const seen: (string | undefined)[] = [];
    const http = createHttpClient({ userAgent: 'test', clock, sleep: noSleep });
    const spy = {
      request: (request: Parameters<typeof http.request>[0]) => {
        if (request.url.includes(elsewhere.host)) seen.push(request.headers?.authorization);
        return http.request(request);
      },
    };
    await open({ keychain: PASSWORD, http: spy })
      .repository(reference(registry, 'app'))
      .push({ mediaType: 'x', digest: `sha256:${'0'.repeat(64)}` as never, size: 1 }, async function* () {
        yield Buffer.from('x');
      })
      .catch(() => {});
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((value) => value === undefined)).toBe(true);
  });

  it('speaks TLS to a registry on this machine without checking its certificate, as Docker does', async () => {
    await using registry = await startFakeRegistry({ auth: 'bearer' }, { tls: true });
    const image = await syntheticImage('a');
    await open({ keychain: PASSWORD }).write(image, [reference(registry, 'app:1')]);
    await expectSame(await open({ keychain: PASSWORD, ca: [testAuthority()] }).read(reference(registry, 'app:1'), AMD64), image);
  });
});

describe('RegistryRepository', () => {
  it('is a content store for blobs and manifests', async () => {
    await using registry = await startFakeRegistry();
    const place = open().repository({ registry: registry.host, repository: 'app' });
    const bytes = Buffer.from('some content');
    const digest = registry.putBlob('other', bytes) as never;
    const descriptor = { mediaType: 'text/plain', digest, size: bytes.length };
    expect(await place.has(descriptor)).toBe(false);
    const source = async function* () {
      yield bytes;
    };
    await Promise.all([place.push(descriptor, source), place.push(descriptor, source)]);
    expect(registry.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    expect(await place.has(descriptor)).toBe(true);
    const read: Uint8Array[] = [];
    for await (const chunk of place.open(descriptor)) read.push(chunk);
    expect(Buffer.concat(read).toString()).toBe('some content');
    const missing = { ...descriptor, digest: `sha256:${'1'.repeat(64)}` as never };
    await expect(
      (async () => {
        for await (const chunk of place.open(missing)) void chunk;
      })(),
    ).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  });
});
