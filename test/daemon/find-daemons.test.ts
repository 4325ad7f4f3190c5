import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findDaemons } from '../../src/daemon/index.ts';
import { DOCKER_VERSION, PODMAN_VERSION, startFakeDaemon } from '../support/fake-daemon.ts';
import { startTestServer } from '../support/test-server.ts';

const find = (env: Record<string, string>) =>
  findDaemons({ env: { XDG_RUNTIME_DIR: '/nonexistent', ...env }, uid: 4242, home: undefined, userAgent: 'test', clock: { now: () => new Date(0) } });

describe('findDaemons()', () => {
  it('tells Docker from Podman, and speaks no newer API than it knows', async () => {
    await using docker = await startFakeDaemon({});
    await using podman = await startFakeDaemon({}, PODMAN_VERSION);
    const found = await find({ DOCKER_HOST: docker.address, CONTAINER_HOST: podman.address });
    expect(found.slice(0, 2)).toMatchObject([
      {
        usable: true,
        daemon: { name: 'docker', version: '28.2.2', apiVersion: '1.41', url: 'http://localhost/v1.41', platform: { os: 'linux', architecture: 'amd64' } },
      },
      { usable: true, daemon: { name: 'podman', version: '5.4.0', platform: { architecture: 'arm64' } } },
    ]);
  });

  it('rises to the oldest API that a new daemon still speaks', async () => {
    await using docker = await startFakeDaemon({}, { ...DOCKER_VERSION, ApiVersion: '1.60', MinAPIVersion: '1.44' });
    expect((await find({ DOCKER_HOST: docker.address }))[0]).toMatchObject({ daemon: { apiVersion: '1.44' } });
  });

  it('reaches a daemon by TCP', async () => {
    await using server = await startTestServer((_request, response) => void response.end(JSON.stringify(DOCKER_VERSION)));
    expect((await find({ DOCKER_HOST: `tcp://127.0.0.1:${server.port}` }))[0]).toMatchObject({
      usable: true,
      daemon: { name: 'docker', url: `${server.origin}/v1.41` },
    });
  });

  it.each([
    ['unix:///nonexistent/docker.sock', 'does not exist'],
    ['ssh://host', 'not supported'],
    ['docker.sock', 'not supported'],
    ['tcp://127.0.0.1:1', 'nothing listens'],
  ])('says why %s is not usable', async (address, reason) => {
    expect((await find({ DOCKER_HOST: address }))[0]).toMatchObject({
      usable: false,
      origin: 'DOCKER_HOST',
      reason: expect.stringContaining(reason) as string,
    });
  });

  it('says that something else answers, and that certificates are missing', async () => {
    await using server = await startTestServer((_request, response) => void response.end('{}'));
    const address = `tcp://127.0.0.1:${server.port}`;
    expect((await find({ DOCKER_HOST: address }))[0]).toMatchObject({ usable: false, reason: 'what answers there is no container engine' });
    expect((await find({ DOCKER_HOST: address, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nonexistent' }))[0]).toMatchObject({
      usable: false,
      nextStep: 'Check DOCKER_CERT_PATH',
    });
  });

  it('lists every place without DOCKER_HOST, each once', async () => {
    const addresses = (await find({})).map((probe) => (probe.usable ? probe.daemon.address : probe.address));
    expect(addresses).toEqual(['unix:///var/run/docker.sock', 'unix:///nonexistent/docker.sock', 'unix:///nonexistent/podman/podman.sock']);
  });

  it('goes first where the current Docker context points', async () => {
    await using docker = await startFakeDaemon({});
    const folder = mkdtempSync(join(tmpdir(), 'tspack-context-'));
    const meta = join(folder, 'contexts/meta', createHash('sha256').update('colima').digest('hex'));
    mkdirSync(meta, { recursive: true });
    writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'colima', Endpoints: { docker: { Host: docker.address } } }));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: 'colima' }));
    // A real Docker may answer at its default socket.
    const first = async (env: Record<string, string>) => {
      const probe = (await find({ DOCKER_CONFIG: folder, ...env }))[0]!;
      return probe.usable ? probe.daemon.address : probe.address;
    };
    expect(await first({})).toBe(docker.address);
    expect(await first({ DOCKER_CONTEXT: 'default' })).toBe('unix:///var/run/docker.sock');
    expect(await first({ DOCKER_CONTEXT: 'gone' })).toBe('unix:///var/run/docker.sock');
    rmSync(folder, { recursive: true });
  });
});
