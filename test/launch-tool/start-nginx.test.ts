import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { LAUNCH_TOOL } from '../support/launch-tool.ts';

const scratch = mkdtempSync(join(tmpdir(), 'start-nginx-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const nginx = join(scratch, 'nginx');
const template = join(scratch, 'nginx.conf');
let temporary = '';
let runs = 0;

/** A program in the place of nginx: `$config` is the configuration that it was given. */
function fakeNginx(script: string): void {
  writeFileSync(nginx, `#!/bin/sh\nconfig=$6\n${script}\n`);
  chmodSync(nginx, 0o755);
}

const words = ['/prefix', nginx, template];
const environment = (env: Readonly<Record<string, string>> = {}) => ({ PATH: process.env['PATH'], TMPDIR: temporary, ...env });
const run = (env?: Readonly<Record<string, string>>) =>
  spawnSync(LAUNCH_TOOL, words, { argv0: 'start-nginx', env: environment(env), encoding: 'utf8', timeout: 20_000 });

function start() {
  const child = spawn(LAUNCH_TOOL, words, { argv0: 'start-nginx', env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const says = async (text: string) => {
    for (const end = Date.now() + 10_000; !stdout.includes(text); await new Promise((resolve) => setTimeout(resolve, 10))) {
      if (Date.now() > end) throw new Error(`"${text}" is not in "${stdout}"`);
    }
  };
  return { child, ended, says, stdout: () => stdout };
}

beforeEach(() => {
  temporary = mkdtempSync(join(scratch, `${runs++}-`));
  writeFileSync(template, 'listen {{port}};\n');
});

describe('start-nginx', () => {
  it('fills in the template in a folder of its own, and removes it afterwards', () => {
    writeFileSync(template, 'listen {{port}}; pid {{tempDir}}/pid; workers {{workers}}; name "{{env "NAME"}}"; {{other}} {{\n');
    fakeNginx('echo "$@"; cat "$config"');
    const { stdout, stderr, status } = run({ PORT: '8123', NAME: 'a b' });
    const [args, config] = stdout.split('\n');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(args).toMatch(/^-p \/prefix -e stderr -c \/.*\/nginx-\w{6}\/nginx\.conf$/);
    expect(config).toMatch(/^listen 8123; pid \/.*\/nginx-\w{6}\/pid; workers [1-9]\d*; name "a b"; \{\{other\}\} \{\{$/);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('listens on 8080 without PORT, and refuses what is no port', () => {
    fakeNginx('cat "$config"');
    expect(run().stdout).toBe('listen 8080;\n');
    writeFileSync(template, '({{listenIpv6}}) {{bindings}}/x');
    expect(run().stdout).toMatch(/^\((?:listen \[::\]:8080;)?\) \/platform\/bindings\/x$/);
    for (const port of ['0', '65536', '80; evil', '-1', '+80', '8080 ']) {
      expect(run({ PORT: port })).toMatchObject({ status: 82, stderr: expect.stringContaining(`PORT is "${port}": want a number from 1 to 65535`) as string });
    }
  });

  it('names a variable that the configuration asks for and that is not set', () => {
    writeFileSync(template, '{{env "BACKEND"}}');
    expect(run()).toMatchObject({ status: 82, stderr: expect.stringContaining('the variable BACKEND') as string });
  });

  it('goes on to the next folder when one cannot be written to', () => {
    fakeNginx('echo "$config"');
    expect(run({ TMPDIR: '/proc' }).stdout).toMatch(/^\/tmp\/nginx-/);
  });

  it('ends as nginx does', () => {
    fakeNginx('exit 7');
    expect(run().status).toBe(7);
    fakeNginx('kill -KILL $$');
    expect(run().status).toBe(137);
    rmSync(nginx);
    expect(run()).toMatchObject({ status: 82, stderr: expect.stringContaining('cannot start: No such file or directory') as string });
  });

  it('makes the first SIGTERM a graceful end and the second a quick one', async () => {
    fakeNginx('trap "echo quit" QUIT; trap "echo term; exit 3" TERM; echo ready; while :; do sleep 0.05; done');
    const { child, ended, says } = start();
    await says('ready');
    child.kill('SIGTERM');
    await says('quit');
    child.kill('SIGTERM');
    await says('term');
    expect(await ended).toBe(3);
  });

  it('passes SIGHUP on', async () => {
    fakeNginx('trap "echo reload; exit 0" HUP; echo ready; while :; do sleep 0.05; done');
    const { child, ended, says } = start();
    await says('ready');
    child.kill('SIGHUP');
    await says('reload');
    expect(await ended).toBe(0);
  });

  it('lets nginx open standard output itself where that works', () => {
    writeFileSync(template, '{{accessLog}}');
    fakeNginx('cat "$config"; echo line >> "$(cat "$config")"');
    const file = join(temporary, 'output');
    spawnSync(LAUNCH_TOOL, words, { argv0: 'start-nginx', env: environment(), stdio: ['ignore', openSync(file, 'a'), 'inherit'] });
    expect(readFileSync(file, 'utf8')).toBe('/dev/stdoutline\n');
  });

  it('passes the access log on where standard output is a socket', async () => {
    writeFileSync(template, '{{accessLog}}');
    fakeNginx('log=$(cat "$config"); echo "log $log"; seq 1 20000 >> "$log"');
    // What Node.js makes for a child's output is a socket, which cannot be opened.
    const { ended, stdout } = start();
    expect(await ended).toBe(0);
    expect(stdout()).toMatch(/^log \/.*\/access\.log\n/);
    const numbers = Array.from({ length: 20_000 }, (_, index) => String(index + 1));
    expect(stdout().trimEnd().split('\n').slice(1)).toEqual(numbers);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('says how it is used', () => {
    expect(spawnSync(LAUNCH_TOOL, [], { argv0: 'other', encoding: 'utf8' })).toMatchObject({ status: 2, stderr: expect.stringContaining('usage:') as string });
  });
});
