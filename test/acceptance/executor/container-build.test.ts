import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMachine } from '../../../src/compose/machine.ts';
import { findDaemons } from '../../../src/daemon/index.ts';
import { packageRoot, removeTree, systemClock } from '../../../src/foundation/index.ts';
import { skipWithout } from '../../support/requirement.ts';

/**
 * Builds in containers of a real daemon, by the real command: as whoever runs the tests and, when that is root, also as
 * an ordinary user. `TSPACK_TEST_APPS` is the folder of applications that others wrote.
 */
const apps = process.env['TSPACK_TEST_APPS'];
const uid = process.getuid!();
const probes = await findDaemons({ env: process.env, uid, home: process.env.HOME, userAgent: 'tspack-test', clock: systemClock });
const daemon = probes.flatMap((probe) => (probe.usable ? [probe.daemon] : []))[0];
const missing = skipWithout('a Docker or Podman daemon', daemon !== undefined);
const socket = daemon?.address.replace('unix://', '') ?? '';
const ORDINARY = 1500;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-containers-'));
  chmodSync(directory, 0o755);
});
afterAll(() => removeTree(directory));

/** A data folder of its own, with what is expensive to make. */
function homeFor(name: string, owner?: number): string {
  const home = join(directory, name);
  mkdirSync(home);
  const { cache } = openMachine(process.env, process.cwd()).home();
  for (const kept of ['images', 'debian'])
    if (existsSync(join(cache, kept)))
      cpSync(join(cache, kept), join(home, 'cache', kept), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  if (owner !== undefined) execFileSync('chown', ['-R', `${owner}:${owner}`, home]);
  return home;
}

interface Build {
  readonly home: string;
  readonly app: string;
  readonly executor: string;
  readonly as?: number;
  readonly more?: readonly string[];
}

function commandOf({ home, app, executor, as, more = [] }: Build) {
  const line = [process.execPath, join(packageRoot(), 'dist/cli.js'), 'build', 'app', '--builder', 'base', '--path', app, '--executor', executor, ...more];
  const [file = '', ...args] = as === undefined ? line : ['setpriv', `--reuid=${as}`, `--regid=${as}`, '--clear-groups', ...line];
  return { file, args, env: { ...process.env, TSPACK_HOME: home, HOME: home, DOCKER_HOST: daemon?.address ?? '' } };
}

async function build(options: Build): Promise<{ readonly imageId: string; readonly log: string }> {
  const { file, args, env } = commandOf(options);
  const { stdout, stderr } = await promisify(execFile)(file, args, { env, maxBuffer: 100_000_000 });
  return { imageId: stdout.trim().split(' ').at(-1) ?? '', log: stderr };
}

/** What does not belong to whom it should. */
const foreign = (folder: string, owner: number): string => execFileSync('find', [folder, '!', '-uid', String(owner)], { encoding: 'utf8' });

const containers = () =>
  execFileSync('curl', ['-s', '--unix-socket', socket, 'http://d/containers/json?all=1&filters=%7B%22label%22%3A%5B%22io.tspack.build%22%5D%7D'], {
    encoding: 'utf8',
  });

describe.skipIf(missing || skipWithout('the folder TSPACK_TEST_APPS of applications', apps !== undefined))('a build in containers', () => {
  it('gives the image of the sandbox, and again the same from its cache', async () => {
    const home = homeFor('own');
    const app = join(apps!, 'node-express-pug');
    const sandbox = await build({ home, app, executor: 'sandbox' });
    const first = await build({ home, app, executor: 'container', more: ['--clear-cache'] });
    expect(first.imageId).toBe(sandbox.imageId);
    expect(first.log).toContain('npm ci');
    const second = await build({ home, app, executor: 'container' });
    expect(second.imageId).toBe(sandbox.imageId);
    expect(second.log).not.toContain('npm ci');
    // The sandbox takes over what containers have cached.
    const back = await build({ home, app, executor: 'sandbox' });
    expect([back.imageId, back.log.includes('npm ci')]).toEqual([sandbox.imageId, false]);
    expect(foreign(join(home, 'cache/layers'), uid)).toBe('');
    expect(JSON.parse(containers())).toEqual([]);
  });

  it.skipIf(uid !== 0 || daemon?.name !== 'docker')('gives the same to an ordinary user, whose files stay his', async () => {
    const home = homeFor('ordinary', ORDINARY);
    const app = join(directory, 'copied-app');
    cpSync(join(apps!, 'node-express-pug'), app, { recursive: true });
    execFileSync('chmod', ['-R', 'a+rX', app]);
    const { mode } = statSync(socket);
    chmodSync(socket, 0o666);
    try {
      const own = await build({ home: join(directory, 'own'), app, executor: 'sandbox' });
      const { imageId } = await build({ home, app, executor: 'container', as: ORDINARY });
      expect(imageId).toBe(own.imageId);
      expect(foreign(home, ORDINARY)).toBe('');
    } finally {
      chmodSync(socket, mode & 0o777);
    }
  });
});

describe.skipIf(missing)('a build in containers that goes wrong', () => {
  const slow = (): string => {
    const app = join(directory, `slow-${readdirSync(directory).length}`);
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'slow', version: '1.0.0', scripts: { build: 'sleep 3000', start: 'node server.js' } }));
    writeFileSync(
      join(app, 'package-lock.json'),
      JSON.stringify({ name: 'slow', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'slow', version: '1.0.0' } } }),
    );
    writeFileSync(join(app, 'server.js'), '');
    return app;
  };
  const running = () => (JSON.parse(containers()) as readonly { readonly State: string }[]).length;

  async function started(options: Build) {
    const { file, args, env } = commandOf(options);
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    for (let tries = 0; tries < 1200 && !log.includes('npm run build'); tries++) await sleep(100);
    expect(log).toContain('npm run build');
    return { child, ended };
  }

  it('stops its containers at Ctrl-C, and leaves nothing', async () => {
    const home = homeFor('stopped');
    const { child, ended } = await started({ home, app: slow(), executor: 'container' });
    expect(running()).toBe(1);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(running()).toBe(0);
    expect(readdirSync(join(home, 'work')).filter((name) => /^\d+-/.test(name))).toEqual([]);
  });

  it('is cleared away by the next one when it was killed', async () => {
    const home = homeFor('killed');
    const { child, ended } = await started({ home, app: slow(), executor: 'container' });
    child.kill('SIGKILL');
    await ended;
    expect(running()).toBe(1);
    const app = join(directory, 'quick');
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'quick', version: '1.0.0', scripts: { start: 'node server.js' } }));
    writeFileSync(
      join(app, 'package-lock.json'),
      JSON.stringify({ name: 'quick', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'quick', version: '1.0.0' } } }),
    );
    writeFileSync(join(app, 'server.js'), '');
    // A binding lies where a read-only folder has no place for it.
    const binding = join(directory, 'binding');
    mkdirSync(binding, { recursive: true });
    writeFileSync(join(binding, 'type'), 'other');
    await build({ home, app, executor: 'container', more: ['--volume', `${binding}:/platform/bindings/other`] });
    expect(running()).toBe(0);
  });

  it('says who does not answer', async () => {
    const empty = join(directory, 'nobody');
    mkdirSync(empty, { recursive: true });
    const { file, args, env } = commandOf({ home: join(directory, 'killed'), app: slow(), executor: 'container' });
    const failed = promisify(execFile)(file, args, { env: { ...env, DOCKER_HOST: `unix://${empty}/none.sock`, XDG_RUNTIME_DIR: empty, CONTAINER_HOST: '' } });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Cannot run buildpacks in containers: [^]*\[CONTAINERS_UNAVAILABLE\]/),
    });
  });
});
