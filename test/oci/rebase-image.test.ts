import { describe, expect, it } from 'vitest';
import { appendLayers, createImage, rebaseImage, validateImage } from '../../src/oci/index.ts';
import { syntheticImage, syntheticLayer } from '../support/synthetic-image.ts';

const diffIds = (image: { readonly layers: readonly { readonly diffId: string }[] }) => image.layers.map(({ diffId }) => diffId);

async function appOnBase() {
  const [oldBase, newBase] = await Promise.all([
    syntheticImage('old', { layers: 2 }),
    syntheticImage('new', { layers: 3, config: { architecture: 'amd64', 'os.version': '10' } }),
  ]);
  const layer = await syntheticLayer('app');
  return { oldBase, newBase, layer, image: appendLayers(oldBase, [{ layer, history: { created_by: 'the app' } }]) };
}

describe('rebaseImage()', () => {
  it('replaces the layers of the old base and their history, and leaves both images as they were', async () => {
    const { image, oldBase, newBase, layer } = await appOnBase();
    const before = JSON.stringify([image.config, diffIds(image), newBase.config, diffIds(newBase)]);
    const rebased = rebaseImage({ image, oldBase: diffIds(oldBase) as never, newBase });
    expect(diffIds(rebased)).toEqual([...diffIds(newBase), layer.diffId]);
    expect(rebased.config.history?.map(({ created_by }) => created_by)).toEqual(['layer 0', 'layer 1', 'layer 2', 'the app']);
    expect(rebased.config).toMatchObject({ 'os.version': '10', config: image.config.config });
    expect(await validateImage(rebased)).toEqual([]);
    expect(JSON.stringify([image.config, diffIds(image), newBase.config, diffIds(newBase)])).toBe(before);
  });

  it('refuses an old base that is not a prefix', async () => {
    const { image, newBase, oldBase, layer } = await appOnBase();
    const refusal = expect.objectContaining({ code: 'REBASE_BASE_MISMATCH' });
    for (const wrong of [diffIds(newBase), [...diffIds(oldBase)].reverse(), [...diffIds(image), layer.diffId]]) {
      expect(() => rebaseImage({ image, oldBase: wrong as never, newBase })).toThrow(refusal);
    }
  });

  it('makes empty history entries where a history does not fit, and drops those of no layer', async () => {
    const { image, oldBase, newBase } = await appOnBase();
    const odd = createImage({ config: { ...newBase.config, history: [{ created_by: 'only one' }] }, layers: newBase.layers });
    const rebased = rebaseImage({ image, oldBase: diffIds(oldBase) as never, newBase: odd });
    expect(rebased.config.history).toEqual([{}, {}, {}, { created_by: 'the app' }]);
    const padded = createImage({
      config: { ...newBase.config, history: [{ empty_layer: true, created_by: 'ENV' }, ...newBase.config.history!] },
      layers: newBase.layers,
    });
    expect(rebaseImage({ image, oldBase: diffIds(oldBase) as never, newBase: padded }).config.history).toHaveLength(4);
  });

  it('takes the platform of the new base, and keeps a variant that it does not name', async () => {
    const { image, oldBase, newBase } = await appOnBase();
    const onto = (config: object, app = image) =>
      rebaseImage({
        image: app,
        oldBase: diffIds(oldBase) as never,
        newBase: createImage({ config: { ...newBase.config, ...config }, layers: newBase.layers }),
      }).config;
    const v7 = createImage({ config: { ...image.config, architecture: 'arm', variant: 'v7', 'os.version': '9' }, layers: image.layers });
    expect(onto({ architecture: 'arm', variant: 'v6' }, v7)).toMatchObject({ architecture: 'arm', variant: 'v6' });
    expect(onto({ architecture: 'arm' }, v7)).toMatchObject({ architecture: 'arm', variant: 'v7', 'os.version': '10' });
    expect(onto({ architecture: 'riscv64' }, v7)).not.toHaveProperty('variant');
  });
});
