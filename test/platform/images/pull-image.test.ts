import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TspackError } from '../../../src/foundation/index.ts';
import { createOciArchive, openDockerArchive, openLayoutStore, parseImageReference, validateImage } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { pullImage, requireImage } from '../../../src/platform/index.ts';
import { DEFAULT_PULL_POLICY } from '../../../src/platform/pull-policy.ts';
import type { BuildEvent, PullRequest, PulledImage } from '../../../src/platform/index.ts';
import { ForeignBuilderFixture, LINUX } from '../../support/foreign-builder-fixture.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const NAME = 'example.org/team/app:1';
let fixture: ForeignBuilderFixture;
let image: Image;
beforeEach(async () => {
  fixture = new ForeignBuilderFixture();
  image = await syntheticImage('one');
});
afterEach(() => fixture.remove());

const requestFor = (more: Partial<PullRequest> = {}): PullRequest => ({
  ...{ image: NAME, role: 'run image', platform: LINUX, policy: { kind: 'if-not-present' }, insecureRegistries: [], events: () => undefined },
  signal: new AbortController().signal,
  ...more,
});
const pull = (more: Partial<PullRequest> = {}): Promise<PulledImage | undefined> => pullImage(requestFor(more), fixture.ports());
const asked = () => fixture.asked.splice(0);
const ALWAYS = { kind: 'always' } as const;
const NEVER = { kind: 'never' } as const;
const HOURLY = { kind: 'interval', milliseconds: 3_600_000 } as const;

async function writeArchive(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  writeFileSync(fixture.at(name), Buffer.concat(chunks));
}

describe('pullImage()', () => {
  it('asks a registry once for what is not here, and moves no layer', async () => {
    const published = await fixture.publish(NAME, image);
    const first = await pull();
    expect(first).toMatchObject({
      name: 'example.org/team/app:1',
      place: 'registry example.org',
      reference: `example.org/team/app@${published.manifest!.descriptor.digest}`,
    });
    expect(first?.image.imageId).toBe(image.imageId);
    expect(asked()).toEqual([`resolve ${NAME}`, `read ${NAME}`]);
    expect((await pull())?.reference).toBe(first?.reference);
    expect((await pull({ policy: NEVER }))?.reference).toBe(first?.reference);
    expect(asked()).toEqual([]);
    await validateImage(first!.image);
    expect(asked().filter((each) => each.startsWith('blob'))).not.toEqual([]);
  });

  it('asks each time, or after some time, when the policy says so', async () => {
    await fixture.publish(NAME, image);
    await pull({ policy: ALWAYS });
    const newer = await fixture.publish(NAME, await syntheticImage('two'));
    expect((await pull())?.image.imageId).toBe(image.imageId);
    expect((await pull({ policy: HOURLY }))?.image.imageId).toBe(image.imageId);
    expect(asked()).toEqual([`resolve ${NAME}`, `read ${NAME}`]);
    fixture.now = new Date(fixture.now.getTime() + 3_600_000);
    expect((await pull({ policy: HOURLY }))?.image.imageId).toBe(newer.imageId);
    expect(asked()).toEqual([`resolve ${NAME}`, `read ${NAME}`]);
    expect((await pull({ policy: ALWAYS }))?.image.imageId).toBe(newer.imageId);
    expect(asked()).toEqual([`resolve ${NAME}`]);
    fixture.now = new Date(fixture.now.getTime() + 3_599_999);
    expect((await pull({ policy: HOURLY }))?.image.imageId).toBe(newer.imageId);
    expect(asked()).toEqual([]);
  });

  it('asks shortly each time where no policy is said, and takes what is here with a warning when nobody answers', async () => {
    const events: BuildEvent[] = [];
    const unsaid = () => pull({ policy: DEFAULT_PULL_POLICY, events: (event) => events.push(event) });
    const warnings = () => events.filter((event) => event.kind === 'message' && event.level === 'warning');
    fixture.registryFailure = new TspackError({ code: 'REGISTRY_UNREACHABLE', message: 'nobody is there' });
    await expect(unsaid()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    // What is nowhere here is worth waiting for.
    expect(asked()).toEqual([`resolve ${NAME}, shortly`, `resolve ${NAME}`]);
    fixture.registryFailure = undefined;
    await fixture.publish(NAME, image);
    await unsaid();
    const newer = await fixture.publish(NAME, await syntheticImage('two'));
    expect((await unsaid())?.image.imageId).toBe(newer.imageId);
    expect(warnings()).toEqual([]);
    fixture.registryFailure = new TspackError({ code: 'REGISTRY_UNREACHABLE', message: 'nobody is there' });
    asked();
    expect((await unsaid())?.image.imageId).toBe(newer.imageId);
    expect(asked()).toEqual([`resolve ${NAME}, shortly`]);
    expect(warnings()).toMatchObject([{ message: `The run image "${NAME}" may not be the newest: nobody is there` }]);
    await fixture.store.write(image, [parseImageReference(NAME)]);
    expect(await unsaid()).toMatchObject({ place: 'local store', image: { imageId: image.imageId } });
  });

  it('asks only once for what a digest names', async () => {
    const { manifest } = await fixture.publish(NAME, image);
    const name = `example.org/team/app@${manifest!.descriptor.digest}`;
    fixture.remote.set(name, await fixture.publish(NAME, image));
    for (const policy of [ALWAYS, ALWAYS, HOURLY]) expect((await pull({ image: name, policy }))?.image.imageId).toBe(image.imageId);
    expect(asked()).toEqual([`read ${name}`]);
  });

  it('prefers this machine unless it must ask, or the image goes to a registry', async () => {
    const remote = await fixture.publish(NAME, await syntheticImage('remote'));
    await fixture.store.write(image, [parseImageReference(NAME)]);
    expect(await pull()).toMatchObject({ place: 'local store', image: { imageId: image.imageId } });
    expect(await pull({ policy: NEVER })).toMatchObject({ place: 'local store' });
    expect(asked()).toEqual([]);
    expect((await pull({ registryFirst: true }))?.image.imageId).toBe(remote.imageId);
    expect((await pull({ policy: ALWAYS }))?.image.imageId).toBe(remote.imageId);
  });

  it('takes an image of this machine that registries do not have, or do not show', async () => {
    await fixture.store.write(image, [parseImageReference(NAME)]);
    expect(await pull({ policy: ALWAYS })).toMatchObject({ place: 'local store' });
    fixture.registryFailure = new TspackError({ code: 'REGISTRY_UNAUTHORIZED', message: 'who are you' });
    expect(await pull({ policy: ALWAYS })).toMatchObject({ place: 'local store' });
    fixture.registryFailure = new TspackError({ code: 'REGISTRY_UNREACHABLE', message: 'nobody is there' });
    await expect(pull({ policy: ALWAYS })).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', nextStep: expect.stringContaining('if-not-present') });
  });

  it('reads an image of a daemon once, by the ID it has there', async () => {
    fixture.hasDaemon = true;
    fixture.daemon.set(NAME, image);
    const first = await pull();
    expect(first).toMatchObject({ place: 'Docker', reference: image.imageId });
    expect((await pull())?.image.imageId).toBe(image.imageId);
    expect(asked()).toEqual([`inspect ${NAME}`, `save ${NAME}`, `inspect ${NAME}`]);
    const again = (await pull({ image: `docker:${NAME}` }))!;
    await validateImage(again.image);
    // Not one layer at a time: a daemon gives out whole images only.
    expect(asked()).toEqual([`inspect ${NAME}`, `save ${NAME}`]);
    expect(await pull({ image: 'docker:example.org/other:1' })).toBeUndefined();
    fixture.hasDaemon = false;
    await expect(pull({ image: `docker:${NAME}` })).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' });
  });

  it('calls an image of a daemon by the digest that a registry is known to have it by', async () => {
    await fixture.publish(NAME, image);
    const pulled = await pull({ policy: ALWAYS });
    fixture.hasDaemon = true;
    fixture.daemon.set(NAME, image);
    expect(await pull({ policy: NEVER })).toMatchObject({ reference: pulled!.reference, place: 'Docker' });
    const other = await syntheticImage('two');
    fixture.daemon.set(NAME, other);
    expect(await pull({ policy: NEVER })).toMatchObject({ reference: other.imageId, place: 'Docker' });
  });

  it('opens layers that the store has from there', async () => {
    await fixture.publish(NAME, image);
    await pull();
    for (const layer of image.layers) await fixture.store.blobs.ingest(layer.openTar());
    fixture.remote.clear();
    asked();
    await validateImage((await pull({ policy: NEVER }))!.image);
    expect(asked().filter((each) => each.startsWith('read'))).toEqual([]);
  });

  it('reads layouts and archives where they lie', async () => {
    const references = [parseImageReference(NAME)];
    const { compressor } = fixture.store;
    await openLayoutStore({ directory: fixture.at('layout'), compressor }).write(image, references);
    await writeArchive('oci.tar', (await createOciArchive([{ image, references }], compressor)).open());
    await writeArchive('docker.tar', openDockerArchive([{ image, references }], compressor));
    for (const place of ['oci:layout', 'oci:layout:1', 'oci-archive:oci.tar', 'oci-archive:oci.tar:1', 'docker-archive:docker.tar']) {
      expect((await pull({ image: place }))?.image.imageId, place).toBe(image.imageId);
    }
    expect(await pull({ image: 'oci:layout:2' })).toBeUndefined();
    await expect(pull({ image: 'oci-archive:missing.tar' })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    writeFileSync(fixture.at('odd.tar'), 'odd');
    await expect(pull({ image: 'oci-archive:odd.tar' })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await expect(pull({ image: 'docker-archive:odd.tar' })).rejects.toMatchObject({ code: expect.stringMatching(/ARCHIVE_INVALID/) });
  });

  it('forgets a record that is damaged', async () => {
    await fixture.publish(NAME, image);
    await pull();
    const folder = fixture.at('home/cache/pulled');
    expect(existsSync(folder)).toBe(true);
    for (const name of readdirSync(folder)) writeFileSync(`${folder}/${name}`, '{"key":');
    asked();
    expect((await pull())?.image.imageId).toBe(image.imageId);
    expect(asked()).toEqual([`resolve ${NAME}`, `read ${NAME}`]);
  });
});

describe('requireImage()', () => {
  const require = (more: Partial<PullRequest> = {}) => requireImage(requestFor(more), fixture.ports());

  it('says that nobody has an image, and what other platforms there are', async () => {
    await expect(require()).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND', message: `Cannot find the run image "${NAME}"` });
    await expect(require({ policy: NEVER })).rejects.toMatchObject({ message: expect.stringContaining('the pull policy is "never"') });
    await fixture.publish(NAME, await syntheticImage('arm', { config: { architecture: 'arm64' } }));
    await expect(require()).rejects.toMatchObject({ code: 'IMAGE_PLATFORM_MISSING', message: expect.stringContaining('it is for linux/arm64') });
  });

  it('takes an image that does not say what it is for', async () => {
    await fixture.publish(NAME, await syntheticImage('any', { config: { architecture: '' } }));
    expect((await require()).image.config.architecture).toBe('');
  });
});
