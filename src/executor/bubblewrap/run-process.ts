// execa costs 90 ms to import and this needs only `spawn`, with descriptors of our own.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TspackError } from '../../foundation/index.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { hasEnded, signalProgram } from './process-tree.ts';
import { watchStatus } from './status.ts';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ProcessExit, ProcessSpec } from '../index.ts';
import type { OutputPipe, OutputPipes } from './output-pipe.ts';
import type { SandboxStatus } from './status.ts';

export interface BubblewrapRun {
  readonly bubblewrap: readonly string[];
  readonly options: readonly string[];
  readonly process: ProcessSpec;
  readonly pipes: OutputPipes;
  /** Makes the error for a sandbox that did not start, from what bubblewrap said. */
  explain(message: string): TspackError;
}

const OWN_PREFIX = 'bwrap: ';
const MAX_HELD_BYTES = 8192;

/** Runs one process under bubblewrap; see `Sandbox.run`. */
export async function runProcessInBubblewrap(run: BubblewrapRun): Promise<ProcessExit> {
  const { process: spec, pipes } = run;
  spec.signal?.throwIfAborted();
  const [file = 'bwrap', ...prefix] = run.bubblewrap;
  const joined = spec.stdout !== undefined && spec.stdout === spec.stderr;
  const stderr = spec.interactive === true ? undefined : await pipes.open();
  const stdout = spec.interactive === true || spec.stdout === undefined ? undefined : joined ? stderr : await pipes.open();

  const stdio: readonly Stdio[] =
    spec.interactive === true
      ? ['inherit', 'inherit', 'inherit', 'pipe', 'pipe']
      : ['ignore', stdout?.writer ?? 'ignore', stderr?.writer ?? 'ignore', 'pipe', 'pipe'];
  // The options go through a descriptor: they hold the environment, and a command line is readable to everybody.
  const child = spawnWithUmask(file, [...prefix, '--args', '3', '--json-status-fd', '4', '--', ...spec.command], stdio);
  closeWriters(stdout, stderr);

  const kill = (): void => killGroup(child);
  spec.signal?.addEventListener('abort', kill, { once: true });
  if (spec.signal?.aborted === true) kill();
  try {
    const held = new HeldErrors(spec.stderr);
    const status = watchStatus(child.stdio?.[4] as Readable | null | undefined, (pid) => spec.onStart?.({ signal: (name) => void signalProgram(pid, name) }));
    const [ended] = await Promise.all([
      waitForExit(child),
      sendOptions(child.stdio?.[3] as Writable | null | undefined, run.options),
      stderr?.drain((chunk) => held.push(chunk)),
      joined ? undefined : stdout?.drain(spec.stdout ?? (() => undefined)),
    ]).catch((error: unknown) => {
      killGroup(child);
      throw error;
    });
    const result = await status;
    if (result.firstProcess !== undefined) await waitUntilEnded(result.firstProcess);
    spec.signal?.throwIfAborted();
    return exitOf(run, ended, result, held);
  } finally {
    spec.signal?.removeEventListener('abort', kill);
  }
}

type Stdio = 'inherit' | 'ignore' | 'pipe' | number;

/** Does not change while we run: what Node opens itself is closed for its children. */
let inherited: readonly number[] | undefined;

/** The umask is inherited by the sandbox, and only a process can set its own. Nothing else runs in between. */
function spawnWithUmask(file: string, args: readonly string[], stdio: readonly Stdio[]): ChildProcess {
  const before = process.umask(0o022);
  const nowhere = openSync('/dev/null', 'r');
  try {
    const all: Stdio[] = [...stdio];
    for (const descriptor of (inherited ??= inheritedDescriptors())) {
      if (descriptor >= stdio.length) all[descriptor] = nowhere;
    }
    // A session of its own: no controlling terminal to inject input into, and Ctrl-C reaches it only through us.
    return spawn(file, args, { cwd: '/', env: {}, stdio: Array.from(all, (entry) => entry ?? 'ignore'), detached: true });
  } finally {
    closeSync(nowhere);
    process.umask(before);
  }
}

function closeWriters(...pipes: readonly (OutputPipe | undefined)[]): void {
  for (const pipe of new Set(pipes)) pipe?.closeWriter();
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

function waitForExit(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function sendOptions(stream: Writable | null | undefined, options: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    // A bubblewrap that has already ended tells why in its own words.
    stream?.once('error', () => resolve());
    stream?.end(options.map((option) => `${option}\0`).join(''), () => resolve());
    if (stream === null || stream === undefined) resolve();
  });
}

/** The processes of a sandbox end with its first one, which the kernel ends last; the parent may be gone a little earlier. */
async function waitUntilEnded(pid: number): Promise<void> {
  for (let waited = 0; waited < 5000 && !hasEnded(pid); waited += 1) await sleep(1);
}

function exitOf(run: BubblewrapRun, ended: Ended, status: SandboxStatus, held: HeldErrors): ProcessExit {
  if (ended.error !== undefined) {
    throw new TspackError({
      code: 'SANDBOX_FAILED',
      message: `Cannot start bubblewrap ('${run.bubblewrap[0] ?? ''}'): ${ended.error.message}`,
      nextStep: "Run 'tspack doctor' to see what this machine offers.",
      cause: ended.error,
    });
  }
  if (status.exitCode !== undefined) {
    held.release();
    return { code: status.exitCode, signal: undefined };
  }
  if (ended.signal !== null) {
    held.release();
    return { code: undefined, signal: ended.signal };
  }
  // bubblewrap reports no exit code for a program that it could not execute.
  const refusal = /^bwrap: execvp .*: ([^:\n]*)\n$/su.exec(held.text());
  if (refusal !== null) {
    throw new TspackError({
      code: 'SANDBOX_FAILED',
      message: `Cannot start '${run.process.command[0] ?? ''}' in the sandbox: ${(refusal[1] ?? '').toLowerCase()}`,
      nextStep: 'Check that the program exists there, is executable, and that the interpreter in its first line exists.',
    });
  }
  throw run.explain(held.text().replaceAll(OWN_PREFIX, '').trim());
}

/** Keeps back what bubblewrap itself says, which is an error of ours and no output of the process. */
class HeldErrors {
  readonly #sink: ((chunk: Uint8Array) => void) | undefined;
  #held: Buffer | undefined = Buffer.alloc(0);

  constructor(sink: ((chunk: Uint8Array) => void) | undefined) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    if (this.#held === undefined) {
      this.#sink?.(chunk);
      return;
    }
    this.#held = Buffer.concat([this.#held, chunk]);
    const start = this.#held.toString('latin1', 0, OWN_PREFIX.length);
    if (!OWN_PREFIX.startsWith(start) || this.#held.length > MAX_HELD_BYTES) this.release();
  }

  text(): string {
    return this.#held?.toString() ?? '';
  }

  release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined && held.length > 0) this.#sink?.(held);
  }
}
