import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBubblewrapExecutor, probeOverlay } from '../../src/executor/bubblewrap/index.ts';
import { createTestRoot, hostPath, readText, sandboxPath } from '../support/sandbox-root.ts';
import type { AddressInfo } from 'node:net';
import type { BuildEnvironment, Executor, Mount, ProcessExit, ProcessSpec } from '../../src/executor/index.ts';
import type { TestRoot } from '../support/sandbox-root.ts';

/** An executor to test. */
export interface ExecutorSubject {
  readonly name: string;
  readonly create: (root: TestRoot) => Executor | Promise<Executor>;
  /** Who a process sees itself as, when not as the user of the environment. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** The program is process 1, which the kernel spares the signals that it does not handle. */
  readonly isFirstProcess?: boolean;
  /** For the cases that only bubblewrap has. */
  readonly bubblewrap?: BubblewrapSubject;
}

interface BubblewrapSubject {
  readonly command: readonly string[];
  /** A missing overlay is a failure. */
  readonly overlay: boolean;
  /** By which processes share a sandbox; absent: each has its own. */
  readonly tool?: string;
}

/** The program of `root-tool/` for this machine. */
export const ROOT_TOOL = join(import.meta.dirname, '../../root-tool/bin', `root-tool-linux-${process.arch === 'x64' ? 'amd64' : 'arm64'}`);

/** The sandbox executor, with the command that starts bubblewrap. */
export function bubblewrapSubject(name: string, bubblewrap: BubblewrapSubject): ExecutorSubject {
  const { command, tool } = bubblewrap;
  return {
    name,
    create: ({ scratchDirectory }) =>
      createBubblewrapExecutor({ bubblewrap: command, scratchDirectory, readFile: readText, ...(tool === undefined ? {} : { tool }) }),
    bubblewrap,
  };
}

const PATH = '/usr/bin:/bin';

/** The cases that every executor obeys; a describe block of its own. */
export function executorContract(subject: ExecutorSubject): void {
  describe(`executor ${subject.name}`, () => cases(subject));
}

function cases(subject: ExecutorSubject): void {
  let root: TestRoot;
  let executor: Executor;

  beforeAll(async () => {
    root = createTestRoot();
    executor = await subject.create(root);
  });
  afterAll(() => root[Symbol.dispose]());

  interface Outcome extends ProcessExit {
    readonly stdout: string;
    readonly stderr: string;
  }

  /** Runs a shell script and keeps its output. */
  async function sh(script: string, changes: Parameters<TestRoot['environment']>[0] = {}, more: Partial<ProcessSpec> = {}): Promise<Outcome> {
    await using sandbox = await executor.open(root.environment(changes));
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    const exit = await sandbox.run({
      command: ['/bin/sh', '-c', script],
      cwd: sandboxPath('/'),
      env: { PATH },
      stdout: (chunk) => out.push(chunk),
      stderr: (chunk) => err.push(chunk),
      ...more,
    });
    return { ...exit, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
  }

  const bind = (source: string, target: string, writable: boolean): Mount => ({
    kind: 'bind',
    source: hostPath(source),
    target: sandboxPath(target),
    writable,
  });

  /** Processes of this machine whose command line holds `marker`. */
  const processesWith = (marker: string): readonly string[] =>
    readdirSync('/proc').filter((pid) => /^\d+$/u.test(pid) && (readText(`/proc/${pid}/cmdline`) ?? '').includes(marker));

  it('gives the environment it was told and nothing of the host', async () => {
    process.env['TSPACK_TEST_LEAK'] = 'leak';
    const { stdout } = await sh('', {}, { command: ['/usr/bin/env', '-0'], env: { PATH, ODD: 'a b\n"c"=$d', EMPTY: '' }, cwd: sandboxPath('/etc') });
    expect(stdout.split('\0').filter(Boolean).sort()).toEqual(['EMPTY=', 'ODD=a b\n"c"=$d', 'PATH=/usr/bin:/bin', 'PWD=/etc']);
  });

  it('keeps the environment out of command lines', async () => {
    const marker = `secret-${process.pid}`;
    await sh('sleep 0.3', {}, { env: { PATH, SECRET: marker }, onStart: () => expect(processesWith(marker)).toEqual([]) });
  });

  it('runs as the user of the environment, whoever calls', async () => {
    const { stdout } = await sh('id -u; id -g; pwd', {}, { cwd: sandboxPath('/home') });
    const { uid, gid } = subject.user ?? { uid: 1001, gid: 1000 };
    expect(stdout).toBe(`${uid}\n${gid}\n/home\n`);
  });

  it('makes files that belong to the caller outside, with umask 022 whatever its own is', async () => {
    const folder = root.folder('owned');
    const before = process.umask(0o077);
    try {
      await sh('echo x > /workspace/file', { mounts: [bind(folder, '/workspace', true)] });
      expect(process.umask()).toBe(0o077);
    } finally {
      process.umask(before);
    }
    const { uid, mode } = statSync(join(folder, 'file'));
    expect([uid, mode & 0o777]).toEqual([process.getuid?.(), 0o644]);
  });

  it('reports exit codes, and signals as a shell does', async () => {
    expect((await sh('exit 42')).code).toBe(42);
    if (subject.isFirstProcess !== true) expect((await sh('kill -TERM $$')).code).toBe(143);
  });

  it('hands over each stream whole, and their order when both go to one place', async () => {
    const split = await sh('echo out; echo err >&2');
    expect([split.stdout, split.stderr]).toEqual(['out\n', 'err\n']);
    const both: Uint8Array[] = [];
    const sink = (chunk: Uint8Array): void => void both.push(chunk);
    await sh('for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done', {}, { stdout: sink, stderr: sink });
    expect(Buffer.concat(both).toString()).toBe('o1\ne1\no2\ne2\no3\ne3\no4\ne4\no5\ne5\n');
  });

  it('has outputs that can be opened by name', async () => {
    const { code, stdout, stderr } = await sh('echo one > /dev/stdout; echo two > /dev/stderr; echo three | tee /dev/stderr');
    expect([code, stdout, stderr]).toEqual([0, 'one\nthree\n', 'two\nthree\n']);
  });

  it('passes on output that looks like bubblewrap complaining', async () => {
    expect((await sh('echo "bwrap: execvp /bin/sh: No such file or directory" >&2; exit 1')).code).toBe(1);
    const { code, stderr } = await sh('echo "bwrap: hello" >&2; exit 3');
    expect([code, stderr]).toEqual([3, 'bwrap: hello\n']);
  });

  it('has no standard input', async () => {
    expect((await sh('cat; echo end')).stdout).toBe('end\n');
  });

  it('drops output without a sink', async () => {
    await using sandbox = await executor.open(root.environment());
    const exit = await sandbox.run({ command: ['sh', '-c', 'seq 100000; seq 100000 >&2'], cwd: sandboxPath('/'), env: { PATH } });
    expect(exit.code).toBe(0);
  });

  it('cannot write outside of the writable folders', async () => {
    const [open, closed] = [root.folder('open'), root.folder('closed')];
    const { stdout } = await sh(
      'for place in / /etc /etc/passwd/.. /usr /home/cnb /cnb /workspace /layers /tmp /proc/sys /sys; do touch $place/x 2>/dev/null && echo $place; done; true',
      { mounts: [bind(open, '/workspace', true), bind(closed, '/layers', false)] },
    );
    expect(stdout).toBe('/workspace\n/tmp\n');
    expect(readdirSync(closed)).toEqual([]);
  });

  it('makes mount points that the root lacks, without touching the root', async () => {
    const folder = root.folder('late');
    writeFileSync(join(folder, 'file'), 'here');
    const { stdout } = await sh(
      'cat /new/deep/point/file /opt/kept/more/file /opt/kept/file /etc/passwd | head -c 13; touch /new/x /opt/kept/x || echo; ls /',
      {
        mounts: [bind(folder, '/new/deep/point', false), bind(folder, '/opt/kept/more', false)],
      },
    );
    expect(stdout.startsWith('hereherekept')).toBe(true);
    expect(stdout).toContain('workspace');
    expect(existsSync(join(root.root, 'new'))).toBe(false);
    expect(readdirSync(join(root.root, 'opt/kept'))).toEqual(['file']);
  });

  it('follows links of the root inside it, never into the host', async () => {
    const folder = root.folder('evil-root');
    for (const name of ['dev', 'proc', 'tmp', 'usr']) mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(folder, name));
    const host = root.folder('host-side');
    symlinkSync(host, join(folder, 'workspace'));
    const source = root.folder('source');
    const { code } = await sh(`touch '${host}/x'`, { root: folder, mounts: [bind(source, '/workspace', true)] });
    expect([readdirSync(host), readdirSync(source)]).toEqual([[], code === 0 ? ['x'] : []]);
    // Docker may put its /tmp over what the link leads to.
    if (subject.bubblewrap !== undefined) expect(code).toBe(0);
  });

  it('sees no process, home or temporary file of the host', async () => {
    const { stdout } = await sh('ls -d /proc/[0-9]* | wc -l; ls -A /tmp /home/cnb; ls /root 2>&1 | wc -l');
    const [processes = '', ...rest] = stdout.trim().split('\n');
    expect(Number(processes)).toBeLessThanOrEqual(4);
    expect(rest).toEqual(['/home/cnb:', '', '/tmp:', '1']);
  });

  it('has no capability and can gain none', async () => {
    const { stdout } = await sh('cat /proc/self/status');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(stdout).toMatch(new RegExp(`^${set}:\\s*0+$`, 'mu'));
    expect(stdout).toMatch(/^NoNewPrivs:\s*1$/mu);
  });

  it('cannot change settings of the kernel, not even as root', async () => {
    // Whoever may write kernel/core_pattern runs programs on the host.
    // Which of these any user may write to, to watch them, is the daemon's affair.
    const watched = subject.bubblewrap === undefined ? '' : '/proc/pressure';
    const { stdout } = await sh(
      `find /proc/sys /proc/irq /proc/bus ${watched} -type f 2>/dev/null | while read -r file; do [ -w "$file" ] && echo "$file"; done; ls /proc/sys/kernel | grep -c core_pattern`,
    );
    expect(stdout.trim()).toBe('1');
  });

  it('has its own host name, and the mounts of a single process', async () => {
    const folder = root.folder('single');
    writeFileSync(join(folder, 'mark'), 'mine');
    const { stdout } = await sh('uname -n; cat /layers/mark', { hostname: 'elsewhere' }, { mounts: [bind(folder, '/layers', false)] });
    expect(stdout).toBe('elsewhere\nmine');
  });

  it('reaches the network of the host only when asked', async () => {
    const server = createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
    const fetch = (network: BuildEnvironment['network']) => sh('', { network }, { command: ['bash', '-c', script] });
    try {
      expect((await fetch('host')).stdout).toContain('answer');
      const refused = await fetch('none');
      expect([refused.code, refused.stdout]).toEqual([1, '']);
    } finally {
      server.close();
    }
  });

  it('ends what a process leaves behind before it returns', async () => {
    const folder = root.folder('daemons');
    const marker = `31.${process.pid}1`;
    const { code } = await sh(
      `(setsid sleep ${marker} >/dev/null 2>&1 &) ; (nohup sh -c 'while :; do date >> /workspace/beat; done' >/dev/null 2>&1 &); sleep 0.2`,
      {
        mounts: [bind(folder, '/workspace', true)],
      },
    );
    expect(code).toBe(0);
    expect(processesWith(marker)).toEqual([]);
    const size = statSync(join(folder, 'beat')).size;
    await sleep(100);
    expect(statSync(join(folder, 'beat')).size).toBe(size);
  });

  it('kills everything at once when aborted, and rejects with the reason', async () => {
    const marker = `32.${process.pid}1`;
    const abort = new AbortController();
    const reason = new Error('stop it');
    const running = sh(
      `trap '' TERM INT; sleep ${marker} & sleep ${marker}`,
      {},
      {
        signal: abort.signal,
        onStart: () => void setTimeout(() => abort.abort(reason), 150),
      },
    );
    const started = Date.now();
    await expect(running).rejects.toBe(reason);
    expect(Date.now() - started).toBeLessThan(5000);
    expect(processesWith(marker)).toEqual([]);
    await expect(sh('true', {}, { signal: abort.signal })).rejects.toBe(reason);
  });

  it('passes signals to the program', async () => {
    const { stdout, code } = await sh(
      `trap 'echo caught; exit 7' TERM; echo ready; while :; do sleep 0.05; done`,
      {},
      {
        onStart: (running) => void setTimeout(() => running.signal('SIGTERM'), 300),
      },
    );
    expect([stdout, code]).toEqual(['ready\ncaught\n', 7]);
  });

  it('keeps what one process sees, writes and starts from the others', async () => {
    const folder = root.folder('apart');
    await using sandbox = await executor.open(root.environment({ mounts: [bind(folder, '/tmp/kept/here', true)] }));
    const run = async (script: string): Promise<string> => {
      let text = '';
      await sandbox.run({ command: ['sh', '-c', script], cwd: sandboxPath('/'), env: { PATH }, stdout: (chunk) => (text += String(chunk)) });
      return text;
    };
    const first = run('touch /tmp/mark /dev/shm/mark; touch /tmp/kept/here/shared; sleep 1; echo alive');
    while (!existsSync(join(folder, 'shared'))) await sleep(10);
    expect(await run('ls /tmp /dev/shm; ls /tmp/kept/here; kill -9 -1; ls -d /proc/[0-9]* | wc -l')).toMatch(/^\/dev\/shm:\n\n\/tmp:\nkept\nshared\n[1-4]\n$/u);
    expect(await first).toBe('alive\n');
    expect(await run('ls -A /tmp /dev/shm')).toBe('/dev/shm:\n\n/tmp:\nkept\n');
  });

  it('refuses a variable that would be read as something else', async () => {
    await expect(sh('true', {}, { env: { PATH, MEAN: 'x\0--bind\0/\0/' } })).rejects.toMatchObject({ code: expect.stringMatching(/_FAILED$|_STARTED$/u) });
  });

  it('runs several processes at once', async () => {
    await using sandbox = await executor.open(root.environment());
    const results = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        let text = '';
        await sandbox.run({
          command: ['sh', '-c', `sleep 0.1; echo ${index}`],
          cwd: sandboxPath('/'),
          env: { PATH },
          stdout: (chunk) => (text += String(chunk)),
        });
        return text;
      }),
    );
    expect(results).toEqual(Array.from({ length: 8 }, (_, index) => `${index}\n`));
  });

  it('streams output of any size in constant memory', async () => {
    let bytes = 0;
    const before = process.memoryUsage.rss();
    let peak = before;
    await sh(
      '',
      {},
      {
        command: ['head', '-c', '100000000', '/dev/zero'],
        stdout: (chunk) => {
          bytes += chunk.length;
          peak = Math.max(peak, process.memoryUsage.rss());
        },
      },
    );
    expect(bytes).toBe(100_000_000);
    expect(peak - before).toBeLessThan(60_000_000);
  });

  it('says which program or folder is missing', async () => {
    await expect(sh('', {}, { command: ['/no/such/program'] })).rejects.toMatchObject({
      code: 'PROGRAM_NOT_STARTED',
      message: "Cannot start '/no/such/program' in the sandbox: no such file or directory",
    });
    await expect(sh('', {}, { cwd: sandboxPath('/nowhere') })).rejects.toMatchObject({ code: 'SANDBOX_FAILED', message: expect.stringContaining('/nowhere') });
    await expect(sh('true', { mounts: [bind('/no/such/folder', '/layers', true)] })).rejects.toMatchObject({
      code: 'SANDBOX_FAILED',
      message: expect.stringContaining('/no/such/folder'),
    });
  });

  it('rejects with the error of a sink', async () => {
    const broken = new Error('full disk');
    const fail = (): never => {
      throw broken;
    };
    await expect(sh('echo x; sleep 60', {}, { stdout: fail })).rejects.toBe(broken);
  });

  it('leaves nothing in its scratch folder', () => {
    expect(readdirSync(root.scratchDirectory)).toEqual([]);
  });

  const { bubblewrap } = subject;
  if (bubblewrap === undefined) return;

  /** A program of its own that runs a command in a sandbox, and prints its output; the path of its only file. */
  function program(name: string, command: string): string {
    const source = join(root.directory, `${name}.mts`);
    const bundle = join(root.directory, `${name}.mjs`);
    const options = { bubblewrap: bubblewrap?.command, tool: bubblewrap?.tool, scratchDirectory: root.scratchDirectory };
    writeFileSync(
      source,
      `import { createBubblewrapExecutor } from ${JSON.stringify(join(import.meta.dirname, '../../src/executor/bubblewrap/index.ts'))};
       const executor = createBubblewrapExecutor({ ...${JSON.stringify(options)}, readFile: () => undefined });
       await using sandbox = await executor.open(${JSON.stringify(root.environment())});
       await sandbox.run({ command: ${command}, cwd: '/', env: { PATH: '${PATH}' }, stdout: (chunk) => process.stdout.write(chunk) });`,
    );
    const esbuild = join(import.meta.dirname, '../../node_modules/.bin/esbuild');
    execFileSync(esbuild, [source, '--bundle', '--platform=node', '--format=esm', '--target=node20.18', `--outfile=${bundle}`, '--log-level=error']);
    return bundle;
  }

  it('closes what the caller left open, wherever it is', () => {
    const bundle = program('open', `['sh', '-c', 'for n in 5 9 30 251; do readlink /proc/self/fd/$n; done; echo end']`);
    const script = `exec 5</etc 9</etc 30</etc 251</etc; exec '${process.execPath}' '${bundle}'`;
    expect(execFileSync('bash', ['-c', script]).toString().replaceAll('/dev/null\n', '')).toBe('end\n');
  });

  it('dies with a tspack that is killed', async () => {
    const marker = `33.${process.pid}1`;
    const bundle = program('victim', `['sh', '-c', 'setsid sleep ${marker} & sleep ${marker}']`);
    const victim = spawn(process.execPath, [bundle], { stdio: 'inherit' });
    for (let tries = 0; tries < 100 && processesWith(marker).length < 3; tries += 1) await sleep(50);
    expect(processesWith(marker).length).toBeGreaterThanOrEqual(3);
    victim.kill('SIGKILL');
    for (let tries = 0; tries < 40 && processesWith(marker).length > 0; tries += 1) await sleep(25);
    expect(processesWith(marker)).toEqual([]);
    for (const left of readdirSync(root.scratchDirectory)) rmSync(join(root.scratchDirectory, left), { recursive: true });
  });

  it('overlays a folder without changing it', async (context) => {
    if (!(await probeOverlay(bubblewrap.command, root.directory))) {
      const reason = 'overlays do not work here (bubblewrap before 0.11, or this file system)';
      if (bubblewrap.overlay) throw new Error(reason);
      console.warn(`SKIPPED: ${reason}`);
      context.skip(reason);
    }
    const [lower, upper, work] = [root.folder('lower'), root.folder('upper'), root.folder('work')];
    mkdirSync(join(lower, 'folder'));
    writeFileSync(join(lower, 'folder/file'), 'old');
    writeFileSync(join(lower, 'kept'), 'kept');
    const overlay: Mount = { kind: 'overlay', lower, upper, work, target: sandboxPath('/layers') };
    const script =
      'cat /layers/folder/file; rm -rf /layers/folder; mkdir /layers/folder; ls -A /layers/folder; echo new > /layers/folder/other; mv /layers/kept /layers/moved';
    const first = await sh(script, { mounts: [overlay] });
    expect([first.code, first.stdout]).toEqual([0, 'old']);
    expect([readFileSync(join(lower, 'folder/file'), 'utf8'), readdirSync(lower)]).toEqual(['old', ['folder', 'kept']]);
    const again = await sh('cd /layers && find . | sort', { mounts: [overlay] });
    expect(again.stdout).toBe('.\n./folder\n./folder/other\n./moved\n');
  });
}
