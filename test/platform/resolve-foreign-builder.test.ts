import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTar } from '../../src/archive/index.ts';
import { formatApiVersion } from '../../src/cnb/index.ts';
import { createModuleStore, listMounted } from '../../src/lifecycle/index.ts';
import { formatImageReference, openBlobDirectory, parseImageReference } from '../../src/oci/index.ts';
import { resolveForeignBuilder } from '../../src/platform/index.ts';
import { ForeignBuilderFixture, builderImage, buildpackFiles } from '../support/foreign-builder-fixture.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

let fixture: ForeignBuilderFixture;
beforeEach(async () => {
  fixture = new ForeignBuilderFixture();
  await fixture.publish('example.org/run:1', await syntheticImage('run'));
});
afterEach(() => fixture.remove());

const resolve = (more: Parameters<ForeignBuilderFixture['request']>[0] = {}) => resolveForeignBuilder(fixture.request(more), fixture.ports());
const resolveMade = async (options: Parameters<typeof builderImage>[0], more: Parameters<ForeignBuilderFixture['request']>[0] = {}) => {
  await fixture.publish('example.org/builder:1', await builderImage(options));
  return await resolve(more);
};

describe('resolveForeignBuilder()', () => {
  it('reads a builder as its own lifecycle would', async () => {
    const builder = await resolveMade({});
    expect(builder).toMatchObject({
      name: 'example.org/builder:1',
      user: { uid: 1001, gid: 1000, home: '/home/builder' },
      env: { PATH: '/usr/bin:/bin', CNB_USER_ID: '1001' },
      order: { order: [{ group: [{ id: 'acme/one', version: '1.0.0', optional: false }] }], orderExtensions: [] },
      platformEnv: { OWN: 'of the builder' },
      runImages: [{ image: 'example.org/run:1', mirrors: ['example.com/run:1'] }],
      stackId: 'acme.stack',
      runImage: { name: 'example.org/run:1', mirrors: ['example.com/run:1'] },
    });
    expect(formatApiVersion(builder.platformApi)).toBe('0.13');
    expect(builder.runImage.reference).toMatch(/^example\.org\/run@sha256:[0-9a-f]{64}$/);
    expect(listMounted(builder.buildConfig!, 'env')).toEqual(['OPERATOR.default']);
    expect(createModuleStore(builder.moduleFolders).list('buildpack')).toEqual(['acme_one@1.0.0']);
    expect(readFileSync(`${builder.root}/cnb/order.toml`, 'utf8')).toContain('acme/one');
  });

  it('reads no layer of the run image, and none of a builder that is unpacked already', async () => {
    const image = await fixture.publish('example.org/builder:1', await builderImage());
    await resolve();
    expect(fixture.asked.filter((each) => each.startsWith('blob ')).sort()).toEqual(image.layers.map(({ blob }) => `blob ${blob!.digest}`).sort());
    fixture.asked.length = 0;
    await resolve();
    await resolve({ pullPolicy: { kind: 'never' } });
    expect(fixture.asked).toEqual([]);
    await resolve({ pullPolicy: { kind: 'always' } });
    expect(fixture.asked).toEqual(['resolve example.org/builder:1', 'resolve example.org/run:1']);
  });

  it('opens the layers again, wherever they were, with owners and modes', async () => {
    const image = await builderImage();
    await fixture.publish('example.org/builder:1', image);
    fixture.daemon.set(formatImageReference(parseImageReference('local')), image);
    fixture.hasDaemon = true;
    for (const name of ['example.org/builder:1', 'docker:local', 'docker:local']) {
      const { openImage } = await resolve({ name });
      const { imageId, layers } = await openImage!(openBlobDirectory(fixture.at('blobs')));
      expect(imageId).toBe(image.imageId);
      const paths: string[] = [];
      for (const layer of layers) for await (const entry of readTar(layer.openTar())) paths.push(entry.path);
      expect(paths).toEqual(expect.arrayContaining(['etc/passwd']));
    }
  });

  it('follows links of buildpacks anywhere in the builder, and nowhere else', async () => {
    const { moduleFolders } = await resolveMade({
      files: {
        ...buildpackFiles('acme/two', '2.0.0', { 'buildpack.toml': { link: '/opt/two/buildpack.toml' } }),
        'opt/two/buildpack.toml': 'api = "0.10"\n[buildpack]\nid = "acme/two"\nversion = "2.0.0"\n',
        'cnb/buildpacks/acme_three': { link: '../../../../../opt/three' },
        'opt/three/1.0.0/buildpack.toml': 'api = "0.10"\n[buildpack]\nid = "acme/three"\nversion = "1.0.0"\n',
        ...buildpackFiles('acme/four', '1.0.0', { 'buildpack.toml': { link: '/etc/hostname' } }),
      },
    });
    const store = createModuleStore(moduleFolders);
    const find = (id: string, version: string) => store.findBuildpack({ id: id as never, version })?.descriptor.id;
    expect(find('acme/two', '2.0.0')).toBe('acme/two');
    expect(find('acme/three', '1.0.0')).toBe('acme/three');
    // The host has that file, the builder has not.
    expect(find('acme/four', '1.0.0')).toBeUndefined();
  });

  it('falls back to labels, where an order may name no version', async () => {
    const labels = {
      'io.buildpacks.buildpack.order': '[{"group":[{"id":"acme/one","optional":true}]}]',
      'io.buildpacks.buildpack.layers': '{"acme/one":{"1.0.0":{"api":"0.10","layerDiffID":"sha256:0"}}}',
      'io.buildpacks.buildpack.system': '{"pre":{"buildpacks":[{"id":"acme/one","version":"1.0.0"}]},"post":{}}',
    };
    const nowhere = { link: '/nowhere' };
    const builder = await resolveMade({ files: { 'cnb/order.toml': nowhere, 'cnb/run.toml': nowhere }, labels });
    expect(builder.order.order).toEqual([{ group: [{ id: 'acme/one', version: '1.0.0', optional: true }] }]);
    expect(builder.system).toEqual({ pre: [{ id: 'acme/one', version: '1.0.0', optional: false }], post: [] });
    expect(builder.runImages).toEqual([{ image: 'example.org/run:1', mirrors: ['example.com/run:1'] }]);
    // A file that is there counts, even when it is empty.
    const always = { pullPolicy: { kind: 'always' } } as const;
    expect((await resolveMade({ files: { 'cnb/order.toml': '' }, labels }, always)).order.order).toEqual([]);
    const two = { ...labels, 'io.buildpacks.buildpack.layers': '{"acme/one":{"1.0.0":{},"2.0.0":{}}}' };
    await expect(resolveMade({ files: { 'cnb/order.toml': nowhere }, labels: two }, always)).rejects.toMatchObject({
      code: 'BUILDER_IMAGE_INVALID',
      message: expect.stringContaining('it has 1.0.0, 2.0.0'),
    });
  });

  it('looks where the variables of the lifecycle say', async () => {
    const builder = await resolveMade({
      env: ['CNB_USER_ID=7', 'CNB_GROUP_ID=8', 'CNB_ORDER_PATH=/opt/order.toml', 'CNB_BUILDPACKS_DIR=/opt/buildpacks'],
      files: { 'opt/order.toml': '[[order]]\n[[order.group]]\nid = "acme/other"\nversion = "1"\n' },
    });
    expect(builder.order.order[0]?.group[0]?.id).toBe('acme/other');
    expect(builder.moduleFolders.buildpacks[0]?.sandboxPath).toBe('/opt/buildpacks');
    // Nobody has that number, so that there is no home in the builder.
    expect(builder.user).toEqual({ uid: 7, gid: 8, home: '/home/cnb' });
  });

  it('takes the user and the run image that the request names', async () => {
    const other = await fixture.publish('example.net/other:1', await syntheticImage('other'));
    const builder = await resolveMade({}, { user: { uid: 5 }, runImage: 'example.net/other:1' });
    expect(builder.user).toMatchObject({ uid: 5, gid: 1000 });
    expect(builder.runImage).toMatchObject({ name: 'example.net/other:1', mirrors: [] });
    expect(builder.runImage.image.imageId).toBe(other.imageId);
  });

  it('prefers the mirrors of the run image that the user names, but records those of the builder', async () => {
    const run = await fixture.publish('example.net/mirror/run:1', await syntheticImage('mirror'));
    await fixture.publish('example.org/builder:1', await builderImage());
    const ports = (mirrors: readonly string[]) => fixture.ports({ runImageMirrors: new Map([['example.org/run:1', mirrors]]) });
    const { runImage } = await resolveForeignBuilder(fixture.request(), ports(['example.net/none:1', 'example.net/mirror/run:1']));
    expect(runImage).toMatchObject({ image: { imageId: run.imageId }, name: 'example.org/run:1', mirrors: ['example.com/run:1'] });
    // The registry of the application is nearer.
    const near = await resolveForeignBuilder(fixture.request({ registry: 'example.org' }), ports(['example.net/mirror/run:1']));
    expect(near.runImage.reference).toMatch(/^example\.org\/run@/);
  });

  it('asks nobody for the run image of a bundled builder, by either name', async () => {
    const image = await syntheticImage('own');
    const own = { image, name: 'tspack/run-base:trixie', reference: image.imageId, place: 'bundled' };
    const ports = fixture.ports({ bundledRunImage: (name) => Promise.resolve(['base', own.name].includes(name) ? own : undefined) });
    const layers = { 'cnb/run.toml': `[[images]]\nimage = "${own.name}"\nmirrors = ["example.com/run:1"]\n` };
    await fixture.publish('example.org/builder:1', await builderImage({ files: layers }));
    for (const more of [{}, { runImage: 'base' }]) {
      const { runImage } = await resolveForeignBuilder(fixture.request(more), ports);
      expect(runImage).toEqual({ image, name: own.name, reference: image.imageId, mirrors: ['example.com/run:1'] });
    }
    expect(fixture.asked.filter((asked) => asked.includes('run'))).toEqual([]);
  });

  it('prefers the mirror in the registry of the image, and does without addresses that cannot be read', async () => {
    await fixture.publish('example.com/run:1', await syntheticImage('run'));
    expect((await resolveMade({}, { registry: 'example.com' })).runImage).toMatchObject({
      name: 'example.org/run:1',
      reference: expect.stringContaining('example.com/run@'),
    });
    fixture.remote.delete('example.org/run:1');
    const { runImage } = await resolveMade({}, { pullPolicy: { kind: 'always' } });
    expect(runImage.reference).toContain('example.com/run@');
    fixture.remote.delete('example.com/run:1');
    await expect(resolveMade({}, { pullPolicy: { kind: 'always' } })).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining('example.org/run:1'),
    });
  });

  it.each([
    ['a plain image', { labels: { 'io.buildpacks.builder.metadata': undefined as never } }, 'BUILDER_IMAGE_INVALID', 'it is none'],
    ['a label that is not JSON', { labels: { 'io.buildpacks.builder.metadata': '{' } }, 'BUILDER_IMAGE_INVALID', 'io.buildpacks.builder.metadata'],
    ['an order label that is not JSON', { labels: { 'io.buildpacks.buildpack.order': '[' } }, 'BUILDER_IMAGE_INVALID', 'io.buildpacks.buildpack.order'],
    ['a builder without a lifecycle', { metadata: { lifecycle: { version: '1' } } }, 'BUILDER_IMAGE_INVALID', 'no lifecycle'],
    [
      'Platform APIs that nobody here knows',
      {
        metadata: {
          lifecycle: { version: '9', apis: { platform: { deprecated: [], supported: ['0.3', '7.0'] }, buildpack: { deprecated: [], supported: ['0.10'] } } },
        },
      },
      'PLATFORM_API_UNSUPPORTED',
      'speaks Platform API 0.3, 7.0',
    ],
    [
      'Buildpack APIs that nobody here knows',
      {
        metadata: {
          lifecycle: { version: '9', apis: { platform: { deprecated: [], supported: ['0.12'] }, buildpack: { deprecated: [], supported: ['0.2'] } } },
        },
      },
      'BUILDPACK_API_UNSUPPORTED',
      'speaks Buildpack API 0.2',
    ],
    ['no user', { env: ['CNB_GROUP_ID=1000'] }, 'BUILDER_IMAGE_INVALID', 'CNB_USER_ID is not set'],
    ['a user that is no number', { env: ['CNB_USER_ID=cnb', 'CNB_GROUP_ID=1000'] }, 'BUILDER_IMAGE_INVALID', 'want a number'],
    ['an order.toml that is no TOML', { files: { 'cnb/order.toml': '[[' } }, 'BUILDER_IMAGE_INVALID', '/cnb/order.toml'],
    ['no run image', { files: { 'cnb/run.toml': '' }, metadata: { stack: {}, images: [] } }, 'RUN_IMAGE_MISSING', 'no run image'],
    ['another architecture', { architecture: 'arm64' }, 'IMAGE_PLATFORM_MISSING', 'it is for linux/arm64'],
  ])('refuses %s', async (_, options, code, message) => {
    await expect(resolveMade(options)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('says that nobody has the builder', async () => {
    await expect(resolve()).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(resolve({ pullPolicy: { kind: 'never' } })).rejects.toMatchObject({ nextStep: 'Use --pull-policy if-not-present' });
  });
});
