import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseReportToml } from '../../../src/cnb/index.ts';
import {
  MEDIA_TYPES,
  imagePlatform,
  openLayoutStore,
  parseImageReference,
  parseManifest,
  readIndex,
  validateImage,
  writeIndex,
} from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { describeImage } from '../../../src/platform/index.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import { RUN_NAME, appOn, metadataOf, runImage } from '../../support/rebase-fixture.ts';
import { rebaseSituation } from '../../support/rebase-situation.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const APP = parseImageReference('myapp');

const situation = rebaseSituation();
const { run, registry, bundled } = situation;
const refusal = (code: string) => expect.objectContaining({ code }) as unknown as Error;
const diffIds = (image: Image | undefined) => image?.layers.map(({ diffId }) => diffId);

describe('rebase() in the local store', () => {
  it('puts an image on the current bundled run image, and inspect tells the new base', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new', { layers: 3 })]);
    const app = await appOn(old);
    await situation.store.write(app, [APP]);
    const { result, events } = await run({ reportDirectory: join(situation.directory, 'reports', 'new') }, bundled(fresh));
    const image = (await situation.store.read(APP, AMD64))!;
    expect(await validateImage(image)).toEqual([]);
    expect(diffIds(image)).toEqual([...diffIds(fresh)!, ...diffIds(app)!.slice(2)]);
    const digest = (await situation.store.distribute(fresh)).manifest.descriptor.digest;
    expect(result).toMatchObject({
      name: 'myapp',
      imageId: image.imageId,
      baseReference: `registry.example/run@${digest}`,
      changed: true,
      oldBaseLayers: 2,
      newBaseLayers: 3,
      appLayers: 4,
    });
    expect(describeImage(image, 'myapp', 'local store').baseImage).toEqual({ topLayer: fresh.layers[2]!.diffId, reference: `registry.example/run@${digest}` });
    expect(events.map(({ kind }) => kind)).toEqual(['phase-started', 'message', 'delivered', 'phase-finished']);
    expect(readFileSync(join(situation.directory, 'reports', 'new', 'report.toml'), 'utf8')).toMatch(
      `[image]\ntags = [ "myapp" ]\nimage-id = "${image.imageId}"\n`,
    );

    const again = await run({}, bundled(fresh));
    expect(again.result).toMatchObject({ imageId: image.imageId, changed: false });
    expect(again.messages).toContain('"myapp" stands on this run image already');
  });

  it('only reads the previous image, and takes the time of SOURCE_DATE_EPOCH', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const app = await appOn(old);
    await situation.store.write(app, [parseImageReference('before:1')]);
    await run({ image: 'after:2', previousImage: 'before:1' }, { ...bundled(fresh), sourceDateEpoch: '86400' });
    expect((await situation.store.read(parseImageReference('before:1'), AMD64))?.imageId).toBe(app.imageId);
    expect((await situation.store.read(parseImageReference('after:2'), AMD64))?.config.created).toBe('1970-01-02T00:00:00Z');
  });

  it('says with a warning when it uses a run image of this machine because no registry answers', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const name = '127.0.0.1:1/run:1';
    await situation.store.write(await appOn(old, { change: (label) => ({ ...label, runImage: { ...label.runImage, image: name, mirrors: [] } }) }), [APP]);
    await situation.store.write(fresh, [parseImageReference(name)]);
    const local = await run({});
    expect(local.messages).toContainEqual(expect.stringMatching(/^Using run image "127\.0\.0\.1:1\/run:1" of the local store, which may be old: /));
    const digest = (await situation.store.distribute(fresh)).manifest.descriptor.digest;
    expect(local.result.baseReference).toBe(`127.0.0.1:1/run@${digest}`);

    rmSync(join(situation.directory, 'store'), { recursive: true });
    await situation.store.write(await appOn(old, { change: (label) => ({ ...label, runImage: { ...label.runImage, image: name, mirrors: [] } }) }), [APP]);
    await situation.daemon.write(fresh, [parseImageReference(name)]);
    expect((await run({})).result.baseReference).toBe(fresh.imageId);
  });

  it('leaves the image as it was when the run image does not fit', async () => {
    const app = await appOn(await runImage('old'));
    await situation.store.write(app, [APP]);
    const other = await runImage('new', { config: { architecture: 'arm64' } });
    await expect(run({ reportDirectory: join(situation.directory, 'report') }, bundled(other))).rejects.toThrow(refusal('REBASE_TARGET_MISMATCH'));
    expect((await situation.store.read(APP, AMD64))?.imageId).toBe(app.imageId);
    expect(existsSync(join(situation.directory, 'report'))).toBe(false);
    const forced = await run({ force: true }, bundled(other));
    expect(forced.messages).toContainEqual(expect.stringContaining('may not work on its new base'));
    expect(imagePlatform((await situation.store.read(APP, { os: 'linux', architecture: 'arm64' }))!).architecture).toBe('arm64');
  });

  it('refuses what it cannot do', async () => {
    await expect(run({ image: 'absent' })).rejects.toThrow(refusal('IMAGE_NOT_FOUND'));
    await expect(run({ image: `myapp@sha256:${'a'.repeat(64)}` })).rejects.toThrow(refusal('IMAGE_REFERENCE_INVALID'));
    await situation.store.write(await syntheticImage('plain'), [APP]);
    await expect(run({})).rejects.toThrow(refusal('REBASE_NOT_BUILT'));
    const nameless = await appOn(await runImage('old'), {
      change: ({ stack: _stack, ...label }) => ({ ...label, runImage: { topLayer: label.runImage.topLayer, reference: '' } }),
    });
    await situation.store.write(nameless, [APP]);
    await expect(run({})).rejects.toThrow(refusal('REBASE_RUN_IMAGE_MISSING'));
    const unreachable = await appOn(await runImage('old'), {
      change: (label) => ({ ...label, runImage: { ...label.runImage, image: '127.0.0.1:1/run:1', mirrors: ['not a name', '127.0.0.1:1/mirror'] } }),
    });
    await situation.store.write(unreachable, [APP]);
    await expect(run({})).rejects.toThrow(refusal('REBASE_RUN_IMAGE_NOT_FOUND'));
  });
});

describe('rebase() with mirrors of the run image', () => {
  it('reads the mirror, and goes on naming the original', async () => {
    await using remote = await startFakeRegistry();
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const mirror = `${remote.host}/mirror/run:1`;
    const name = '127.0.0.1:1/run:1';
    await registry().write(fresh, [parseImageReference(mirror)]);
    await situation.store.write(await appOn(old, { change: (label) => ({ ...label, runImage: { ...label.runImage, image: name, mirrors: [] } }) }), [APP]);
    const { result } = await run({}, { runImageMirrors: new Map([[name, [mirror]]]) });
    expect(result.baseReference).toMatch(`${remote.host}/mirror/run@sha256:`);
    expect(metadataOf((await situation.store.read(APP, AMD64))!).runImage).toMatchObject({ image: name });
  });
});

describe('rebase() in a registry', () => {
  it('moves no layer: only a config and a manifest', async () => {
    await using remote = await startFakeRegistry();
    const [old, fresh] = await Promise.all([runImage('old', { layerBytes: 100_000 }), runImage('new', { layers: 3, layerBytes: 100_000 })]);
    const runName = `${remote.host}/base/run:1`;
    const app = await appOn(old, {
      layerBytes: 100_000,
      change: (label) => ({
        ...label,
        runImage: { ...label.runImage, image: 'elsewhere.example/run', mirrors: [runName] },
        stack: { runImage: { image: runName } },
      }),
    });
    const reference = parseImageReference(`${remote.host}/team/app:1`);
    await registry().write(app, [reference]);
    const freshManifest = await registry().write(fresh, [parseImageReference(runName)]);
    const [before, uploaded] = [remote.requests.length, remote.uploadedBytes()];

    const { result } = await run({
      image: `${remote.host}/team/app:1`,
      publish: true,
      reportDirectory: situation.directory,
      tektonResults: join(situation.directory, 'results'),
    });
    const requests = remote.requests.slice(before);
    const image = (await registry().read(reference, AMD64))!;
    expect(await validateImage(image)).toEqual([]);
    expect(diffIds(image)).toEqual([...diffIds(fresh)!, ...diffIds(app)!.slice(2)]);
    expect(remote.uploadedBytes() - uploaded).toBe(image.configBytes.length);
    const layerDigests = parseManifest(remote.manifest('team/app', image.manifest!.descriptor.digest)!.bytes).layers.map(({ digest }) => digest);
    expect(layerDigests).toHaveLength(7);
    expect(requests.filter((request) => request.startsWith('GET') && layerDigests.some((digest) => request.includes(digest)))).toEqual([]);
    expect(result).toMatchObject({
      imageId: image.imageId,
      manifestDigest: image.manifest?.descriptor.digest,
      baseReference: `${remote.host}/base/run@${freshManifest.digest}`,
    });
    expect(metadataOf(image).runImage).toMatchObject({ image: 'elsewhere.example/run', mirrors: [runName] });
    const report = parseReportToml(readFileSync(join(situation.directory, 'report.toml'), 'utf8'), 'report.toml');
    expect(report.image).toEqual({ tags: [`${remote.host}/team/app:1`], digest: result.manifestDigest, manifestSize: image.manifest?.descriptor.size });
    expect(readFileSync(join(situation.directory, 'results/IMAGE_DIGEST'), 'utf8')).toBe(result.manifestDigest);
    expect(readFileSync(join(situation.directory, 'results/IMAGE_URL'), 'utf8')).toBe(`${remote.host}/team/app:1`);
    expect(remote.violations).toEqual([]);
  });

  it("takes an image with Docker's media types", async () => {
    await using remote = await startFakeRegistry();
    const fresh = await runImage('new');
    const app = await appOn(await runImage('old'));
    const name = `${remote.host}/app:docker`;
    await registry().write(app, [parseImageReference(name)]);
    const docker = Buffer.from(
      remote
        .manifest('app', 'docker')!
        .bytes.toString()
        .replaceAll(MEDIA_TYPES.ociLayerGzip, MEDIA_TYPES.dockerLayerGzip)
        .replace(MEDIA_TYPES.ociConfig, MEDIA_TYPES.dockerConfig)
        .replace(MEDIA_TYPES.ociManifest, MEDIA_TYPES.dockerManifest),
    );
    remote.putManifest('app', 'docker', MEDIA_TYPES.dockerManifest, docker);
    await run({ image: name, publish: true }, bundled(fresh));
    const image = (await registry().read(parseImageReference(name), AMD64))!;
    expect(await validateImage(image)).toEqual([]);
    expect(new Set(image.layers.map(({ blob }) => blob?.mediaType))).toEqual(new Set([MEDIA_TYPES.ociLayerGzip]));
    expect(diffIds(image)).toEqual([...diffIds(fresh)!, ...diffIds(app)!.slice(2)]);
  });

  it('writes another name from a previous image', async () => {
    await using remote = await startFakeRegistry();
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const app = await appOn(old);
    await registry().write(app, [parseImageReference(`${remote.host}/app:1`)]);
    await run({ image: `${remote.host}/other:2`, previousImage: `${remote.host}/app:1`, publish: true }, bundled(fresh));
    expect((await registry().read(parseImageReference(`${remote.host}/app:1`), AMD64))?.imageId).toBe(app.imageId);
    expect(diffIds(await registry().read(parseImageReference(`${remote.host}/other:2`), AMD64))).toEqual([...diffIds(fresh)!, ...diffIds(app)!.slice(2)]);
  });

  it('does not take a run image of this machine for a published image', async () => {
    await using remote = await startFakeRegistry();
    const name = `${remote.host}/run:1`;
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    await registry().write(await appOn(old, { change: (label) => ({ ...label, runImage: { ...label.runImage, image: name, mirrors: [] } }) }), [
      parseImageReference(`${remote.host}/app`),
    ]);
    await situation.store.write(fresh, [parseImageReference(name)]);
    await expect(run({ image: `${remote.host}/app`, publish: true })).rejects.toThrow(refusal('IMAGE_NOT_FOUND'));
  });
});

describe('rebase() elsewhere', () => {
  const layout = (name: string) => openLayoutStore({ directory: join(situation.directory, name), compressor: situation.store.compressor });

  it('keeps the names of an image in a layout, and its neighbours', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    const app = await appOn(old);
    await layout('apps').write(app, [parseImageReference('team/app:1')]);
    await layout('apps').write(await syntheticImage('neighbour'), [parseImageReference('neighbour:2')]);
    const { result } = await run({ image: `oci:${join(situation.directory, 'apps')}:1` }, bundled(fresh));
    const image = (await layout('apps').read(parseImageReference('team/app:1'), AMD64))!;
    expect(await validateImage(image)).toEqual([]);
    expect(image.imageId).toBe(result.imageId);
    expect(result.manifestDigest).toBe(image.manifest?.descriptor.digest);
    expect(readIndex(join(situation.directory, 'apps')).map(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'])).toEqual(['1', '2']);

    await run({ image: `oci:${join(situation.directory, 'copy')}:3`, previousImage: `oci:${join(situation.directory, 'apps')}:1` }, bundled(fresh));
    expect((await layout('copy').readTag('3', AMD64))?.imageId).toBe(result.imageId);
  });

  it('writes no layout into a folder of other things', async () => {
    const app = await appOn(await runImage('old'));
    await situation.store.write(app, [APP]);
    await layout('apps').write(app, [parseImageReference('app:1')]);
    const source = `oci:${join(situation.directory, 'apps')}`;
    await expect(run({ image: `oci:${situation.directory}:1`, previousImage: source }, bundled(app))).rejects.toThrow(refusal('OUTPUT_UNUSABLE'));
    expect(existsSync(join(situation.directory, 'index.json'))).toBe(false);
  });

  it('takes a run image from a layout by the name that stands there', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    await situation.store.write(await appOn(old), [APP]);
    const written = await layout('run').write(fresh, [parseImageReference('registry.example/run:1.2')]);
    const path = `oci:${join(situation.directory, 'run')}`;
    const { result } = await run({ runImage: path });
    expect(result.baseReference).toBe(`registry.example/run@${written.digest}`);
    expect(metadataOf((await situation.store.read(APP, AMD64))!).runImage.image).toBe('registry.example/run:1.2');

    writeIndex(
      join(situation.directory, 'run'),
      readIndex(join(situation.directory, 'run')).map(({ annotations: _names, ...entry }) => entry),
    );
    await expect(run({ runImage: path })).rejects.toThrow(refusal('REBASE_RUN_IMAGE_REFUSED'));
    expect((await run({ runImage: path, force: true })).result.baseReference).toBe(fresh.imageId);
    expect(JSON.stringify((await situation.store.read(APP, AMD64))!.config)).not.toContain(situation.directory);
  });

  it('reads from and writes to a daemon, where image IDs name run images', async () => {
    const [old, fresh] = await Promise.all([runImage('old'), runImage('new')]);
    await situation.daemon.write(await appOn(old), [APP]);
    await situation.daemon.write(fresh, [parseImageReference(RUN_NAME)]);
    const { result, events } = await run({ image: 'docker:myapp', runImage: `docker:${RUN_NAME}` });
    expect((await situation.daemon.read(APP, AMD64))?.imageId).toBe(result.imageId);
    expect(result).toMatchObject({ name: 'myapp', baseReference: fresh.imageId });
    expect(result.manifestDigest).toBeUndefined();
    expect(events).toContainEqual({ kind: 'delivered', place: 'docker', name: 'myapp', digest: result.imageId });
    expect(situation.store.list()).toEqual([]);
  });
});
