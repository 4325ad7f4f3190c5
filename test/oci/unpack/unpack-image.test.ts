import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/foundation/index.ts';
import { createImage, unpackImage } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { fileImage, fileLayer } from '../../support/file-image.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-unpack-'));
  mkdirSync(join(directory, 'work'));
});
afterEach(() => removeTree(directory));

const unpack = (image: Image, signal = new AbortController().signal) =>
  unpackImage({ image, cacheDirectory: join(directory, 'cache'), workDirectory: join(directory, 'work'), events: () => undefined, signal });
const layersIn = () => (existsSync(join(directory, 'cache/layers')) ? readdirSync(join(directory, 'cache/layers')) : []);

describe('unpackImage()', () => {
  it('merges layers, of which one may be there twice', async () => {
    const [below, above] = [await fileLayer({ 'etc/a': 'below', 'etc/b': 'below' }), await fileLayer({ 'etc/a': 'above' })];
    const history = [1, 2, 3, 4].map((number) => ({ created_by: `layer ${number}` }));
    const image = createImage({ config: { os: 'linux', architecture: 'amd64', history }, layers: [above, below, above, await fileLayer({ 'etc/c': 'c' })] });
    const root = await unpack(image);
    expect(['a', 'b', 'c'].map((name) => readFileSync(join(root, 'etc', name), 'utf8'))).toEqual(['above', 'below', 'c']);
    expect(layersIn()).toHaveLength(3);
    expect(await unpack(image)).toBe(root);
  });

  it('leaves nothing half done when a layer cannot be read', async () => {
    const image = await fileImage([{ one: '1' }, { two: '2' }, { three: '3' }, { four: '4' }]);
    const broken: Image = {
      ...image,
      layers: image.layers.map((layer, index) => ({
        ...layer,
        openTar: index === 1 ? () => failing() : () => layer.openTar(),
      })),
    };
    await expect(unpack(broken)).rejects.toThrow('the line is cut');
    expect(readdirSync(join(directory, 'work'))).toEqual([]);
    expect(existsSync(join(directory, 'cache/rootfs'))).toBe(false);
    expect(readFileSync(join(await unpack(image), 'two'), 'utf8')).toBe('2');
  });

  it('stops when it is told to', async () => {
    await expect(unpack(await fileImage([{ one: '1' }]), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(layersIn()).toEqual([]);
  });
});

async function* failing(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new Uint8Array(512));
  throw new Error('the line is cut');
}
