import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess, systemClock } from '../../../src/foundation/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { createDockerKeychain, createRegistryStore } from '../../../src/registry/index.ts';
import type { RegistryEvent } from '../../../src/registry/index.ts';
import { createLayerCompressor, openBlobDirectory, parseImageReference, validateImage } from '../../../src/oci/index.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const REGISTRY = findProgram('docker-registry');
const CRANE = findProgram('crane');
const SKOPEO = findProgram('skopeo');
const AMD64 = { os: 'linux', architecture: 'amd64' };
const AUTH = Buffer.from('someone:open sesame').toString('base64');
/** bcrypt of "open sesame": the only form that this registry reads. */
const HTPASSWD = 'someone:$2b$04$gr477x2e5o4OvTBQQyQRUuBQ16VXXwzo3ZhVb5url3exRsPyjGb06\n';

describe.skipIf(skipWithout('docker-registry', REGISTRY !== undefined)).each(['open', 'password'] as const)('a real registry (%s)', (access) => {
  let directory: string;
  let host: string;
  let server: ChildProcess;
  let env: Record<string, string>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tspack-docker-registry-'));
    const port = await freePort();
    host = `127.0.0.1:${port}`;
    const auth = access === 'open' ? '' : `auth:\n  htpasswd:\n    realm: test\n    path: ${join(directory, 'htpasswd')}\n`;
    writeFileSync(join(directory, 'htpasswd'), HTPASSWD);
    writeFileSync(
      join(directory, 'config.yml'),
      `version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${join(directory, 'data')}\nhttp:\n  addr: ${host}\n${auth}`,
    );
    writeFileSync(join(directory, 'config.json'), JSON.stringify(access === 'open' ? {} : { auths: { [host]: { auth: AUTH } } }));
    env = { PATH: process.env.PATH ?? '', HOME: directory, DOCKER_CONFIG: directory, REGISTRY_AUTH_FILE: join(directory, 'config.json') };
    server = spawn(REGISTRY!, ['serve', join(directory, 'config.yml')], { stdio: 'ignore', env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' } });
    for (let attempt = 0; attempt < 100 && !(await answers(host)); attempt++) await delay(50);
  });

  afterAll(async () => {
    server.kill();
    await new Promise((resolve) => server.once('exit', resolve));
    rmSync(directory, { recursive: true, force: true });
  });

  function open(monolithicBytes?: number, credentials = 'config.json') {
    const events: RegistryEvent[] = [];
    const store = createRegistryStore({
      http: createHttpClient({ userAgent: 'tspack-test', clock: systemClock }),
      keychain: createDockerKeychain({ files: [join(directory, credentials)], runHelper: () => Promise.reject(new Error('no helper')) }),
      clock: systemClock,
      compressor: createLayerCompressor(openBlobDirectory(join(directory, 'blobs'))),
      events: (event) => events.push(event),
      ...(monolithicBytes === undefined ? {} : { monolithicBytes }),
    });
    return { ...store, outcomes: () => events.flatMap((event) => (event.kind === 'registry-blob' ? [event.outcome] : [])) };
  }

  it.each([
    ['in one request', undefined],
    ['by PATCH', 1000],
  ] as const)('takes an image %s, and crane and skopeo read it', async (_title, monolithicBytes) => {
    const image = await syntheticImage(`seed ${monolithicBytes}`, { layers: 3, layerBytes: 300_000 });
    const name = `${host}/team/app:${monolithicBytes ?? 0}`;
    const { digest } = await open(monolithicBytes).write(image, [parseImageReference(name)]);
    const read = await open().read(parseImageReference(name), AMD64);
    expect(read?.imageId).toBe(image.imageId);
    expect(await validateImage(read!)).toEqual([]);
    if (!skipWithout('crane', CRANE !== undefined)) {
      const seen = await runProcess([CRANE!, 'digest', name], { env });
      expect(seen).toMatchObject({ exitCode: 0, stdout: `${digest}\n` });
      expect(await runProcess([CRANE!, 'validate', '--remote', name], { env })).toMatchObject({ exitCode: 0 });
    }
    if (!skipWithout('skopeo', SKOPEO !== undefined)) {
      const seen = await runProcess([SKOPEO!, 'inspect', '--tls-verify=false', `docker://${name}`], { env });
      expect(JSON.parse(seen.stdout)).toMatchObject({ Digest: digest, Labels: { seed: `seed ${monolithicBytes}` } });
    }
  });

  it('mounts between repositories', async () => {
    const image = await syntheticImage('mounted');
    await open().write(image, [parseImageReference(`${host}/base:1`)]);
    const store = open();
    const base = await store.read(parseImageReference(`${host}/base:1`), AMD64);
    await store.write(base!, [parseImageReference(`${host}/derived:1`)]);
    expect(store.outcomes()).toEqual(['mounted', 'mounted', 'mounted']);
  });

  it('gets an upload through connections that break', async () => {
    const image = await syntheticImage('broken', { layers: 1, layerBytes: 3_000_000 });
    await using wire = await startBreakingWire(Number(host.split(':')[1]), [1_000_000, 1_500_000]);
    writeFileSync(join(directory, 'wire.json'), JSON.stringify(access === 'open' ? {} : { auths: { [wire.host]: { auth: AUTH } } }));
    await open(1000, 'wire.json').write(image, [parseImageReference(`${wire.host}/broken:1`)]);
    expect(wire.broken()).toBe(2);
    const read = await open().read(parseImageReference(`${host}/broken:1`), AMD64);
    expect(await validateImage(read!)).toEqual([]);
  });

  it.runIf(access === 'password')('refuses who has no password, or a wrong one, with the right words', async () => {
    const store = (files: readonly string[]) =>
      createRegistryStore({
        http: createHttpClient({ userAgent: 'tspack-test', clock: systemClock }),
        keychain: createDockerKeychain({ files, runHelper: () => Promise.reject(new Error('no helper')) }),
        clock: systemClock,
        compressor: createLayerCompressor(openBlobDirectory(join(directory, 'blobs'))),
      });
    const reference = parseImageReference(`${host}/team/app:1`);
    await expect(store([]).read(reference, AMD64)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', user: undefined });
    const wrong = join(directory, 'wrong.json');
    writeFileSync(wrong, JSON.stringify({ auths: { [host]: { auth: Buffer.from('someone:else').toString('base64') } } }));
    await expect(store([wrong]).repository(reference).verifyPushAccess()).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', user: 'someone' });
    await open().repository(reference).verifyPushAccess();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(host: string): Promise<boolean> {
  return fetch(`http://${host}/v2/`).then(
    () => true,
    () => false,
  );
}

/** A connection to the port that is cut after so many bytes upwards, once for each entry. */
async function startBreakingWire(port: number, cuts: number[]): Promise<AsyncDisposable & { readonly host: string; broken(): number }> {
  const sockets = new Set<Socket>();
  let broken = 0;
  const server = createServer((down) => {
    const up = connect(port, '127.0.0.1');
    let bytes = 0;
    for (const socket of [down, up]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => (up.destroy(), down.destroy()));
    }
    down.on('data', (chunk) => {
      bytes += chunk.length;
      up.write(chunk);
      if (cuts[0] === undefined || bytes < cuts[0]) return;
      cuts.shift();
      broken += 1;
      down.destroy();
    });
    up.pipe(down);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    broken: () => broken,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
