import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient } from '../../src/http/index.ts';
import { ANONYMOUS, createMirrors, createRegistryStore } from '../../src/registry/index.ts';
import { createLayerCompressor, openBlobDirectory, parseImageReference, validateImage } from '../../src/oci/index.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { syntheticImage } from '../support/synthetic-image.ts';
import type { RegistryEvent } from '../../src/registry/index.ts';
import type { FakeRegistry } from '../support/fake-registry.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const clock = { now: () => new Date(0) };
const places = (configured: Record<string, readonly string[]>, image: string) =>
  createMirrors(new Map(Object.entries(configured)))(parseImageReference(image)).map(({ registry, repository }) => `${registry}/${repository}`);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-mirrors-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A store whose `registry` is read from `mirrors` first. */
function open(registry: FakeRegistry, ...mirrors: readonly string[]) {
  const events: RegistryEvent[] = [];
  const sleep = async () => {};
  const store = createRegistryStore({
    http: createHttpClient({ userAgent: 'test', clock, sleep }),
    keychain: ANONYMOUS,
    clock,
    sleep,
    compressor: createLayerCompressor(openBlobDirectory(directory)),
    mirrors: createMirrors(new Map([[registry.host, mirrors]])),
    events: (event) => events.push(event),
  });
  return { ...store, failed: () => events.flatMap((event) => (event.kind === 'mirror-failed' ? [event.mirror] : [])) };
}

/** A registry with an image, and a mirror of it below `hub/`. */
async function mirrored() {
  const origin = await startFakeRegistry();
  const mirror = await startFakeRegistry();
  const image = await syntheticImage('a', { layers: 2 });
  await open(origin).write(image, [parseImageReference(`${origin.host}/app:1`)]);
  await open(mirror).write(image, [parseImageReference(`${mirror.host}/hub/app:1`)]);
  const before = { origin: origin.requests.length, mirror: mirror.requests.length };
  return {
    origin,
    mirror,
    image,
    reference: parseImageReference(`${origin.host}/app:1`),
    asked: () => ({ origin: origin.requests.length - before.origin, mirror: mirror.requests.length - before.mirror }),
    async [Symbol.asyncDispose]() {
      await origin[Symbol.asyncDispose]();
      await mirror[Symbol.asyncDispose]();
    },
  };
}

describe('createMirrors()', () => {
  it('finds mirrors by every name of a registry, those of all registries last', () => {
    const configured = { '*': ['all.example.com'], 'docker.io': ['one.example.com', '[::1]:5000/hub/x/'] };
    expect(places(configured, 'node')).toEqual(['one.example.com/library/node', '[::1]:5000/hub/x/library/node', 'all.example.com/library/node']);
    expect(places(configured, 'ghcr.io/a/b')).toEqual(['all.example.com/a/b']);
    expect(places(configured, 'all.example.com/a/b')).toEqual([]);
  });

  it.each([
    ['*', 'https://mirror.example.com'],
    ['*', ''],
    ['*', 'mirror.example.com/UPPER'],
    ['*', 'mirror.example.com//x'],
    ['team/app', 'mirror.example.com'],
  ])('refuses %s=%s', (registry, mirror) => {
    expect(() => createMirrors(new Map([[registry, [mirror]]]))).toThrow(expect.objectContaining({ code: 'REGISTRY_MIRROR_INVALID' }));
  });
});

describe('a registry with mirrors', () => {
  it('is not asked for what a mirror has', async () => {
    await using setting = await mirrored();
    const store = open(setting.origin, `${setting.mirror.host}/hub`);
    const image = await store.read(setting.reference, AMD64);
    expect(image?.imageId).toBe(setting.image.imageId);
    expect(await validateImage(image!)).toEqual([]);
    expect((await store.resolve(setting.reference))?.digest).toMatch(/^sha256:/);
    expect(await store.platforms(setting.reference)).toEqual([]);
    expect(setting.asked().origin).toBe(0);
  });

  it('is asked for what the mirror does not have', async () => {
    await using setting = await mirrored();
    const store = open(setting.origin, setting.mirror.host);
    expect((await store.read(setting.reference, AMD64))?.imageId).toBe(setting.image.imageId);
    expect(await store.read(parseImageReference(`${setting.origin.host}/none:1`), AMD64)).toBeUndefined();
    expect(setting.asked().mirror).toBeGreaterThan(1);
    expect(store.failed()).toEqual([]);
  });

  it('is asked for the rest of a blob that the mirror loses, and for all after a failure', async () => {
    await using setting = await mirrored();
    const { mirror, origin, reference } = setting;
    const store = open(origin, `${mirror.host}/hub`);
    const image = await store.read(reference, AMD64);
    mirror.switches.ranges = false;
    mirror.switches.dropDownloads = Array.from({ length: 20 }, () => 100);
    expect(await validateImage(image!)).toEqual([]);
    expect(store.failed()).toEqual([`${mirror.host}/hub/app`]);
    const before = setting.asked().mirror;
    expect((await store.read(reference, AMD64))?.imageId).toBe(setting.image.imageId);
    expect(setting.asked().mirror).toBe(before);
  });

  it.each(['refuses', 'lies', 'is gone'] as const)('is asked for everything when the mirror %s', async (how) => {
    await using setting = await mirrored();
    const { mirror, origin, reference } = setting;
    if (how === 'lies') mirror.switches.lieAboutContent = true;
    if (how === 'refuses') mirror.switches.failures = Array.from({ length: 50 }, () => ({ when: () => true, status: 500 }));
    if (how === 'is gone') await mirror[Symbol.asyncDispose]();
    const store = open(origin, `${mirror.host}/hub`);
    const image = await store.read(reference, AMD64);
    expect(await validateImage(image!)).toEqual([]);
    expect(store.failed()).toEqual([`${mirror.host}/hub/app`]);
  });

  it('alone is written to', async () => {
    await using setting = await mirrored();
    const store = open(setting.origin, `${setting.mirror.host}/hub`);
    await store.write(await syntheticImage('b'), [parseImageReference(`${setting.origin.host}/new:1`)]);
    expect(setting.asked().mirror).toBe(0);
    expect(setting.origin.tags('new')).toEqual(['1']);
  });

  it('ends with the task', async () => {
    await using setting = await mirrored();
    const store = createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock }),
      keychain: ANONYMOUS,
      clock,
      compressor: createLayerCompressor(openBlobDirectory(directory)),
      mirrors: createMirrors(new Map([['*', [setting.mirror.host]]])),
      signal: AbortSignal.abort(new Error('enough')),
    });
    await expect(store.read(setting.reference, AMD64)).rejects.toThrow('enough');
  });
});
