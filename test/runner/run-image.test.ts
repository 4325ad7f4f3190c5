import { mkdtempSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTar } from '../../src/archive/index.ts';
import { createBubblewrapExecutor, probeOverlay } from '../../src/executor/bubblewrap/index.ts';
import { digestOf, removeTree } from '../../src/foundation/index.ts';
import { createImage, createTarLayer } from '../../src/oci/index.ts';
import { runImage } from '../../src/runner/index.ts';
import { unusedPort } from '../support/ports.ts';
import { createTestRoot, hostPath, readText, sandboxObstacle, sandboxPath, testBubblewrap } from '../support/sandbox-root.ts';
import type { TarSourceEntry } from '../../src/archive/index.ts';
import type { ContainerConfig, Image, Layer } from '../../src/oci/index.ts';
import type { RunEvent, RunImageOptions } from '../../src/runner/index.ts';
import type { TestRoot } from '../support/sandbox-root.ts';

const obstacle = sandboxObstacle();
if (obstacle !== undefined) console.warn(`SKIPPED: runImage(): ${obstacle}`);

async function layer(entries: readonly TarSourceEntry[]): Promise<Layer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return createTarLayer({
    diffId: digestOf(bytes),
    tarSizeBytes: bytes.length,
    async *openTar() {
      yield await Promise.resolve(bytes);
    },
  });
}

/** A file system that lives on this machine's `/usr`. */
const base = layer([
  ...['dev', 'proc', 'tmp', 'usr', 'etc', 'home', 'home/app'].map((path) => ({ path, type: 'directory' as const })),
  ...['bin', 'sbin', 'lib', 'lib64'].map((path) => ({ path, type: 'symlink' as const, linkTarget: `usr/${path}` })),
  { path: 'etc/passwd', type: 'file', content: Buffer.from('root:x:0:0::/root:/bin/sh\napp:x:1001:1000::/home/app:/bin/sh\n') },
  { path: 'etc/group', type: 'file', content: Buffer.from('web:x:33:app\n') },
  { path: 'etc/stale', type: 'file', content: Buffer.from('stale') },
]);

async function image(config: ContainerConfig, more: readonly TarSourceEntry[] = []): Promise<Image> {
  const layers = [await base, await layer([{ path: 'etc/.wh.stale', type: 'file' }, ...more])];
  return createImage({ config: { os: 'linux', architecture: 'amd64', config }, layers });
}

describe.skipIf(obstacle !== undefined && process.env['TSPACK_TEST_REQUIRE'] !== '1')('runImage()', () => {
  let root: TestRoot;
  let overlay: boolean;

  beforeAll(async () => {
    root = createTestRoot();
    overlay = await probeOverlay(testBubblewrap() ?? [], root.directory);
  });
  afterAll(() => removeTree(root.directory));

  async function run(config: ContainerConfig, changes: Partial<RunImageOptions> = {}, more: readonly TarSourceEntry[] = []) {
    let stdout = '';
    let stderr = '';
    const events: RunEvent[] = [];
    const exit = await runImage({
      image: await image(config, more),
      executor: createBubblewrapExecutor({ bubblewrap: testBubblewrap() ?? [], scratchDirectory: root.scratchDirectory, readFile: readText }),
      cacheDirectory: join(root.directory, 'cache'),
      workDirectory: mkdtempSync(join(root.directory, 'work-')),
      overlay,
      mounts: [{ kind: 'bind', source: hostPath('/usr'), target: sandboxPath('/usr'), writable: false }],
      args: [],
      readOnly: false,
      env: {},
      ports: [],
      hostname: 'app',
      stdout: (chunk) => (stdout += String(chunk)),
      stderr: (chunk) => (stderr += String(chunk)),
      interactive: false,
      signal: new AbortController().signal,
      ...changes,
      events: (event) => {
        events.push(event);
        changes.events?.(event);
      },
    });
    return { ...exit, stdout, stderr, events };
  }
  const shell = (script: string): ContainerConfig => ({ Entrypoint: ['/bin/sh', '-c', script] });

  it('runs entrypoint and command as the user, in the working directory, with the environment of the image', async () => {
    const config = {
      Entrypoint: ['sh', '-c'],
      Cmd: ['id -u; id -g; pwd; echo $HOME $GREETING $MORE; exit 5'],
      User: 'app:web',
      WorkingDir: '/srv/new',
      Env: ['GREETING=hi', 'MORE=image'],
    };
    const { code, stdout } = await run(config, { env: { MORE: 'mine' } });
    expect([code, stdout]).toEqual([5, '1001\n33\n/srv/new\n/home/app hi mine\n']);
  });

  it('keeps everything but /tmp from being written to on request', async () => {
    const script = 'for file in /made /tmp/made; do if (echo x > $file) 2>/dev/null; then echo $file; fi; done';
    expect((await run(shell(script))).stdout).toBe('/made\n/tmp/made\n');
    expect((await run(shell(script), { readOnly: true })).stdout).toBe('/tmp/made\n');
  });

  it('replaces the command by arguments', async () => {
    expect((await run({ Entrypoint: ['echo'], Cmd: ['default'] }, { args: ['a b', 'c'] })).stdout).toBe('a b c\n');
  });

  it('starts a process type, or names those that there are', async () => {
    const processes: TarSourceEntry[] = ['web', 'worker'].map((name) => ({ path: `cnb/process/${name}`, type: 'symlink', linkTarget: '/bin/echo' }));
    expect((await run(shell('no'), { process: 'worker', args: ['started'] }, processes)).stdout).toBe('started\n');
    await expect(run(shell('no'), { process: 'worke' }, processes)).rejects.toMatchObject({
      code: 'RUN_PROCESS_UNKNOWN',
      message: "Cannot run the process 'worke': the image has 'web', 'worker'",
      nextStep: expect.stringContaining("'worker'"),
    });
  });

  it('refuses an image without a command, or with a user it does not have', async () => {
    await expect(run({})).rejects.toMatchObject({ code: 'RUN_COMMAND_MISSING' });
    await expect(run({ ...shell('true'), User: 'nobody-here' })).rejects.toMatchObject({ code: 'RUN_USER_UNKNOWN' });
  });

  it.each([true, false])('lets the application write anywhere and forgets it (overlay: %s)', async (wanted) => {
    if (wanted && !overlay) return void console.warn('SKIPPED: overlays do not work here');
    const script = 'ls /etc; rm /etc/group; echo x > /etc/passwd; mkdir /new && echo wrote';
    for (let times = 0; times < 2; times += 1) {
      expect((await run(shell(script), { overlay: wanted })).stdout).toBe('group\npasswd\nwrote\n');
    }
  });

  it('unpacks a layer once for all images that have it', async () => {
    const cacheDirectory = mkdtempSync(join(root.directory, 'shared-'));
    const kinds = async (config: ContainerConfig): Promise<readonly string[]> =>
      (await run(config, { cacheDirectory })).events.filter((event) => event.kind === 'unpacking').map((event) => `${event.layer}/${event.layers}`);
    expect(await kinds(shell('echo 1'))).toEqual(['1/2', '2/2']);
    expect(await kinds(shell('echo 1'))).toEqual([]);
    expect(await kinds(shell('echo 2'))).toEqual([]);
  });

  it('survives two first runs at once', async () => {
    const cacheDirectory = mkdtempSync(join(root.directory, 'race-'));
    const both = await Promise.all([run(shell('echo a'), { cacheDirectory }), run(shell('echo a'), { cacheDirectory })]);
    expect(both.map(({ stdout }) => stdout)).toEqual(['a\n', 'a\n']);
    expect(readdirSync(join(cacheDirectory, 'layers')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  const SERVER = `exec node -e 'const s=require("http").createServer((q,r)=>r.end("port "+process.env.PORT)).listen(process.env.PORT,()=>console.log("up"));process.on("SIGTERM",()=>{console.log("bye");process.exit(3)})'`;

  /** Runs a server until it has been asked, then stops it. */
  async function serve(ports: RunImageOptions['ports'], ask: (port: number) => Promise<void>, env = {}) {
    const stop = new AbortController();
    const asked: Promise<void>[] = [];
    const result = await run(shell(SERVER), {
      ports,
      env,
      signal: stop.signal,
      events: (event) => {
        if (event.kind === 'listening') asked.push(ask(event.hostPort).finally(() => stop.abort()));
      },
    });
    await Promise.all(asked);
    return result;
  }

  async function text(port: number): Promise<string> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await (await fetch(`http://127.0.0.1:${port}/`)).text();
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  const hasNode = existsSync('/usr/bin/node');

  it.skipIf(!hasNode)('forwards a port, stops the application by its signal, and returns its exit code', async () => {
    const [host, container] = [await unusedPort(), await unusedPort()];
    const { code, stdout, events } = await serve([{ hostAddress: '127.0.0.1', hostPort: host, containerPort: container }], async (port) => {
      expect(await text(port)).toBe(`port ${container}`);
    });
    expect([code, stdout]).toEqual([3, 'up\nbye\n']);
    expect(events.map(({ kind }) => kind)).toContain('stopping');
  });

  it.skipIf(!hasNode)('runs two applications with one container port side by side', async () => {
    const [one, two, container] = [await unusedPort(), await unusedPort(), await unusedPort()];
    const port = (hostPort: number) => [{ hostAddress: '127.0.0.1', hostPort, containerPort: container }];
    await serve(port(one), async () => {
      expect(await text(one)).toBe(`port ${container}`);
      await serve(port(two), async () => {
        expect(await text(two)).toMatch(/^port \d+$/u);
        expect(await text(two)).not.toBe(`port ${container}`);
      });
    });
  });

  it.skipIf(!hasNode)('gives the port itself when both are equal', async () => {
    const port = await unusedPort();
    const { events } = await serve([{ hostAddress: '127.0.0.1', hostPort: port, containerPort: port }], async () => {
      expect(await text(port)).toBe(`port ${port}`);
    });
    expect(events).toContainEqual({ kind: 'listening', hostAddress: '127.0.0.1', hostPort: port, applicationPort: port, forwarded: false });
  });

  it('kills an application that does not stop', async () => {
    const stop = new AbortController();
    const started = Date.now();
    const exit = await run(shell('trap "" TERM; echo up; while :; do sleep 1; done'), {
      signal: stop.signal,
      graceMilliseconds: 200,
      stdout: () => stop.abort(),
    });
    expect([exit.code, exit.signal]).toEqual([undefined, 'SIGKILL']);
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it('uses the stop signal of the image', async () => {
    const stop = new AbortController();
    let said = '';
    const exit = await run(
      { ...shell('trap "echo int; exit 4" INT; echo up; while :; do sleep 0.05; done'), StopSignal: 'SIGINT' },
      {
        signal: stop.signal,
        stdout: (chunk) => {
          said += String(chunk);
          stop.abort();
        },
      },
    );
    expect([exit.code, said]).toEqual([4, 'up\nint\n']);
  });
});
