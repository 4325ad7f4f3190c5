import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDaemonImageStore, findDaemons } from '../../src/daemon/index.ts';
import type { DaemonImageEvent } from '../../src/daemon/index.ts';
import { createLayerCompressor, openBlobDirectory, openDockerArchive, parseImageReference, readDockerArchive, validateImage } from '../../src/oci/index.ts';
import type { Image } from '../../src/oci/index.ts';
import { PODMAN_VERSION, startFakeDaemon } from '../support/fake-daemon.ts';
import type { DaemonRequest, FakeDaemon } from '../support/fake-daemon.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-daemon-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function open(fake: FakeDaemon) {
  const [probe] = await findDaemons({ env: { DOCKER_HOST: fake.address }, uid: 4242, home: undefined, userAgent: 'test', clock: { now: () => new Date(0) } });
  if (!probe!.usable) throw new Error(probe!.reason);
  const blobs = openBlobDirectory(directory);
  const events: DaemonImageEvent[] = [];
  return {
    ...createDaemonImageStore({ daemon: probe!.daemon, blobs, compressor: createLayerCompressor(blobs), events: (event) => events.push(event) }),
    events,
  };
}

const inspection = (image: Image, id: string = image.imageId) => ({
  Id: id,
  Os: 'linux',
  Architecture: 'amd64',
  RootFS: { Layers: image.config.rootfs.diff_ids },
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe('createDaemonImageStore()', () => {
  it('streams a complete archive and finds the image under every name', async () => {
    const image = await syntheticImage('a', { layers: 2 });
    await using fake = await startFakeDaemon({
      'POST /images/load': '{"stream":"Loaded image: app:1"}\n',
      'GET /images/app:1/json': inspection(image),
      'GET /images/registry.example/team/app/json': inspection(image),
    });
    const store = await open(fake);
    const written = await store.write(image, ['app:1', 'registry.example/team/app'].map(parseImageReference));
    expect(written.digest).toBe(image.imageId);
    const load = fake.requests.find(({ method }) => method === 'POST')!;
    expect(load.body.toString('latin1')).toContain('["app:1","registry.example/team/app:latest"]');
    const loaded = await readDockerArchive(once(load.body), openBlobDirectory(join(directory, 'loaded')));
    expect(loaded.imageId).toBe(image.imageId);
    expect(store.events).toEqual([]);
  });

  it('reads an image back, for its platform only', async () => {
    const image = await syntheticImage('a');
    const chunks: Uint8Array[] = [];
    for await (const chunk of openDockerArchive([{ image, references: [parseImageReference('app:1')] }], createLayerCompressor(openBlobDirectory(directory))))
      chunks.push(chunk);
    await using fake = await startFakeDaemon({ 'GET /images/app:1/json': inspection(image), 'GET /images/app:1/get': Buffer.concat(chunks) });
    const store = await open(fake);
    const read = await store.read(parseImageReference('app:1'), AMD64);
    expect(read!.imageId).toBe(image.imageId);
    expect(await validateImage(read!)).toEqual([]);
    expect(await store.read(parseImageReference('app:1'), { os: 'linux', architecture: 'arm64' })).toBeUndefined();
    expect(await store.read(parseImageReference('app:2'), AMD64)).toBeUndefined();
    expect(await store.inspect(parseImageReference('app:1'))).toEqual({ id: image.imageId, platform: AMD64 });
  });

  it('asks Podman by the full name', async () => {
    const image = await syntheticImage('a');
    await using fake = await startFakeDaemon(
      { 'GET /images/docker.io/library/app:1/json': inspection(image, image.imageId.slice('sha256:'.length)) },
      PODMAN_VERSION,
    );
    expect(await (await open(fake)).inspect(parseImageReference('app:1'))).toBeDefined();
  });

  it('accepts and reports the other ID of a daemon that keeps images in containerd', async () => {
    const image = await syntheticImage('a');
    const daemonId = `sha256:${'5'.repeat(64)}`;
    await using fake = await startFakeDaemon({ 'POST /images/load': '', 'GET /images/app:1/json': inspection(image, daemonId) });
    const store = await open(fake);
    await store.write(image, [parseImageReference('app:1')]);
    expect(store.events).toEqual([{ kind: 'daemon-image', imageId: image.imageId, daemonId }]);
  });

  it.each([
    [
      'reports an error in its stream',
      '{"stream":"unpacking"}\n{"errorDetail":{"message":"no space left on device"},"error":"x"}\n',
      'no space left on device',
    ],
    ['does not have the image afterwards', '', 'does not have app:1'],
  ])('fails when the daemon %s', async (_title, stream, why) => {
    await using fake = await startFakeDaemon({ 'POST /images/load': stream });
    const failed = (await open(fake)).write(await syntheticImage('a'), [parseImageReference('app:1')]);
    await expect(failed).rejects.toMatchObject({ code: 'DAEMON_LOAD_FAILED' });
    await expect(failed).rejects.toThrow(why);
  });

  it('fails when the name points to something else afterwards', async () => {
    const other = await syntheticImage('other');
    await using fake = await startFakeDaemon({ 'POST /images/load': '', 'GET /images/app:1/json': inspection(other) });
    await expect((await open(fake)).write(await syntheticImage('a'), [parseImageReference('app:1')])).rejects.toMatchObject({ code: 'DAEMON_LOAD_FAILED' });
  });

  it("gives the daemon's own words for a refusal, without control characters", async () => {
    await using fake = await startFakeDaemon({
      'POST /images/load': (_request: DaemonRequest, response: import('node:http').ServerResponse) =>
        void response.writeHead(500).end('{"message":"bad\\u001b[2J archive"}'),
    });
    await expect((await open(fake)).write(await syntheticImage('a'), [parseImageReference('app:1')])).rejects.toMatchObject({
      code: 'DAEMON_REFUSED',
      message: 'Cannot load image app:1: Docker answers 500: bad [2J archive',
    });
  });

  it('throws what a layer throws', async () => {
    const image = await syntheticImage('a');
    const broken = {
      ...image,
      layers: image.layers.map((layer) => ({
        ...layer,
        openTar: async function* (): AsyncGenerator<Uint8Array> {
          throw new Error('the disk is damaged');
        },
      })),
    };
    await using fake = await startFakeDaemon({ 'POST /images/load': '' });
    await expect((await open(fake)).write(broken, [parseImageReference('app:1')])).rejects.toThrow('the disk is damaged');
  });
});
