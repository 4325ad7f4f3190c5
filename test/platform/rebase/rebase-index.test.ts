import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseReportToml } from '../../../src/cnb/index.ts';
import { MEDIA_TYPES, createIndexOf, openLayoutStore, parseImageReference, parseManifestIndex, readIndex, writeIndex } from '../../../src/oci/index.ts';
import type { Descriptor, Image } from '../../../src/oci/index.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import type { FakeRegistry } from '../../support/fake-registry.ts';
import { appOn, runImage } from '../../support/rebase-fixture.ts';
import { rebaseSituation } from '../../support/rebase-situation.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const situation = rebaseSituation();
const { run, registry, bundled } = situation;

const PLATFORMS = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
];
const ABOUT = 'vnd.docker.reference.digest';
const refusal = (code: string) => expect.objectContaining({ code }) as unknown as Error;
const diffIds = (image: Image | undefined) => image?.layers.map(({ diffId }) => diffId);
const lifted = (app: Image, base: Image) => [...diffIds(base)!, ...diffIds(app)!.slice(2)];

/** A run image and an app image for each platform, and newer run images. */
async function apps() {
  const run = (seed: string, layers: number) =>
    Promise.all(PLATFORMS.map(({ architecture }) => runImage(`${seed} ${architecture}`, { layers, config: { architecture } })));
  const [old, fresh] = [await run('old', 2), await run('new', 3)];
  return { old, fresh, apps: await Promise.all(old.map((base) => appOn(base))) };
}

const attestation = (about: string): Promise<Image> => syntheticImage(`attests ${about}`, { config: { os: 'unknown', architecture: 'unknown' } });

/** Puts images into a repository under one name, with an attestation about each. */
async function pushIndex(remote: FakeRegistry, images: readonly Image[]): Promise<readonly Descriptor[]> {
  const manifests: Descriptor[] = [];
  for (const [place, image] of images.entries()) {
    const pushed = await registry().write(image, [{ registry: remote.host, repository: 'app' }]);
    manifests.push({
      ...pushed,
      platform: PLATFORMS[place]!,
      annotations: { 'com.example.kept': 'yes', 'org.opencontainers.image.base.digest': 'sha256:old' },
    });
  }
  for (const { digest } of [...manifests]) {
    const pushed = await registry().write(await attestation(digest), [{ registry: remote.host, repository: 'app' }]);
    const annotations = { 'vnd.docker.reference.type': 'attestation-manifest', [ABOUT]: digest };
    manifests.push({ ...pushed, platform: { os: 'unknown', architecture: 'unknown' }, annotations });
  }
  const index = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests, annotations: { 'com.example.whole': 'yes' } }, undefined, 2);
  remote.putManifest('app', 'all', MEDIA_TYPES.ociIndex, Buffer.from(index));
  return manifests;
}

const indexOf = (remote: FakeRegistry, tag: string) => parseManifestIndex(remote.manifest('app', tag)!.bytes);

describe('rebase() of an index in a registry', () => {
  it('puts every image on the run image of its platform; no layer moves, and the index comes last', async () => {
    await using remote = await startFakeRegistry();
    const { apps: built, fresh } = await apps();
    await pushIndex(remote, built);
    const runName = `${remote.host}/app:run`;
    // Run images that lie in the same registry are not sent either.
    for (const [place, image] of fresh.entries()) await registry().write(image, [parseImageReference(`${runName}-${PLATFORMS[place]!.architecture}`)]);
    const [before, uploaded] = [remote.requests.length, remote.uploadedBytes()];

    const { result, messages } = await run({ image: `${remote.host}/app:all`, publish: true, reportDirectory: situation.directory }, bundled(...fresh));
    const index = indexOf(remote, 'all')!;
    expect(index.annotations).toEqual({ 'com.example.whole': 'yes' });
    expect(index.manifests.map(({ platform, annotations }) => ({ platform, annotations }))).toEqual(
      PLATFORMS.map((platform) => ({ platform, annotations: { 'com.example.kept': 'yes' } })),
    );
    for (const [place, platform] of PLATFORMS.entries()) {
      const image = (await registry().read(parseImageReference(`${remote.host}/app:all`), platform))!;
      expect(diffIds(image)).toEqual(lifted(built[place]!, fresh[place]!));
      expect(result.images[place]).toMatchObject({
        platform: `linux/${platform.architecture}`,
        imageId: image.imageId,
        manifestDigest: index.manifests[place]!.digest,
        changed: true,
      });
      expect(index.manifests[place]!.digest).toBe(image.manifest!.descriptor.digest);
    }
    expect(messages).toContain(`Leaving out 2 attestations of "${remote.host}/app:all" about images that are replaced`);
    const configs = await Promise.all(PLATFORMS.map(async (platform) => (await registry().read(parseImageReference(`${remote.host}/app:all`), platform))!));
    expect(remote.uploadedBytes() - uploaded).toBe(configs.reduce((sum, { configBytes }) => sum + configBytes.length, 0));
    const puts = remote.requests.slice(before).filter((request) => request.startsWith('PUT') && request.includes('/manifests/'));
    expect(puts.map((request) => request.includes('/manifests/all'))).toEqual([false, false, true]);
    const report = parseReportToml(readFileSync(join(situation.directory, 'report.toml'), 'utf8'), 'report.toml');
    expect(report.image).toMatchObject({ tags: [`${remote.host}/app:all`], digest: result.indexDigest });
    expect(remote.violations).toEqual([]);

    const stored = remote.manifest('app', 'all')!.bytes.toString();
    const again = await run({ image: `${remote.host}/app:all`, publish: true }, bundled(...fresh));
    expect(again.result.images.map(({ changed }) => changed)).toEqual([false, false]);
    expect(again.result.indexDigest).toBe(result.indexDigest);
    expect(remote.manifest('app', 'all')!.bytes.toString()).toBe(stored);
  });

  it('changes nothing of an index whose images all stand on their run images', async () => {
    await using remote = await startFakeRegistry();
    const { apps: built, fresh } = await apps();
    await pushIndex(remote, built);
    await run({ image: `${remote.host}/app:all`, publish: true }, bundled(...fresh));
    const rebased = await Promise.all(PLATFORMS.map(async (platform) => (await registry().read(parseImageReference(`${remote.host}/app:all`), platform))!));
    await pushIndex(remote, rebased);
    const stored = remote.manifest('app', 'all')!.bytes.toString();
    const { messages } = await run({ image: `${remote.host}/app:all`, publish: true }, bundled(...fresh));
    // Attestations, annotations and white space too.
    expect(remote.manifest('app', 'all')!.bytes.toString()).toBe(stored);
    expect(messages.filter((message) => message.includes('stands on this run image already'))).toHaveLength(2);
  });

  it('rebases all or none', async () => {
    await using remote = await startFakeRegistry();
    const { apps: built, fresh } = await apps();
    await pushIndex(remote, built);
    const stored = remote.manifest('app', 'all')!.bytes.toString();
    const uploaded = remote.uploadedBytes();
    const onlyOne = bundled(fresh[0]!);
    await expect(run({ image: `${remote.host}/app:all`, publish: true }, onlyOne)).rejects.toThrow(refusal('REBASE_TARGET_MISMATCH'));
    expect(remote.manifest('app', 'all')!.bytes.toString()).toBe(stored);
    expect(remote.uploadedBytes()).toBe(uploaded);
  });

  it('leaves images of others as they are, and refuses an index of them alone', async () => {
    await using remote = await startFakeRegistry();
    const { apps: built, fresh } = await apps();
    const plain = await syntheticImage('plain', { config: { architecture: 'arm64' } });
    const [, , , about] = await pushIndex(remote, [built[0]!, plain]);
    const { messages, result } = await run({ image: `${remote.host}/app:all`, publish: true }, bundled(...fresh));
    expect(messages).toContain(`Leaving linux/arm64 of "${remote.host}/app:all" as it is: it was not built by buildpacks`);
    expect(result.images).toHaveLength(1);
    expect(indexOf(remote, 'all')!.manifests.map(({ digest }) => digest)).toEqual([
      result.images[0]!.manifestDigest,
      (await registry().read(parseImageReference(`${remote.host}/app:all`), PLATFORMS[1]!))!.manifest!.descriptor.digest,
      about!.digest,
    ]);
    await pushIndex(remote, [await syntheticImage('other'), plain]);
    await expect(run({ image: `${remote.host}/app:all`, publish: true }, bundled(...fresh))).rejects.toThrow(refusal('REBASE_NOT_BUILT'));
  });

  it('writes the whole index of a previous image, and refuses what is no index of images', async () => {
    await using remote = await startFakeRegistry();
    const { apps: built, fresh } = await apps();
    await pushIndex(remote, built);
    const [all, copy] = [`${remote.host}/app:all`, `${remote.host}/other:2`];
    const stored = remote.manifest('app', 'all')!.bytes.toString();
    await run({ image: copy, previousImage: all, publish: true }, bundled(...fresh));
    expect(remote.manifest('app', 'all')!.bytes.toString()).toBe(stored);
    expect(diffIds(await registry().read(parseImageReference(copy), PLATFORMS[1]!))).toEqual(lifted(built[1]!, fresh[1]!));
    expect(remote.violations).toEqual([]);

    await registry().write(built[0]!, [parseImageReference(`${remote.host}/app:one`)]);
    const one = { image: all, previousImage: `${remote.host}/app:one`, publish: true };
    await expect(run(one, bundled(...fresh))).rejects.toThrow(/one image would take its place/);
    const { mediaType, bytes } = remote.manifest('app', 'all')!;
    const { descriptor: inner } = { descriptor: { mediaType, digest: `sha256:${'0'.repeat(64)}`, size: bytes.length } };
    remote.putManifest('app', 'deep', MEDIA_TYPES.ociIndex, Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [inner] })));
    await expect(run({ image: `${remote.host}/app:deep`, publish: true }, bundled(...fresh))).rejects.toThrow(/holds another index/);
    const lost = { mediaType: MEDIA_TYPES.ociManifest, digest: `sha256:${'0'.repeat(64)}`, size: 3 };
    remote.putManifest('app', 'lost', MEDIA_TYPES.ociIndex, Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [lost] })));
    await expect(run({ image: `${remote.host}/app:lost`, publish: true }, bundled(...fresh))).rejects.toThrow(refusal('BLOB_NOT_FOUND'));
  });
});

describe('rebase() of an index in a layout', () => {
  const layout = (name = 'apps') => openLayoutStore({ directory: join(situation.directory, name), compressor: situation.store.compressor });
  const path = (name = 'apps') => join(situation.directory, name);

  it('puts every image of one name on the run image of its platform, and keeps its neighbours', async () => {
    const { apps: built, fresh } = await apps();
    await layout().write(await syntheticImage('before'), [parseImageReference('before:0')]);
    for (const app of built) await layout().write(app, [parseImageReference('team/app:1')]);
    await layout().write(await syntheticImage('after'), [parseImageReference('after:2')]);
    const { result } = await run({ image: `oci:${path()}:1` }, bundled(...fresh));
    expect(result.indexDigest).toBeUndefined();
    expect(result.images.map(({ manifestDigest }) => manifestDigest)).toEqual(
      readIndex(path())
        .slice(1, 3)
        .map(({ digest }) => digest),
    );
    expect(readIndex(path()).map(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'])).toEqual(['0', '1', '1', '2']);
    for (const [place, { architecture }] of PLATFORMS.entries()) {
      const image = await layout().read(parseImageReference('team/app:1'), { os: 'linux', architecture });
      expect(diffIds(image)).toEqual(lifted(built[place]!, fresh[place]!));
    }
  });

  it('keeps an index of its own one', async () => {
    const { apps: built, fresh } = await apps();
    for (const app of built) await layout().write(app, [parseImageReference('app:1')]);
    const inner = createIndexOf({ manifests: readIndex(path()).map(({ annotations: _names, ...entry }) => entry) });
    layout().blobs.putBytes(inner.bytes);
    writeIndex(path(), [{ ...inner.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'all' } }]);
    const { result } = await run({ image: `oci:${path()}` }, bundled(...fresh));
    expect(readIndex(path())).toEqual([
      expect.objectContaining({ mediaType: MEDIA_TYPES.ociIndex, digest: result.indexDigest, annotations: { 'org.opencontainers.image.ref.name': 'all' } }),
    ]);
    expect(diffIds(await layout().readTag('all', { os: 'linux', architecture: 'arm64' }))).toEqual(lifted(built[1]!, fresh[1]!));

    const one = await run({ image: `oci:${path('copy')}:2`, previousImage: `oci:${path()}:all` }, bundled(...fresh));
    expect(readIndex(path('copy'))).toEqual([expect.objectContaining({ digest: one.result.indexDigest })]);
    await layout('single').write(built[0]!, [parseImageReference('app:1')]);
    await expect(run({ image: `oci:${path()}`, previousImage: `oci:${path('single')}` }, bundled(...fresh))).rejects.toThrow(refusal('REBASE_INDEX'));
  });

  it('wants to know which name an index is written to', async () => {
    const { apps: built, fresh } = await apps();
    for (const app of built) await layout().write(app, [parseImageReference('app:1')]);
    await layout('full').write(await syntheticImage('a'), [parseImageReference('a:1')]);
    await layout('full').write(await syntheticImage('b'), [parseImageReference('b:2')]);
    const before = readFileSync(join(path('full'), 'index.json'), 'utf8');
    await expect(run({ image: `oci:${path('full')}`, previousImage: `oci:${path()}` }, bundled(...fresh))).rejects.toThrow(/holds images of several names/);
    expect(readFileSync(join(path('full'), 'index.json'), 'utf8')).toBe(before);
    expect(existsSync(join(situation.directory, 'report.toml'))).toBe(false);
  });

  it('takes the image of this platform where a name means one image', async () => {
    const { apps: built, fresh } = await apps();
    for (const app of built) await layout().write(app, [parseImageReference('app:1')]);
    const { result } = await run({ image: 'myapp', previousImage: `oci:${path()}` }, bundled(...fresh));
    expect(result.images).toHaveLength(1);
    expect(diffIds(await situation.store.read(parseImageReference('myapp'), PLATFORMS[0]!))).toEqual(lifted(built[0]!, fresh[0]!));
  });
});
