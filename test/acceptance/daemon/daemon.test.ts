import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, systemClock } from '../../../src/foundation/index.ts';
import { writeTar } from '../../../src/archive/index.ts';
import { createDaemonClient, createDaemonImageStore, findDaemons } from '../../../src/daemon/index.ts';
import type { DaemonImageEvent } from '../../../src/daemon/index.ts';
import { createImage, createLayerCompressor, createTarLayer, openBlobDirectory, parseImageReference, validateImage } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';

// A static program that prints, fails and serves HTTP.
const CRANE = findProgram('crane');
const probes = await findDaemons({ env: process.env, uid: process.getuid!(), home: process.env.HOME, userAgent: 'tspack-test', clock: systemClock });
const daemons = probes.flatMap((probe) => (probe.usable ? [probe.daemon] : []));
for (const probe of probes) if (!probe.usable) process.stderr.write(`no daemon at ${probe.address} (${probe.origin}): ${probe.reason}\n`);
skipWithout('a Docker or Podman daemon', daemons.length > 0);
skipWithout('crane', CRANE !== undefined);

async function programImage(): Promise<Image> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar([{ path: 'crane', type: 'file', mode: 0o755, content: readFileSync(CRANE!) }])) chunks.push(chunk);
  const tar = Buffer.concat(chunks);
  const layer = createTarLayer({
    diffId: digestOf(tar),
    tarSizeBytes: tar.length,
    openTar: async function* () {
      yield tar;
    },
  });
  return createImage({
    config: {
      os: 'linux',
      architecture: 'amd64',
      created: '1980-01-01T00:00:01Z',
      history: [{ created_by: 'test' }],
      config: { Entrypoint: ['/crane'], Env: ['PATH=/'], Labels: { a: 'b' } },
    },
    layers: [layer],
  });
}

it('has a daemon to test with', () => {
  if (process.env.TSPACK_TEST_REQUIRE === '1') expect(daemons).not.toEqual([]);
});

describe.skipIf(CRANE === undefined).each(daemons)('$name $version at $address', (daemon) => {
  const name = parseImageReference(`localhost/tspack-test/${daemon.name}:1`);
  const other = parseImageReference(`localhost/tspack-test/${daemon.name}:2`);
  const client = createDaemonClient(daemon);
  let directory: string;
  let image: Image;
  const events: DaemonImageEvent[] = [];
  const open = () => {
    const blobs = openBlobDirectory(directory);
    return createDaemonImageStore({ daemon, blobs, compressor: createLayerCompressor(blobs), events: (event) => events.push(event) });
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tspack-daemon-'));
    image = await programImage();
    await open().write(image, [name, other]);
  });
  afterAll(async () => {
    for (const reference of [name, other])
      await daemon.http.request({
        method: 'DELETE',
        url: `${daemon.url}/images/localhost/tspack-test/${daemon.name}:${reference.tag}?force=1`,
        expect: [404, 409],
      });
    rmSync(directory, { recursive: true, force: true });
  });

  it('has the image under every tag with our image ID', async () => {
    for (const reference of [name, other]) {
      const found = await open().inspect(reference);
      expect(found).toMatchObject({ platform: { os: 'linux', architecture: 'amd64' } });
      if (events.length === 0) expect(found!.id.replace('sha256:', '')).toBe(image.imageId.replace('sha256:', ''));
    }
  });

  it('gives the image back unchanged', async () => {
    const read = await open().read(name, { os: 'linux', architecture: 'amd64' });
    expect(read?.imageId).toBe(image.imageId);
    expect(await validateImage(read!)).toEqual([]);
    expect(await open().read(name, { os: 'linux', architecture: 's390x' })).toBeUndefined();
    expect(await open().read(parseImageReference('localhost/tspack-test/none:1'), { os: 'linux', architecture: 'amd64' })).toBeUndefined();
  });

  it('refuses a broken archive with what the daemon says', async () => {
    // Nothing that the daemon has already, or it would not look at the content.
    const content = Buffer.from(`not a tar ${Date.now()}`.padEnd(2048, '.'));
    const layer = {
      diffId: digestOf(content),
      tarSizeBytes: content.length,
      openTar: async function* () {
        yield content;
      },
    };
    const broken = createImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [layer] });
    await expect(open().write(broken, [parseImageReference('localhost/tspack-test/broken:1')])).rejects.toMatchObject({
      code: expect.stringMatching(/^DAEMON_/) as string,
    });
  });

  it('runs a container to its end and gives its output and exit code', async () => {
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    const spec = { image: `localhost/tspack-test/${daemon.name}:1`, network: 'host' };
    const sinks = { stdout: (chunk: Uint8Array) => void out.push(chunk), stderr: (chunk: Uint8Array) => void err.push(chunk) };
    expect(await client.runContainer({ ...spec, ...sinks, command: ['append', '--help'] })).toEqual({ code: 0 });
    expect(Buffer.concat(out).toString()).toContain('Usage:');
    expect((await client.runContainer({ ...spec, ...sinks, command: ['no-such-command'] })).code).not.toBe(0);
    expect(Buffer.concat(err).toString()).toContain('no-such-command');
  });

  it('serves while it runs and stops when asked', async () => {
    const port = await freePort();
    const controller = new AbortController();
    let started: string | undefined;
    const run = client.runContainer({
      image: `localhost/tspack-test/${daemon.name}:1`,
      network: 'host',
      entrypoint: ['/crane'],
      command: ['registry', 'serve', '--address', `127.0.0.1:${port}`],
      env: { GREETING: 'hello' },
      onStart: ({ id }) => (started = id),
      signal: controller.signal,
    });
    let status: number | undefined;
    for (let attempt = 0; attempt < 100 && status === undefined; attempt++) {
      await delay(50);
      status = await fetch(`http://127.0.0.1:${port}/v2/`).then(
        (response) => response.status,
        () => undefined,
      );
    }
    await expect
      .poll(() => started, { timeout: 10_000 })
      .toMatch(/^[0-9a-f]{64}$/)
      .finally(() => controller.abort());
    expect(status).toBe(200);
    expect((await run).code).toBeGreaterThan(0);
    await expect(fetch(`http://127.0.0.1:${port}/v2/`)).rejects.toThrow();
  });

  it('says that an image does not exist', async () => {
    await expect(client.runContainer({ image: 'localhost/tspack-test/none:1' })).rejects.toMatchObject({ code: 'DAEMON_IMAGE_NOT_FOUND' });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
