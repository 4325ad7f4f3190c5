import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_LIFECYCLE_METADATA, parseApiVersion, parseLayerToml, parseStoreToml } from '../../../src/cnb/index.ts';
import type { BuildpackId, LayerRecord, LifecycleMetadataLabel } from '../../../src/cnb/index.ts';
import { digestOf } from '../../../src/foundation/index.ts';
import { createPlainLayersDirectory } from '../../../src/lifecycle/cache/plain-layers-directory.ts';
import type { CachedLayer, LayerCache } from '../../../src/lifecycle/cache/layer-cache.ts';
import { restore } from '../../../src/lifecycle/restore/restore.ts';
import { createImage, createTarLayer } from '../../../src/oci/index.ts';
import { writeTar } from '../../../src/archive/index.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tspack-restore-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SHA = digestOf('the layer');
const OTHER = digestOf('another layer');
const ID = 'samples/one' as BuildpackId;
const PATH = 'samples_one/layer';
const types = (text: string) => ({ launch: text.includes('l'), build: text.includes('b'), cache: text.includes('c') });
const exported = (text: string, sha: string = SHA): LayerRecord => ({ ...types(text), sha, data: { from: 'image' } });

/** A layer of the last good build, which the cache holds. */
function cached(text: string, diffId: CachedLayer['diffId'] | null = SHA): CachedLayer {
  const { launch, build } = types(text);
  return { path: PATH, buildpackId: ID, layerName: 'layer', launch, build, data: { from: 'cache' }, ...(diffId === null ? {} : { diffId }) };
}

interface Given {
  readonly image?: LayerRecord;
  readonly cache?: CachedLayer;
  readonly platformApi?: string;
  readonly group?: readonly string[];
  readonly more?: Partial<LifecycleMetadataLabel>;
  readonly previousImage?: ReturnType<typeof createImage>;
  /** Whether the cache fails to give content. */
  readonly unreadable?: boolean;
}

async function run({ image, cache, platformApi = '0.15', group = [ID], more = {}, previousImage, unreadable = false }: Given) {
  const events: string[] = [];
  const warnings: string[] = [];
  let content: ReadonlySet<string> = new Set();
  const layerCache: LayerCache = {
    layers: cache === undefined ? [] : [cache],
    sboms: async () => ({ 'cdx.json': Buffer.from('{"from":"cache"}') }),
    restore: async (paths) => (content = unreadable ? new Set() : paths),
    knownTar: () => Promise.resolve(undefined),
    commit: () => Promise.reject(new Error('restore commits nothing')),
  };
  const metadata = { ...EMPTY_LIFECYCLE_METADATA, buildpacks: [{ key: ID, version: '1', layers: image === undefined ? {} : { layer: image } }], ...more };
  await restore(
    {
      group: { group: group.map((id) => ({ id: id as BuildpackId, version: '1', api: '0.12' })), groupExtensions: [] },
      analysis: { metadata, target: { os: 'linux', arch: 'amd64' }, ...(previousImage === undefined ? {} : { previousImage }) },
      platformApi: parseApiVersion(platformApi),
    },
    {
      cache: layerCache,
      layers: createPlainLayersDirectory(folder),
      events: (event) => {
        if (event.kind === 'message' && event.level === 'warning') warnings.push(event.message);
        events.push(event.kind === 'layer' ? `${event.action} ${event.name}${event.reason === undefined ? '' : ` ${event.reason}`}` : '');
      },
    },
  );
  const file = join(folder, `${PATH}.toml`);
  const toml = existsSync(file) ? parseLayerToml(readFileSync(file, 'utf8'), file) : undefined;
  return { from: toml?.metadata?.['from'], types: toml?.types, content: [...content], events, warnings };
}

describe('restore()', () => {
  // Types of the layer in the app image and in the cache; whose metadata comes back, and whether the content does.
  it.each([
    ['l', undefined, 'image', false],
    ['lb', undefined, undefined, false],
    ['lc', undefined, undefined, false],
    ['lbc', undefined, undefined, false],
    ['lc', 'lc', 'image', true],
    ['lbc', 'lbc', 'image', true],
    ['bc', 'bc', 'cache', true],
    ['b', undefined, undefined, false],
    [undefined, 'c', 'cache', true],
    [undefined, 'bc', 'cache', true],
    [undefined, 'lc', 'cache', true],
    [undefined, 'lbc', 'cache', true],
    ['l', 'lc', 'image', true],
    [undefined, undefined, undefined, false],
  ])('given %s in the image and %s in the cache, takes metadata of the %s, with content: %s', async (inImage, inCache, from, hasContent) => {
    const result = await run({ ...(inImage === undefined ? {} : { image: exported(inImage) }), ...(inCache === undefined ? {} : { cache: cached(inCache) }) });
    expect(result.from).toBe(from);
    expect(result.content).toEqual(hasContent ? [PATH] : []);
    // The buildpack says anew what kind of layer it is.
    if (from !== undefined) expect(result.types).toEqual({ launch: false, build: false, cache: false });
  });

  it('drops content and metadata that do not belong together', async () => {
    for (const cache of [cached('lc', OTHER), cached('lc', null)]) {
      const result = await run({ image: exported('lc'), cache });
      expect(result).toMatchObject({ from: undefined, content: [], events: ['removing samples/one:layer wrong sha'] });
    }
  });

  it('takes no metadata of a cached layer whose content cannot be read', async () => {
    const result = await run({ image: exported('lc'), cache: cached('lc'), unreadable: true });
    expect(result).toMatchObject({ from: undefined, content: [] });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each<[string, string | undefined, () => Promise<boolean>, string | undefined]>([
    ['its place has it', 'image', async () => true, undefined],
    ['its place does not answer', 'image', () => Promise.reject(new Error('503')), undefined],
    ['its place has lost it', undefined, async () => false, 'Not restoring metadata for "samples/one:layer", the previous image has lost the layer'],
  ])('takes metadata of a layer of the previous image: %s', async (_, from, isPresent, warning) => {
    const layer = { diffId: SHA, openTar: () => Readable.from([]), isPresent };
    const previousImage = createImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [layer] });
    const result = await run({ image: exported('l'), previousImage });
    expect(result.from).toBe(from);
    expect(result.warnings).toEqual(warning === undefined ? [] : [warning]);
  });

  it('takes no metadata of a layer that the previous image names and does not have', async () => {
    const result = await run({ image: exported('l'), previousImage: createImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [] }) });
    expect(result).toMatchObject({ from: undefined, warnings: [expect.stringContaining('has lost the layer')] });
  });

  it('takes cached launch layers that no image has only from Platform API 0.14 on', async () => {
    expect((await run({ cache: cached('lc'), platformApi: '0.14' })).content).toEqual([PATH]);
    expect((await run({ cache: cached('lc'), platformApi: '0.13' })).content).toEqual([]);
  });

  it('restores nothing of a buildpack that is not in the group', async () => {
    await run({
      image: exported('lc'),
      cache: cached('lc'),
      group: ['samples/other'],
      more: { buildpacks: [{ key: ID, version: '1', layers: {}, store: { metadata: { a: 1 } } }] },
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes nothing outside of the folder of a buildpack, whatever the image says', async () => {
    const layers = Object.fromEntries(['../../escaped', '..', 'a/b', 'store', '', 'good'].map((name) => [name, exported('l')]));
    await run({ more: { buildpacks: [{ key: ID, version: '1', layers }] } });
    expect(readdirSync(folder, { recursive: true }).map(String).sort()).toEqual(['samples_one', 'samples_one/good.toml']);
    expect(existsSync(join(folder, '../escaped.toml'))).toBe(false);
  });

  it('writes store.toml back, also of a buildpack without layers', async () => {
    await run({ more: { buildpacks: [{ key: ID, version: '1', layers: {}, store: { metadata: { kept: 'yes' } } }] } });
    const file = join(folder, 'samples_one/store.toml');
    expect(parseStoreToml(readFileSync(file, 'utf8'), file)).toEqual({ metadata: { kept: 'yes' } });
  });

  describe('of SBOM files', () => {
    const sbom = async (entries: Readonly<Record<string, string>>) => {
      const chunks: Uint8Array[] = [];
      const files = Object.entries(entries).map(([path, text]) => ({ path, type: 'file' as const, content: Buffer.from(text) }));
      for await (const chunk of writeTar(files)) chunks.push(chunk);
      const tar = Buffer.concat(chunks);
      const layer = createTarLayer({
        diffId: digestOf(tar),
        tarSizeBytes: tar.length,
        openTar: async function* () {
          yield await Promise.resolve(tar);
        },
      });
      const reused = { diffId: SHA, openTar: () => Readable.from([]) };
      return { previousImage: createImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [reused, layer] }), sbom: { sha: layer.diffId } };
    };
    const files = () =>
      readdirSync(folder, { recursive: true })
        .map(String)
        .filter((name) => name.includes('sbom'))
        .sort();

    it('takes those of the previous image for layers without cached content', async () => {
      const image = await sbom({
        'layers/sbom/launch/samples_one/layer/sbom.cdx.json': '{"from":"image"}',
        'layers/sbom/launch/samples_one/sbom.cdx.json': 'of the buildpack as a whole',
        'layers/sbom/launch/samples_one/other/sbom.cdx.json': 'of a layer that does not come back',
        'layers/sbom/launch/samples_two/layer/sbom.cdx.json': 'of a buildpack that is not in the group',
        'layers/sbom/launch/samples_one/layer/../../../../../escape/sbom.cdx.json': 'elsewhere',
      });
      await run({
        image: exported('l'),
        previousImage: image.previousImage,
        more: { sbom: image.sbom, buildpacks: [{ key: ID, version: '1', layers: { layer: exported('l') } }] },
      });
      expect(files()).toEqual(['samples_one/layer.sbom.cdx.json']);
      expect(readFileSync(join(folder, 'samples_one/layer.sbom.cdx.json'), 'utf8')).toBe('{"from":"image"}');
      expect(existsSync(join(folder, '../escape'))).toBe(false);
    });

    it('restores none below Platform API 0.8', async () => {
      await run({ image: exported('lc'), cache: cached('lc'), platformApi: '0.7' });
      expect(files()).toEqual([]);
      expect(existsSync(join(folder, `${PATH}.toml`))).toBe(true);
    });

    it('takes those of the cache with the content of the cache', async () => {
      await run({ image: exported('lc'), cache: cached('lc') });
      expect(readFileSync(join(folder, 'samples_one/layer.sbom.cdx.json'), 'utf8')).toBe('{"from":"cache"}');
    });
  });
});
