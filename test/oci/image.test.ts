import { describe, expect, it } from 'vitest';
import { appendLayers, createImage, parseManifest, selectManifest, validateImage, withContainerConfig } from '../../src/oci/index.ts';
import { digestOf } from '../../src/foundation/index.ts';
import { syntheticImage, syntheticLayer } from '../support/synthetic-image.ts';

describe('createImage()', () => {
  it('writes the config field by field as the reference does', async () => {
    const layer = await syntheticLayer('a');
    const image = createImage({
      config: {
        config: { WorkingDir: '/w', Labels: { b: '<&>', a: '1' }, Env: ['PATH=/bin'], Cmd: null, User: '' },
        os: 'linux',
        architecture: 'arm64',
        variant: 'v8',
        history: [{ created_by: 'x', created: '1980-01-01T00:00:01Z' }],
        created: '1980-01-01T00:00:01Z',
      },
      layers: [layer],
    });
    expect(Buffer.from(image.configBytes).toString()).toBe(
      '{"architecture":"arm64","created":"1980-01-01T00:00:01Z","history":[{"created":"1980-01-01T00:00:01Z","created_by":"x"}],"os":"linux",' +
        `"rootfs":{"type":"layers","diff_ids":["${layer.diffId}"]},"config":{"Env":["PATH=/bin"],"Labels":{"a":"1","b":"\\u003c\\u0026\\u003e"},"WorkingDir":"/w"},"variant":"v8"}`,
    );
    expect(image.imageId).toBe(digestOf(image.configBytes));
    expect(await validateImage(image)).toEqual([]);
  });

  it('sorts labels by bytes, also those that look like numbers, and keeps members that it does not know', () => {
    const container = {
      Labels: { 9: 'a', 10: 'b', 18: 'c', B: 'd', a: 'e' },
      Healthcheck: { Test: ['CMD', 'x'], Interval: 5 },
      Volumes: {},
      Own: { z: 1, a: {} },
    };
    const image = createImage({ config: { os: 'linux', architecture: 'amd64', config: container }, layers: [] });
    expect(Buffer.from(image.configBytes).toString()).toContain(
      '"config":{"Healthcheck":{"Test":["CMD","x"],"Interval":5},"Labels":{"10":"b","18":"c","9":"a","B":"d","a":"e"},"Own":{"z":1,"a":{}}}',
    );
  });

  it('leaves the image alone when another is made from it', async () => {
    const image = await syntheticImage('base');
    const before = Buffer.from(image.configBytes).toString();
    const larger = appendLayers(image, [{ layer: await syntheticLayer('more'), history: { created_by: 'more' } }]);
    const labelled = withContainerConfig(larger, (config) => ({ ...config, Labels: { x: 'y' } }));
    expect(Buffer.from(image.configBytes).toString()).toBe(before);
    expect(image.layers).toHaveLength(2);
    expect(await validateImage(labelled)).toEqual([]);
    expect(new Set([image.imageId, larger.imageId, labelled.imageId]).size).toBe(3);
  });
});

describe('validateImage()', () => {
  it('finds a layer whose bytes are not what its diff ID says', async () => {
    const image = await syntheticImage('a');
    const wrong = { ...image.layers[1]!, diffId: image.layers[0]!.diffId };
    expect(await validateImage({ ...image, layers: [image.layers[0]!, wrong] })).toHaveLength(1);
  });
});

describe('parseManifest()', () => {
  it.each(['', '[]', '{"schemaVersion":1}', '{"schemaVersion":2,"config":{},"layers":[]}', '\u0000'])('refuses %j', (text) => {
    expect(() => parseManifest(Buffer.from(text))).toThrow('Cannot read image manifest');
  });
});

describe('selectManifest()', () => {
  const entry = (architecture: string, variant?: string) => ({
    mediaType: 'm',
    digest: digestOf(`${architecture}${variant}`),
    size: 1,
    platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
  });
  const index = { mediaType: 'i', manifests: [entry('amd64'), entry('arm', 'v6'), entry('arm', 'v7'), entry('arm64', 'v8')] };

  it('takes the exact variant, and arm64 with or without v8', () => {
    expect(selectManifest(index, { os: 'linux', architecture: 'arm', variant: 'v7' })?.digest).toBe(index.manifests[2]!.digest);
    expect(selectManifest(index, { os: 'linux', architecture: 'arm64' })?.digest).toBe(index.manifests[3]!.digest);
    expect(selectManifest(index, { os: 'linux', architecture: 'amd64', variant: 'v3' })?.digest).toBe(index.manifests[0]!.digest);
    expect(selectManifest(index, { os: 'linux', architecture: 's390x' })).toBeUndefined();
  });
});
