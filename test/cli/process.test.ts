import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const cli = join(root, 'dist/cli.js');
const folder = mkdtempSync(join(tmpdir(), 'tspack-process-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, command: readonly string[] = [process.execPath, cli]) {
  const [file = '', ...words] = [...command, ...args];
  const child = spawn(file, words, { env: { PATH: process.env['PATH'], HOME: folder, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => void (written[name] += text));
  return { child, ended: new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...written }))) };
}

describe('the command as a process', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await start(['--version']).ended).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(await start(['version']).ended).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('lists the builders, and knows near misses', async () => {
    expect((await start(['builder', 'suggest']).ended).stdout).toMatch(/^Suggested builders:\n {2}base: /);
    const { code, stderr } = await start(['builder', 'inspect', 'bse']).ended;
    expect(code).toBe(3);
    expect(stderr).toContain('Next step: Did you mean base?');
  });

  it('does not mind when the reader of its output goes away', async () => {
    const { child, ended } = start(['builder', 'inspect', 'base', '--output', 'json']);
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it.skipIf(!existsSync('/dev/full'))('says that its output cannot be written, and fails', async () => {
    const { code, stderr } = await start([], {}, ['sh', '-c', '"$@" > /dev/full', 'sh', process.execPath, cli, 'builder', 'suggest']).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERROR: Cannot write the output: .*ENOSPC/m);
  });

  it('starts without standard streams', async () => {
    expect(await start([], {}, ['sh', '-c', '"$@" <&- >&- 2>&-', 'sh', process.execPath, cli, 'builder', 'suggest']).ended).toMatchObject({ code: 0 });
  });

  it('keeps its own --env-file from Node, which knows an option of that name', async () => {
    const { code, stderr } = await start(['build', 'x', '--builder', 'base', '--env-file', join(folder, 'none')], {}, [join(root, 'bin/tspack')]).ended;
    expect(stderr).toContain('Cannot read the env file');
    expect(code).toBe(3);
  });

  it.each([
    ['SIGINT', 130, 'Stopped by Ctrl-C'],
    ['SIGTERM', 143, 'Stopped by SIGTERM'],
  ] as const)('ends soon on %s, with %i', async (signal, code, message) => {
    // A mirror that takes connections and never answers.
    const sockets = new Set<{ destroy(): void }>();
    let reached: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (reached = resolve));
    const mirror = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      reached();
    });
    await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
    try {
      const home = mkdtempSync(join(folder, 'home-'));
      const app = join(home, 'app');
      mkdirSync(app);
      writeFileSync(join(app, 'package.json'), '{}');
      const address = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/debian`;
      const { child, ended } = start(['build', 'x', '--builder', 'base', '--path', app], { TSPACK_HOME: join(home, 'data'), TSPACK_DEBIAN_MIRROR: address });
      await Promise.race([asked, ended]);
      const started = performance.now();
      child.kill(signal);
      const result = await ended;
      expect(result.stderr).toContain(message);
      expect(result).toMatchObject({ code, stdout: '' });
      expect(performance.now() - started).toBeLessThan(5000);
    } finally {
      for (const socket of sockets) socket.destroy();
      mirror.close();
    }
  });
});
