import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { packageRoot } from '../../src/foundation/index.ts';

export interface CommandOptions {
  readonly cwd?: string;
  /** Over this process' own. An undefined variable is taken away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What starts the command, as `setpriv ...` does: its words come first. */
  readonly prefix?: readonly string[];
  /** The package to run; by default this repository. */
  readonly root?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What has been written so far. */
  readonly written: { stdout: string; stderr: string };
  /** Resolves when this text is on standard error; rejects when the command ends without it. */
  says(text: string): Promise<void>;
}

/** The data folder of acceptance tests. */
export function testHome(): string {
  const home = process.env['TSPACK_TEST_HOME'];
  if (home === undefined) throw new Error('TSPACK_TEST_HOME is not set: run this with vitest.acceptance.config.ts');
  return home;
}

/** Starts the command as a user does, as a process of its own. */
export function startTspack(args: readonly string[], options: CommandOptions = {}): StartedCommand {
  const words = [...(options.prefix ?? []), process.execPath, join(options.root ?? packageRoot(), 'dist/cli.js'), ...args];
  const env = { ...withoutNpm(process.env), TSPACK_HOME: process.env['TSPACK_TEST_HOME'], NO_COLOR: '1', ...options.env };
  const child = spawn(words[0]!, words.slice(1), { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => void (written[name] += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...written }));
  });
  // Who does not wait for the end is not told of it.
  ended.catch(() => undefined);
  return {
    child,
    ended,
    written,
    async says(text) {
      let isOver = false;
      void ended.finally(() => (isOver = true));
      while (!written.stderr.includes(text)) {
        if (isOver) throw new Error(`The command ended without "${text}":\n${written.stderr}`);
        await sleep(5);
      }
    },
  };
}

/** What npm tells the programs that it starts is not what a user's shell tells: only the registry stays. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.toLowerCase().startsWith('npm_') || name.toLowerCase() === 'npm_config_registry'));
}

/** Runs the command to its end. */
export function runTspack(args: readonly string[], options?: CommandOptions): Promise<Ended> {
  return startTspack(args, options).ended;
}

/** What a successful command prints last on standard output; its log is in the failure otherwise. */
export function lastLine(ended: Ended): string {
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  const lines = ended.stdout.split('\n');
  expect(lines.at(-1)).toBe('');
  return lines.at(-2) ?? '';
}

/** One message that a person understands and can act on. */
export function expectFailure(ended: Ended, code: number, message: RegExp): void {
  expect(ended.stdout).toBe('');
  expect(ended.code, ended.stderr).toBe(code);
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr.match(/^ERROR:/gm), ended.stderr).toHaveLength(1);
  // What is wanted instead, or what to do now.
  expect(ended.stderr).toMatch(/want |^Next step: /m);
  expect(ended.stderr).not.toMatch(/^ {4}at |bug in tspack/m);
}

/** The image ID in the summary of a build. */
export function imageIdOf(ended: Ended): string {
  return /^Image ID: +(sha256:[0-9a-f]{64})$/m.exec(ended.stderr)?.[1] ?? 'no image ID';
}

/** A TCP port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Check {
  readonly path: string;
  readonly status: number;
  readonly contains: string;
  /** A name of this machine, for what answers to no other. `127.0.0.1` by default. */
  readonly host?: string;
}

/**
 * The whole answer, headers too; empty when there is none. By HTTP/1.0, so that nothing has to be taken apart: Node's
 * client refuses servers that, unlike browsers, it finds too careless with their headers.
 */
async function get(port: number, { path, host = '127.0.0.1' }: Check): Promise<string> {
  const socket = connect(port, '127.0.0.1').setTimeout(10_000, () => socket.destroy());
  socket.write(`GET ${path} HTTP/1.0\r\nHost: ${host}:${port}\r\nAccept: */*\r\n\r\n`);
  return await text(socket).catch(() => '');
}

/** Waits for the first answer and compares it. `ended` says that waiting is useless. */
export async function expectAnswer(port: number, check: Check, ended: Promise<Ended>): Promise<void> {
  let over: Ended | undefined;
  void ended.then((how) => (over = how));
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    if (over !== undefined) throw new Error(`The application ended with ${over.code ?? over.signal}:\n${over.stdout}${over.stderr}`);
    const response = await get(port, check);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(response)?.[1]);
    // Some listen before they are ready.
    if (Number.isNaN(status) || (status >= 500 && status !== check.status)) continue;
    expect(status, response).toBe(check.status);
    expect(response).toContain(check.contains);
    return;
  }
  throw new Error('The application does not answer');
}

/** `tspack run` on a free port: the answer is checked, then Ctrl-C must end it. */
export async function expectRuns(
  image: string,
  check: Check,
  options: CommandOptions & { readonly args?: readonly string[]; readonly containerPort?: number } = {},
): Promise<void> {
  const port = await freePort();
  const { child, ended } = startTspack(['run', image, '-p', `${port}:${options.containerPort ?? 8080}`, ...(options.args ?? [])], options);
  try {
    await expectAnswer(port, check, ended);
  } finally {
    child.kill('SIGINT');
  }
  expect(await ended).toMatchObject({ code: 130 });
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
}
