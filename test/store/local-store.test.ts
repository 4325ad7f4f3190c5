import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestHex } from '../../src/foundation/index.ts';
import { createOciArchive, parseImageReference, validateImage, withDigest } from '../../src/oci/index.ts';
import { openLocalStore } from '../../src/store/index.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'store-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const open = () => openLocalStore({ directory: join(folder, 'store'), lockDirectory: join(folder, 'locks') });
const app = parseImageReference('app');

describe('openLocalStore()', () => {
  it('keeps layers uncompressed and compresses nothing', async () => {
    const image = await syntheticImage('x');
    await open().write(image, [app]);
    const read = await open().read(app, AMD64);
    expect(read?.imageId).toBe(image.imageId);
    expect(read?.layers.map(({ blob }) => blob)).toEqual([undefined, undefined]);
    expect(read?.manifest).toBeUndefined();
    expect(await validateImage(read!)).toEqual([]);
  });

  it('remembers the manifest of a distributed image and finds the image by it', async () => {
    const store = open();
    await store.write(await syntheticImage('x'), [app]);
    const image = await store.read(app, AMD64);
    const { manifest } = await store.distribute(image!);
    const archive = await createOciArchive([{ image: image!, references: [app] }], store.compressor);
    expect(archive.descriptors[0]?.digest).toBe(manifest.descriptor.digest);
    const [listed] = open().list();
    expect(listed?.manifestDigest).toBe(manifest.descriptor.digest);
    const again = await open().read(withDigest(app, manifest.descriptor.digest), AMD64);
    expect(again?.manifest?.descriptor.digest).toBe(manifest.descriptor.digest);
    expect(await validateImage(again!)).toEqual([]);
    expect(open().findByDigest(digestHex(image!.imageId).slice(0, 12))).toHaveLength(1);
  });

  it('keeps one image per name and platform', async () => {
    const store = open();
    const arm = await syntheticImage('arm', { config: { architecture: 'arm64' } });
    await store.write(await syntheticImage('one'), [app]);
    await store.write(arm, [app]);
    const two = await syntheticImage('two');
    await store.write(two, [app]);
    expect(store.list()).toHaveLength(2);
    expect((await store.read(app, AMD64))?.imageId).toBe(two.imageId);
    expect((await store.read(app, { os: 'linux', architecture: 'arm64' }))?.imageId).toBe(arm.imageId);
  });

  it('loses nothing when many images are written at once', async () => {
    const store = open();
    const names = Array.from({ length: 20 }, (_, index) => `app-${index}`);
    await Promise.all(names.map(async (name) => store.write(await syntheticImage(name, { layers: 1, layerBytes: 100 }), [parseImageReference(name)])));
    expect(store.list()).toHaveLength(20);
  });
});
