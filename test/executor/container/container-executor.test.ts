import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDaemons } from '../../../src/daemon/index.ts';
import { createContainerExecutor, removeAbandonedContainers } from '../../../src/executor/container/index.ts';
import { giveTree } from '../../../src/executor/container/give-tree.ts';
import { systemClock } from '../../../src/foundation/index.ts';
import { startFakeDaemon } from '../../support/fake-daemon.ts';
import { hostPath, sandboxPath } from '../../support/sandbox-root.ts';
import type { Daemon } from '../../../src/daemon/index.ts';
import type { FakeDaemon } from '../../support/fake-daemon.ts';

const ID = 'd'.repeat(64);
const answers = {
  'POST /containers/create': { Id: ID },
  [`POST /containers/${ID}/attach`]: '',
  [`POST /containers/${ID}/start`]: 204,
  [`POST /containers/${ID}/wait`]: { StatusCode: 5 },
  [`DELETE /containers/${ID}`]: 204,
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-container-'));
  for (const name of ['root', 'work/workspace']) mkdirSync(join(directory, name), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function daemonOf(fake: FakeDaemon): Promise<Daemon> {
  const [probe] = await findDaemons({ env: { DOCKER_HOST: fake.address }, uid: 4242, home: undefined, userAgent: 'test', clock: systemClock });
  if (probe?.usable !== true) throw new Error(probe?.reason);
  return probe.daemon;
}

async function run(fake: FakeDaemon, signal?: AbortSignal) {
  const executor = createContainerExecutor({
    daemon: await daemonOf(fake),
    security: { rootless: false, remapsUsers: false, selinux: false },
    caller: { uid: 1500, gid: 1500 },
    imageOf: () => Promise.resolve('localhost/tspack/build-base:key'),
    ownDirectory: hostPath(join(directory, 'work')),
    cacheDirectory: hostPath(join(directory, 'cache')),
    owner: 'me',
  });
  await using sandbox = await executor.open({
    root: hostPath(join(directory, 'root')),
    user: { uid: 1001, gid: 1000 },
    mounts: [{ kind: 'bind', source: hostPath(join(directory, 'work/workspace')), target: sandboxPath('/workspace'), writable: true }],
    network: 'none',
    hostname: 'tspack',
  });
  return await sandbox.run({
    command: ['/cnb/bin/build'],
    cwd: sandboxPath('/workspace'),
    env: { HOME: '/home/cnb' },
    ...(signal === undefined ? {} : { signal }),
  });
}

const steps = (fake: FakeDaemon) => fake.requests.map(({ method, path }) => `${method} ${path.split('?')[0]!.replace(`/${ID}`, '')}`);

describe('createContainerExecutor()', () => {
  it('confines what it runs, and binds folders that exist', async () => {
    await using fake = await startFakeDaemon(answers);
    expect(await run(fake)).toEqual({ code: 5, signal: undefined });
    expect(steps(fake)).toEqual([
      'POST /containers/create',
      'POST /containers/attach',
      'POST /containers/start',
      'POST /containers/wait',
      'DELETE /containers',
    ]);
    expect(JSON.parse(fake.requests[0]!.body.toString())).toMatchObject({
      Image: 'localhost/tspack/build-base:key',
      Entrypoint: ['/cnb/bin/build'],
      Cmd: [],
      User: '1500:1500',
      WorkingDir: '/workspace',
      Hostname: 'tspack',
      Env: ['PWD=/workspace', 'HOME=/home/cnb'],
      Labels: { 'io.tspack.build': 'me' },
      HostConfig: {
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Init: true,
        LogConfig: { Type: 'none' },
        Mounts: [{ Type: 'bind', Source: join(directory, 'work/workspace'), Target: '/workspace', ReadOnly: false }],
      },
    });
  });

  it('removes the container when its build is stopped', async () => {
    const abort = new AbortController();
    const reason = new Error('stop');
    await using fake = await startFakeDaemon({ ...answers, [`POST /containers/${ID}/wait`]: () => (abort.abort(reason), new Promise(() => undefined)) });
    await expect(run(fake, abort.signal)).rejects.toBe(reason);
    expect(steps(fake).at(-1)).toBe('DELETE /containers');
  });

  it('says when the daemon sees other folders', async () => {
    const refuse = { message: 'invalid mount config for type "bind": bind source path does not exist: /x' };
    await using fake = await startFakeDaemon({
      'POST /containers/create': (_request: unknown, response: { writeHead: (status: number) => { end: (text: string) => void } }) =>
        response.writeHead(400).end(JSON.stringify(refuse)),
    });
    await expect(run(fake)).rejects.toMatchObject({
      code: 'SANDBOX_FAILED',
      message: expect.stringContaining('does not exist'),
      nextStep: expect.stringContaining('on this machine'),
    });
  });
});

describe('removeAbandonedContainers()', () => {
  it('removes those of builds that are gone, and no others', async () => {
    await using fake = await startFakeDaemon({
      'GET /containers/json': [
        { Id: 'a'.repeat(64), Labels: { 'io.tspack.build': 'gone' } },
        { Id: 'b'.repeat(64), Labels: { 'io.tspack.build': 'alive' } },
      ],
      [`DELETE /containers/${'a'.repeat(64)}`]: 204,
    });
    await removeAbandonedContainers(await daemonOf(fake), (owner) => owner === 'gone');
    expect(fake.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path.slice(0, 15))).toEqual(['/containers/aaa']);
    expect(decodeURIComponent(fake.requests[0]!.path)).toContain('"label":["io.tspack.build"]');
  });
});

describe.skipIf(process.getuid?.() !== 0)('giveTree(), which needs root', () => {
  it('gives everything away, keeps special bits, and follows no link', () => {
    const tree = join(directory, 'work/workspace');
    writeFileSync(join(tree, 'program'), 'x');
    chmodSync(join(tree, 'program'), 0o4755);
    symlinkSync(join(directory, 'root'), join(tree, 'link'));
    giveTree(join(directory, 'work'), { uid: 1001, gid: 1000 });
    const { uid, gid, mode } = statSync(join(tree, 'program'));
    expect([uid, gid, mode & 0o7777]).toEqual([1001, 1000, 0o4755]);
    expect(statSync(join(directory, 'root')).uid).toBe(0);
  });
});
