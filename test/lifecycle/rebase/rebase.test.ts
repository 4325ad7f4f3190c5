import { describe, expect, it } from 'vitest';
import { rebase } from '../../../src/lifecycle/index.ts';
import { createImage, validateImage } from '../../../src/oci/index.ts';
import type { LifecycleMetadataLabel } from '../../../src/cnb/index.ts';
import type { RebaseInputs } from '../../../src/lifecycle/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { METADATA, RUN_NAME, appOn, metadataOf, runImage, withoutLabel } from '../../support/rebase-fixture.ts';
import { syntheticLayer } from '../../support/synthetic-image.ts';

const CREATED = '1980-01-01T00:00:01Z';
const inputs = (app: Image, image: Image, more: Partial<Omit<RebaseInputs, 'runImage'>> & { readonly runName?: string | null } = {}): RebaseInputs => {
  const { runName = RUN_NAME, ...rest } = more;
  return {
    name: 'myapp',
    app,
    runImage: { image, reference: 'registry.example/run@sha256:new', ...(runName === null ? {} : { name: runName }) },
    force: false,
    created: CREATED,
    ...rest,
  };
};
const refusal = (code: string) => expect.objectContaining({ code }) as unknown as Error;
const TARGET = { 'io.buildpacks.base.id': 'example.base', 'io.buildpacks.base.distro.name': 'debian', 'io.buildpacks.base.distro.version': '13' };
const STACK = { 'io.buildpacks.stack.id': 'example.stack' };

describe('rebase()', () => {
  it('changes layers up to the top layer, the record of the run image, and labels of base and stack: nothing else', async () => {
    const old = await runImage('old', {
      labels: { ...TARGET, 'io.buildpacks.base.released': 'yesterday', 'io.buildpacks.stack.id': 'gone', other: 'of the old base' },
    });
    const fresh = await runImage('new', { layers: 3, labels: { ...TARGET, 'io.buildpacks.base.released': 'today', other: 'of the new base' } });
    const app = await appOn(old);
    const before = JSON.stringify([app.config, fresh.config]);
    const { image, warnings, ...counts } = rebase(inputs(app, fresh));

    expect({ warnings, counts }).toEqual({ warnings: [], counts: { oldBaseLayers: 2, newBaseLayers: 3, appLayers: 4 } });
    expect(image.layers.map(({ diffId }) => diffId)).toEqual([...fresh.layers, ...app.layers.slice(2)].map(({ diffId }) => diffId));
    const { runImage: record, ...kept } = metadataOf(image);
    const { runImage: oldRecord, ...keptBefore } = metadataOf(app);
    expect(record).toEqual({ ...oldRecord, topLayer: fresh.layers[2]!.diffId, reference: 'registry.example/run@sha256:new' });
    expect(kept).toEqual(keptBefore);

    const { Labels, ...container } = image.config.config!;
    const { Labels: oldLabels, ...oldContainer } = app.config.config!;
    const { 'io.buildpacks.stack.id': _gone, ...expected } = oldLabels!;
    expect(container).toEqual(oldContainer);
    expect({ ...Labels, [METADATA]: '' }).toEqual({ ...expected, 'io.buildpacks.base.released': 'today', [METADATA]: '' });
    expect(image.config.created).toBe(CREATED);
    expect(image.config.history?.map(({ created, created_by }) => [created, created_by])).toEqual(
      ['layer 0', 'layer 1', 'layer 2', 'modules', 'app', 'launcher', 'config'].map((by) => [CREATED, by]),
    );
    expect(await validateImage(image)).toEqual([]);
    expect(JSON.stringify([app.config, fresh.config])).toBe(before);
  });

  it('gives the same image again for the same base', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const once = rebase(inputs(await appOn(old), fresh)).image;
    expect(rebase(inputs(once, fresh)).image.imageId).toBe(once.imageId);
  });

  it('finds the base below equal, empty layers', async () => {
    const empty = await syntheticLayer('empty', 0);
    const stacked = async (seed: string) => {
      const image = await runImage(seed);
      const layers = [empty, image.layers[0]!, empty];
      return createImage({ config: { ...image.config, history: [] }, layers });
    };
    const [old, fresh] = await Promise.all([stacked('old'), stacked('new')]);
    const onOld = await appOn(old, { change: (label) => ({ ...label, app: [...label.app, { sha: empty.diffId }] }) });
    const sliced = createImage({ config: { ...onOld.config, history: [] }, layers: [...onOld.layers, empty] });
    const { image } = rebase(inputs(sliced, fresh));
    expect(image.layers.map(({ diffId }) => diffId)).toEqual([...fresh.layers, ...sliced.layers.slice(3)].map(({ diffId }) => diffId));
  });

  it('replaces the annotations that name the base', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const app = await appOn(old);
    const annotated = {
      ...app,
      annotations: { 'org.opencontainers.image.base.digest': 'sha256:old', 'org.opencontainers.image.base.name': 'old', kept: 'yes' },
    };
    expect(rebase(inputs(annotated, fresh)).image.annotations).toEqual({ kept: 'yes', 'org.opencontainers.image.base.name': RUN_NAME });
  });

  it('refuses images without a label, without the layer that it names, or with a label that is no JSON', async () => {
    const base = await runImage('old');
    const app = await appOn(base);
    expect(() => rebase(inputs(withoutLabel(app, METADATA), base))).toThrow(refusal('REBASE_NOT_BUILT'));
    const lost = await appOn(base, { change: (label) => ({ ...label, runImage: { ...label.runImage, topLayer: 'sha256:other' } }) });
    expect(() => rebase(inputs(lost, base))).toThrow(refusal('REBASE_BASE_MISMATCH'));
    const hollow = createImage({ config: { ...base.config, history: [] }, layers: [] });
    expect(() => rebase(inputs(app, hollow))).toThrow('the run image has no layers');
    const broken = createImage({
      config: { ...app.config, config: { ...app.config.config, Labels: { ...app.config.config?.Labels, [METADATA]: '{' } } },
      layers: app.layers,
    });
    expect(() => rebase(inputs(broken, base))).toThrow(refusal('SPEC_FILE_INVALID'));
  });
});

describe('rebase() of images of Platform API 0.12 and later', () => {
  it('refuses an image that is marked as not rebasable, unless forced', async () => {
    const base = await runImage('old');
    const app = await appOn(base, { labels: { 'io.buildpacks.rebasable': 'false' } });
    expect(() => rebase(inputs(app, base))).toThrow(refusal('REBASE_NOT_REBASABLE'));
    expect(rebase(inputs(app, base, { force: true })).warnings).toEqual(['"myapp" is marked as not rebasable']);
  });

  it.each([
    ['os', { os: 'windows' }, {}],
    ['architecture', { architecture: 'arm64' }, {}],
    ['variant', { variant: 'v2' }, {}],
    ['distribution', {}, { 'io.buildpacks.base.distro.name': 'alpine' }],
    ['version of the distribution', {}, { 'io.buildpacks.base.distro.version': '12' }],
  ])('refuses another %s, unless forced', async (_what, config, labels) => {
    const [old, fresh] = await Promise.all([
      runImage('old', { config: { variant: 'v1' } }),
      runImage('new', { config: { variant: 'v1', ...config }, labels: { ...TARGET, ...labels } }),
    ]);
    const app = await appOn(old);
    expect(() => rebase(inputs(app, fresh))).toThrow(refusal('REBASE_TARGET_MISMATCH'));
    const { image, warnings } = rebase(inputs(app, fresh, { force: true }));
    expect(warnings).toHaveLength(1);
    expect(image.config).toMatchObject(config);
    expect(image.config.config?.Labels).toMatchObject(labels);
  });

  it('lets a run image that does not say its variant or distribution match', async () => {
    const app = await appOn(await runImage('old', { config: { variant: 'v1' } }));
    const { image } = rebase(inputs(app, await runImage('new', { labels: {} })));
    expect(image.config.variant).toBe('v1');
    expect(image.config.config?.Labels).not.toHaveProperty(['io.buildpacks.base.id']);
  });

  it('takes a mirror, however it is written, and keeps the recorded names', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new', { labels: {} })]);
    const named = await appOn(old, { change: (label) => ({ ...label, runImage: { ...label.runImage, image: 'run', mirrors: ['mirror.example/run'] } }) });
    for (const runName of ['docker.io/library/run:latest', 'mirror.example/run:latest']) {
      expect(metadataOf(rebase(inputs(named, fresh, { runName })).image).runImage).toMatchObject({ image: 'run', mirrors: ['mirror.example/run'] });
    }
  });

  it('takes a newer tag of a recorded repository when both say that they are the same base, and records it', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const { image, warnings } = rebase(inputs(await appOn(old), fresh, { runName: 'mirror.example/run:1.0.7' }));
    expect(warnings).toEqual([]);
    expect(metadataOf(image)).toMatchObject({ runImage: { image: 'mirror.example/run:1.0.7' }, stack: { runImage: { image: 'mirror.example/run:1.0.7' } } });
    expect(metadataOf(image).runImage.mirrors).toBeUndefined();
  });

  it('takes a digest of a recorded repository, and keeps the names that can move', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const { image } = rebase(inputs(await appOn(old), fresh, { runName: `registry.example/run@sha256:${'a'.repeat(64)}` }));
    expect(metadataOf(image).runImage).toMatchObject({ image: RUN_NAME, mirrors: ['mirror.example/run:1'], reference: 'registry.example/run@sha256:new' });
  });

  it('refuses another tag of a base that is not the same, or does not say', async () => {
    const app = await appOn(await runImage('old'));
    const tiny = await runImage('new', { labels: { ...TARGET, 'io.buildpacks.base.id': 'example.tiny' } });
    const silent = await runImage('new', { labels: {} });
    for (const fresh of [tiny, silent])
      expect(() => rebase(inputs(app, fresh, { runName: 'registry.example/run:2' }))).toThrow(refusal('REBASE_RUN_IMAGE_REFUSED'));
    const silentApp = await appOn(silent);
    expect(() => rebase(inputs(silentApp, silent, { runName: 'registry.example/run:2' }))).toThrow(refusal('REBASE_RUN_IMAGE_REFUSED'));
  });

  it('refuses a name that is not known, and one that is none, unless forced', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const app = await appOn(old);
    expect(() => rebase(inputs(app, fresh, { runName: 'elsewhere.example/run:1' }))).toThrow(refusal('REBASE_RUN_IMAGE_REFUSED'));
    const forced = rebase(inputs(app, fresh, { runName: 'elsewhere.example/run:1', force: true }));
    expect(forced.warnings).toEqual([`run image "elsewhere.example/run:1" is not one that "myapp" names: ${RUN_NAME}, mirror.example/run:1`]);
    expect(metadataOf(forced.image)).toMatchObject({
      runImage: { image: 'elsewhere.example/run:1' },
      stack: { runImage: { image: 'elsewhere.example/run:1' } },
    });

    expect(() => rebase(inputs(app, fresh, { runName: null }))).toThrow(refusal('REBASE_RUN_IMAGE_REFUSED'));
    expect(metadataOf(rebase(inputs(app, fresh, { runName: null, force: true })).image).runImage).toMatchObject({ image: RUN_NAME });
  });
});

describe('rebase() of images below Platform API 0.12', () => {
  const onlyStack = (label: LifecycleMetadataLabel) => ({ ...label, runImage: { topLayer: label.runImage.topLayer, reference: label.runImage.reference } });
  const mixins = (...names: readonly string[]) => ({ 'io.buildpacks.stack.mixins': JSON.stringify(names) });

  it('wants the same stack, also when forced, whatever the label of rebasability says', async () => {
    const [same, other, none] = await Promise.all([
      runImage('new', { labels: STACK }),
      runImage('other', { labels: { 'io.buildpacks.stack.id': 'else' } }),
      runImage('none', { labels: {} }),
    ]);
    const app = await appOn(await runImage('old', { labels: STACK }), {
      platformApi: '0.11',
      labels: { 'io.buildpacks.rebasable': 'false' },
      change: onlyStack,
    });
    const { image } = rebase(inputs(app, same));
    expect(metadataOf(image)).toMatchObject({ stack: { runImage: { image: RUN_NAME } }, runImage: { topLayer: same.layers[1]!.diffId } });
    expect(metadataOf(image).runImage.image).toBeUndefined();
    for (const fresh of [other, none]) expect(() => rebase(inputs(app, fresh, { force: true }))).toThrow(refusal('REBASE_STACK_MISMATCH'));
    const stackless = await appOn(none, { platformApi: '', change: onlyStack });
    expect(() => rebase(inputs(stackless, none))).toThrow(refusal('REBASE_STACK_MISMATCH'));
  });

  it('wants all mixins of the old run image, whatever their stage', async () => {
    const app = await appOn(await runImage('old', { labels: { ...STACK, ...mixins('run:curl', 'git') } }), { platformApi: '', change: onlyStack });
    const fresh = (labels: Readonly<Record<string, string>>) => runImage('new', { labels: { ...STACK, ...labels } });
    expect(rebase(inputs(app, await fresh(mixins('curl', 'git', 'more')))).warnings).toEqual([]);
    const lacking = inputs(app, await fresh(mixins('wget')));
    expect(() => rebase(lacking)).toThrow('the run image lacks curl, git');
    const broken = inputs(app, await fresh({ 'io.buildpacks.stack.mixins': '{}' }));
    expect(() => rebase(broken)).toThrow(refusal('REBASE_STACK_MISMATCH'));
  });

  it('takes another tag of the same stack', async () => {
    const [old, fresh] = await Promise.all([runImage('old', { labels: STACK }), runImage('new', { labels: STACK })]);
    const app = await appOn(old, { platformApi: '0.9', change: onlyStack });
    expect(metadataOf(rebase(inputs(app, fresh, { runName: 'registry.example/run:2' })).image).runImage).toMatchObject({ image: 'registry.example/run:2' });
  });
});
