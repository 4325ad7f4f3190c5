import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createInlineExecutor } from '../../../src/executor/inline/index.ts';
import type { BuildEnvironment, HostPath, ProcessSpec, SandboxPath } from '../../../src/executor/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'tspack-inline-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const executor = createInlineExecutor({ searchPath: '/usr/bin:/bin', temporaryDirectory: directory });
const here: BuildEnvironment = { root: '/' as HostPath, user: { uid: 1001, gid: 1000 }, mounts: [], network: 'host', hostname: 'host' };
const env = { PATH: '/usr/bin:/bin' };

async function sh(script: string, more: Partial<ProcessSpec> = {}) {
  await using sandbox = await executor.open(here);
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const exit = await sandbox.run({
    command: ['/bin/sh', '-c', script],
    cwd: directory as SandboxPath,
    env,
    stdout: (chunk) => out.push(chunk),
    stderr: (chunk) => err.push(chunk),
    ...more,
  });
  return { ...exit, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

const alive = (marker: string) =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker);
    } catch {
      return false;
    }
  });

describe('createInlineExecutor()', () => {
  it('gives the environment it was told, without registry credentials', async () => {
    const { stdout } = await sh('env', { env: { ...env, ODD: 'a b', CNB_REGISTRY_AUTH: '{}', DOCKER_CONFIG: '/root/.docker', REGISTRY_AUTH_FILE: '/x' } });
    expect(
      stdout
        .split('\n')
        .filter((line) => !/^(_|PWD|SHLVL)=|^$/.test(line))
        .sort(),
    ).toEqual(['ODD=a b', 'PATH=/usr/bin:/bin']);
  });

  it('reports exit codes, signals as a shell does, and keeps the streams apart', async () => {
    expect(await sh('echo out; echo err >&2; exit 42')).toEqual({ code: 42, signal: undefined, stdout: 'out\n', stderr: 'err\n' });
    expect((await sh('kill -TERM $$')).code).toBe(143);
    expect((await sh('cat; umask; pwd')).stdout).toBe(`0022\n${directory}\n`);
  });

  it('has outputs that can be opened by name', async () => {
    const { stdout, stderr } = await sh('echo one > /dev/stdout; echo two > /dev/stderr; echo three > /dev/stdout');
    expect([stdout, stderr]).toEqual(['one\nthree\n', 'two\n']);
  });

  it('ends what a process leaves behind, and does not wait for what escapes', async () => {
    const marker = `41.${process.pid}1`;
    expect((await sh(`nohup sleep ${marker} & sleep ${marker} & exit 3`)).code).toBe(3);
    expect(alive(marker)).toEqual([]);
    const escaped = `42.${process.pid}1`;
    const started = Date.now();
    const { code } = await sh(`setsid sleep ${escaped} & sleep 0.2; exit 0`);
    expect(code).toBe(0);
    expect(Date.now() - started).toBeLessThan(5000);
    for (const pid of alive(escaped)) process.kill(Number(pid), 'SIGKILL');
  });

  it('kills everything when aborted, and rejects with the reason', async () => {
    const marker = `43.${process.pid}1`;
    const abort = new AbortController();
    const reason = new Error('stop it');
    const running = sh(`trap '' TERM; sleep ${marker} & sleep ${marker}`, {
      signal: abort.signal,
      onStart: () => void setTimeout(() => abort.abort(reason), 100),
    });
    await expect(running).rejects.toBe(reason);
    expect(alive(marker)).toEqual([]);
    await expect(sh('true', { signal: abort.signal })).rejects.toBe(reason);
  });

  it('says which program or folder is missing, or what its interpreter is', async () => {
    await expect(sh('', { command: ['/no/such/program'] })).rejects.toMatchObject({
      code: 'PROGRAM_NOT_STARTED',
      message: "Cannot start '/no/such/program': no such file or directory",
    });
    await expect(sh('', { cwd: '/nowhere' as SandboxPath })).rejects.toMatchObject({ code: 'SANDBOX_FAILED', message: expect.stringContaining('/nowhere') });
    const script = join(directory, 'script');
    writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o644 });
    await expect(sh('', { command: [script] })).rejects.toMatchObject({ code: 'PROGRAM_NOT_STARTED', message: `Cannot start '${script}': permission denied` });
  });

  it.each([
    [{ ...here, root: '/elsewhere' as HostPath }, 'no other root'],
    [{ ...here, mounts: [{ kind: 'tmpfs', target: '/x' as SandboxPath }] }, 'nothing can be mounted'],
    [{ ...here, network: 'none' }, 'the network cannot be kept away'],
  ] as const)('refuses what only a sandbox can do: %o', async (environment, why) => {
    await expect((async () => await executor.open(environment))()).rejects.toMatchObject({
      code: 'INLINE_UNABLE',
      message: expect.stringContaining(why),
    });
  });

  it('leaves nothing in the temporary folder', () => {
    expect(readdirSync(directory).filter((name) => name !== 'script')).toEqual([]);
  });
});
