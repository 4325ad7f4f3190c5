import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createLayerCompressor,
  createOciArchive,
  openBlobDirectory,
  openDockerArchive,
  openLayoutStore,
  parseImageReference,
  readDockerArchive,
  validateImage,
} from '../../src/oci/index.ts';
import { extractTar } from '../../src/archive/index.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'layout-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (name = 'layout') => {
  const directory = join(folder, name);
  return openLayoutStore({ directory, compressor: createLayerCompressor(openBlobDirectory(directory)) });
};

describe('openLayoutStore()', () => {
  it('gives back what was written', async () => {
    const image = await syntheticImage('x');
    const reference = parseImageReference('team/app:1');
    const descriptor = await open().write(image, [reference, parseImageReference('team/app:2')]);
    const read = await open().read(reference, AMD64);
    expect(read?.imageId).toBe(image.imageId);
    expect(read?.manifest?.descriptor.digest).toBe(descriptor.digest);
    expect(await validateImage(read!)).toEqual([]);
    expect(await open().read(parseImageReference('team/other'), AMD64)).toBeUndefined();
  });

  it('replaces the image of a name and keeps the others', async () => {
    const store = open();
    await store.write(await syntheticImage('one'), [parseImageReference('a'), parseImageReference('b')]);
    const two = await syntheticImage('two');
    await store.write(two, [parseImageReference('a')]);
    expect((await store.read(parseImageReference('a'), AMD64))?.imageId).toBe(two.imageId);
    expect((await store.read(parseImageReference('b'), AMD64))?.imageId).not.toBe(two.imageId);
  });

  it('finds a blob that was changed on disk', async () => {
    const store = open();
    const image = await syntheticImage('x');
    await store.write(image, [parseImageReference('a')]);
    const read = await store.read(parseImageReference('a'), AMD64);
    writeFileSync(store.blobs.path(read!.layers[0]!.blob!.digest), 'changed');
    await expect(
      (async () => {
        for await (const chunk of read!.layers[0]!.openTar()) void chunk;
      })(),
    ).rejects.toThrow(/Cannot use layer/);
  });

  it('leaves nothing behind when a blob does not have its digest', async () => {
    const { blobs } = open();
    const [descriptor] = (await createOciArchive([{ image: await syntheticImage('x'), references: [] }], createLayerCompressor(blobs))).descriptors;
    await expect(
      blobs.put(descriptor!, async function* () {
        yield await Promise.resolve(Buffer.from('lie'));
      }),
    ).rejects.toThrow('Cannot use blob');
    expect(blobs.has(descriptor!.digest)).toBe(false);
    expect(readdirSync(join(folder, 'layout/ingest'))).toEqual([]);
  });
});

describe('createOciArchive()', () => {
  it('holds the same manifest as a layout', async () => {
    const image = await syntheticImage('x');
    const store = open();
    const descriptor = await store.write(image, [parseImageReference('a')]);
    const archive = await createOciArchive(
      [{ image, references: [parseImageReference('a')] }],
      createLayerCompressor(openBlobDirectory(join(folder, 'other'))),
    );
    expect(archive.descriptors[0]?.digest).toBe(descriptor.digest);
    await extractTar(archive.open(), join(folder, 'extracted'));
    const read = await open('extracted').read(parseImageReference('a'), AMD64);
    expect(await validateImage(read!)).toEqual([]);
  });
});

describe('openDockerArchive()', () => {
  it('can be read back', async () => {
    const image = await syntheticImage('x');
    const { blobs } = open();
    const read = await readDockerArchive(openDockerArchive([{ image, references: [parseImageReference('a:1')] }], createLayerCompressor(blobs)), blobs);
    expect(read.imageId).toBe(image.imageId);
    expect(await validateImage(read)).toEqual([]);
  });

  it('refuses an archive without a manifest', async () => {
    const archive = await createOciArchive([{ image: await syntheticImage('x'), references: [] }], createLayerCompressor(open().blobs));
    await expect(readDockerArchive(archive.open(), open().blobs)).rejects.toThrow('it has no manifest.json');
  });
});
