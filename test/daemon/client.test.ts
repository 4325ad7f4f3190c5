import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createDaemonClient, findDaemons } from '../../src/daemon/index.ts';
import { startFakeDaemon } from '../support/fake-daemon.ts';
import type { DaemonRequest, FakeDaemon } from '../support/fake-daemon.ts';

const ID = 'c'.repeat(64);

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

const answers = {
  'POST /containers/create': { Id: ID },
  [`POST /containers/${ID}/attach`]: Buffer.concat([frame(1, 'hello '), frame(2, 'oops'), frame(1, 'world')]),
  [`POST /containers/${ID}/start`]: 204,
  [`GET /containers/${ID}/json`]: { NetworkSettings: { Ports: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '49153' }], '9/udp': null } } },
  [`POST /containers/${ID}/wait`]: { StatusCode: 7 },
  [`POST /containers/${ID}/stop`]: 204,
  [`DELETE /containers/${ID}`]: 204,
};

async function open(fake: FakeDaemon) {
  const [probe] = await findDaemons({ env: { DOCKER_HOST: fake.address }, uid: 4242, home: undefined, userAgent: 'test', clock: { now: () => new Date(0) } });
  if (!probe!.usable) throw new Error(probe!.reason);
  return createDaemonClient(probe!.daemon);
}

const steps = (fake: FakeDaemon) => fake.requests.map(({ method, path }) => `${method} ${path.split('?')[0]!.replace(`/${ID}`, '')}`);

describe('createDaemonClient()', () => {
  it('runs a container: attached before the start, removed after the end', async () => {
    await using fake = await startFakeDaemon(answers);
    let out = '';
    let err = '';
    const started: unknown[] = [];
    const exit = await (
      await open(fake)
    ).runContainer({
      image: 'app',
      env: { A: 'b=c' },
      entrypoint: ['/cnb/process/web'],
      command: ['--flag'],
      ports: [
        { hostPort: 8080, containerPort: 8080 },
        { address: '0.0.0.0', hostPort: 0, containerPort: 8080 },
      ],
      network: 'bridge',
      stdout: (chunk) => (out += Buffer.from(chunk).toString()),
      stderr: (chunk) => (err += Buffer.from(chunk).toString()),
      onStart: (container) => started.push(container),
    });
    expect(exit).toEqual({ code: 7 });
    expect([out, err]).toEqual(['hello world', 'oops']);
    expect(steps(fake)).toEqual([
      'POST /containers/create',
      'POST /containers/attach',
      'POST /containers/start',
      'GET /containers/json',
      'POST /containers/wait',
      'DELETE /containers',
    ]);
    expect(started).toEqual([{ id: ID, ports: [{ address: '127.0.0.1', hostPort: 49153, containerPort: 8080 }] }]);
    expect(JSON.parse(fake.requests[0]!.body.toString())).toEqual({
      Image: 'app',
      Env: ['A=b=c'],
      Entrypoint: ['/cnb/process/web'],
      Cmd: ['--flag'],
      AttachStdout: true,
      AttachStderr: true,
      ExposedPorts: { '8080/tcp': {} },
      HostConfig: {
        NetworkMode: 'bridge',
        PortBindings: {
          '8080/tcp': [
            { HostIp: '127.0.0.1', HostPort: '8080' },
            { HostIp: '0.0.0.0', HostPort: '' },
          ],
        },
      },
    });
  });

  it('reads frames that are cut anywhere', async () => {
    const stream = answers[`POST /containers/${ID}/attach`] as Buffer;
    await using fake = await startFakeDaemon({
      ...answers,
      [`POST /containers/${ID}/attach`]: async (_request: DaemonRequest, response: ServerResponse) => {
        response.writeHead(200);
        for (const byte of stream) {
          response.write(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
      },
    });
    let out = '';
    await (await open(fake)).runContainer({ image: 'app', stdout: (chunk) => (out += Buffer.from(chunk).toString()) });
    expect(out).toBe('hello world');
  });

  it('stops the container at an abort and gives its exit', async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    await using fake = await startFakeDaemon({
      ...answers,
      [`POST /containers/${ID}/wait`]: () => ended.then(() => ({ StatusCode: 143 })),
      [`POST /containers/${ID}/stop`]: () => (end(), 204),
    });
    const controller = new AbortController();
    const run = (await open(fake)).runContainer({ image: 'app', signal: controller.signal, onStart: () => controller.abort() });
    expect(await run).toEqual({ code: 143 });
    expect(steps(fake)).toContain('POST /containers/stop');
    expect(steps(fake).at(-1)).toBe('DELETE /containers');
  });

  it('removes a container that cannot start, and says when its port is taken', async () => {
    await using fake = await startFakeDaemon({
      ...answers,
      [`POST /containers/${ID}/start`]: (_request: DaemonRequest, response: ServerResponse) =>
        void response.writeHead(500).end('{"message":"Bind for 127.0.0.1:8080 failed: port is already allocated"}'),
    });
    await expect((await open(fake)).runContainer({ image: 'app' })).rejects.toMatchObject({ code: 'DAEMON_PORT_TAKEN', nextStep: 'Choose another port' });
    expect(steps(fake).at(-1)).toBe('DELETE /containers');
  });

  it('says that the daemon does not have the image', async () => {
    await using fake = await startFakeDaemon({});
    await expect((await open(fake)).runContainer({ image: 'app:none' })).rejects.toMatchObject({
      code: 'DAEMON_IMAGE_NOT_FOUND',
      message: expect.stringContaining('app:none') as string,
    });
    expect(steps(fake)).toEqual(['POST /containers/create']);
  });

  it('leaves a container alone that has ended', async () => {
    await using fake = await startFakeDaemon({});
    const client = await open(fake);
    await client.killContainer(ID, 'SIGTERM');
    await client.stopContainer(ID, 1);
    await client.removeContainer(ID);
    expect(fake.requests[0]!.path).toBe(`/containers/${ID}/kill?signal=SIGTERM`);
  });
});
