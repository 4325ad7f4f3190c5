import { appendFileSync, existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainLayer } from '../../../src/platform/index.ts';
import { openRecordStore } from '../../../src/store/index.ts';
import { BuildFixture, writing } from '../../support/build-fixture.ts';
import type { Digest } from '../../../src/foundation/index.ts';

let fixture: BuildFixture;
beforeEach(() => (fixture = new BuildFixture()));
afterEach(() => fixture.remove());

const CACHED = '[types]\nlaunch = true\ncache = true\n';
const CACHE_ONLY = '[types]\ncache = true\n';
const why = (layer: string, imageId?: Digest) => explainLayer(openRecordStore(fixture.home), imageId, layer);

const URL = 'https://packages.example/runtime.tgz';
const DIGEST = `sha256:${'1'.repeat(64)}`;

/** What the SDK writes for a layer. */
const decision = (layer: string, decided: string, reason: string, more: object = {}) => ({
  ...{ kind: 'decision', buildpack: 'samples/one/1', layer, decision: decided, reason, inputs: { version: '22' } },
  ...more,
});
const download = (layer: string) => ({ url: URL, digest: DIGEST, sizeBytes: 7, from: 'network', buildpack: 'samples/one/1', layer });

/** A buildpack with a layer in image and cache and one in the cache alone, that tells what the SDK would. */
function telling(content: string, ...lines: readonly object[]): void {
  const files = { 'runtime.toml': CACHED, 'runtime/file': content, 'tools.toml': CACHE_ONLY, 'tools/file': content };
  fixture.buildpack('samples/one', {
    build: writing(files, ({ env, hostPath }) => {
      for (const line of lines) appendFileSync(hostPath(`${env['TSPACK_DOWNLOADS']}/inbox/record.jsonl`), `${JSON.stringify(line)}\n`);
    }),
  });
}

describe('explainLayer()', () => {
  it('says why a layer was made, of which downloads, and by which build', async () => {
    telling('a', decision('runtime', 'made', 'not built before'), decision('tools', 'made', 'not built before'), download('runtime'), download('tools'));
    const { imageId } = await fixture.build();
    const made = { image: 'example.com/team/app:1', imageId, built: fixture.now };
    const layer = why('runtime');
    expect(layer).toEqual({
      ...{ ...made, layer: 'samples/one:runtime', buildpack: { id: 'samples/one', version: '1' }, decision: 'made' },
      ...{ reason: 'not built before', inputs: { version: '22' }, diffId: layer.diffId, sizeBytes: layer.sizeBytes },
      origin: { ...made, reason: 'not built before', diffId: layer.diffId, downloads: [{ url: URL, digest: DIGEST, sizeBytes: 7, from: 'network' }] },
    });
    expect(layer.sizeBytes).toBeGreaterThan(512);
    // In no image, but made of something.
    expect(why('tools')).toMatchObject({ decision: 'made', origin: { downloads: [{ url: URL }] } });
    expect(why('tools')).not.toHaveProperty('diffId');
    expect(fixture.events).toContainEqual(expect.objectContaining({ kind: 'decision', buildpack: 'samples/one', version: '1', layer: 'runtime' }));
  });

  it('remembers who made a layer that later builds use again', async () => {
    telling('a', decision('runtime', 'made', 'not built before'), download('runtime'));
    const first = await fixture.build();
    expect(why('app', first.imageId)).toMatchObject({ reason: 'there is no last image' });
    fixture.now = '2026-02-01T00:00:00.000Z';
    telling('a', decision('runtime', 'reused', 'version unchanged'));
    fixture.write('source/app.txt', 'changed');
    const second = await fixture.build();
    expect(second.imageId).not.toBe(first.imageId);
    expect(why('runtime')).toMatchObject({
      ...{ imageId: second.imageId, built: fixture.now, decision: 'reused', reason: 'version unchanged' },
      origin: { imageId: first.imageId, built: '2026-01-02T03:04:05.000Z', reason: 'not built before', downloads: [{ url: URL }] },
    });
    expect(why('app')).toMatchObject({ decision: 'made', reason: 'its files are others than in the last image', origin: { imageId: second.imageId } });
    expect(why('launcher')).toMatchObject({ decision: 'reused', reason: 'its files came out as they were', origin: { imageId: first.imageId } });

    const change = { input: 'version', from: '22', to: '24' };
    telling('b', decision('runtime', 'made', 'version changed from 22 to 24', { change }), decision('tools', 'reused', 'x'));
    const third = await fixture.build();
    expect(why('runtime')).toMatchObject({ decision: 'made', change, origin: { imageId: third.imageId, change, downloads: [] } });
  });

  it('tells apart what a buildpack says and what came of it', async () => {
    telling('a', decision('runtime', 'made', 'not built before'));
    await fixture.build();
    telling('a', decision('runtime', 'made', 'version changed'));
    await fixture.build();
    expect(why('runtime')).toMatchObject({ decision: 'reused', reason: 'version changed; its files came out as they were' });
    telling('a', decision('runtime', 'reused', 'version unchanged'));
    await fixture.build({ image: 'example.com/team/app:2' });
    expect(why('runtime')).toMatchObject({ decision: 'cached', reason: 'version unchanged; there is no last image' });
    expect(why('runtime')).not.toHaveProperty('origin');
  });

  it('is honest about buildpacks that tell nothing', async () => {
    telling('a');
    await fixture.build();
    telling('b');
    await fixture.build();
    expect(why('runtime')).toMatchObject({ decision: 'made', reason: 'its files are others than in the last image', inputs: {} });
    expect(() => why('tools')).toThrow(expect.objectContaining({ code: 'LAYER_UNKNOWN' }) as Error);
  });

  it('says what is wrong with the question', async () => {
    expect(() => why('app')).toThrow(
      expect.objectContaining({ code: 'RECORD_MISSING', message: 'Cannot explain a layer: nothing was built here yet' }) as Error,
    );
    telling('a', decision('runtime', 'made', 'x'));
    await fixture.build();
    expect(() => why('runtine')).toThrow(expect.objectContaining({ code: 'LAYER_UNKNOWN', nextStep: expect.stringContaining('runtime') as string }) as Error);
    expect(() => why('app', DIGEST as Digest)).toThrow(expect.objectContaining({ code: 'RECORD_MISSING' }) as Error);
  });

  it('does not outlive its image, nor come from a build that failed', async () => {
    telling('a');
    const first = await fixture.build();
    fixture.write('source/app.txt', 'changed');
    const second = await fixture.build();
    const file = ({ imageId }: { readonly imageId: Digest }) => `${fixture.home.store}/records/${imageId.slice('sha256:'.length)}.json`;
    expect([first, second].map((built) => existsSync(file(built)))).toEqual([false, true]);
    fixture.buildpack('samples/one', { build: () => 1 });
    await expect(fixture.build()).rejects.toThrow();
    expect(why('app').imageId).toBe(second.imageId);
  });
});
