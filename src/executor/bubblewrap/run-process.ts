import { TspackError } from '../../foundation/index.ts';
import { signalProgram, waitUntilEnded } from './process-tree.ts';
import { killGroup, sendOptions, spawnBubblewrap } from './spawn-bubblewrap.ts';
import { openOuter, outerArguments, outerStdio } from './outer-sandbox.ts';
import { watchStatus } from './status.ts';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ProcessExit, ProcessSpec } from '../index.ts';
import type { OuterSandbox, Stdio } from './outer-sandbox.ts';
import type { OutputPipe, OutputPipes } from '../index.ts';
import type { SandboxStatus } from './status.ts';

export interface BubblewrapRun {
  readonly bubblewrap: readonly string[];
  readonly options: readonly string[];
  readonly process: ProcessSpec;
  /** What runs the program, when that is not its own command. */
  readonly wrapper?: readonly string[];
  readonly pipes: OutputPipes;
  /** A sandbox around this one. */
  readonly outer?: OuterSandbox;
  /** Makes the error for a sandbox that did not start, from what bubblewrap said. */
  explain(message: string): TspackError;
}

const OWN_PREFIX = 'bwrap: ';
const MAX_HELD_BYTES = 8192;
const NOT_STARTED = /^bwrap: execvp .*: ([^:\n]*)\n$/su;

/** Runs one process under bubblewrap; see `Sandbox.run`. */
export async function runProcessInBubblewrap(run: BubblewrapRun): Promise<ProcessExit> {
  const { process: spec, pipes } = run;
  spec.signal?.throwIfAborted();
  if (run.options.some((option) => option.includes('\0'))) throw run.explain('a variable, path or mount holds a NUL character');
  const [file = 'bwrap', ...prefix] = run.bubblewrap;
  const joined = spec.stdout !== undefined && spec.stdout === spec.stderr;
  const stderr = spec.interactive === true ? undefined : await pipes.open();
  const stdout = spec.interactive === true || spec.stdout === undefined ? undefined : joined ? stderr : await pipes.open();

  const stdio: readonly Stdio[] =
    spec.interactive === true
      ? ['inherit', 'inherit', 'inherit', 'pipe', 'pipe']
      : ['ignore', stdout?.writer ?? 'ignore', stderr?.writer ?? 'ignore', 'pipe', 'pipe'];
  // The options go through a descriptor: they hold the environment, and a command line is readable to everybody.
  const child = spawnBubblewrap(
    file,
    [...prefix, ...outerArguments(run.outer), '--args', '3', '--json-status-fd', '4', '--', ...(run.wrapper ?? []), ...spec.command],
    [...stdio, ...outerStdio(run.outer)],
  );
  closeWriters(stdout, stderr);

  const kill = (): void => killGroup(child);
  spec.signal?.addEventListener('abort', kill, { once: true });
  if (spec.signal?.aborted === true) kill();
  try {
    const held = new HeldErrors(spec.stderr);
    const started = (depth: number) => (pid: number) => spec.onStart?.({ signal: (name) => void signalProgram(pid, name, depth) });
    const status =
      run.outer === undefined
        ? watchStatus(child.stdio?.[4] as Readable | null | undefined, started(1))
        : openOuter(child, run.outer, started(run.outer.depth), kill);
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

function closeWriters(...pipes: readonly (OutputPipe | undefined)[]): void {
  for (const pipe of new Set(pipes)) pipe?.closeWriter();
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

function exitOf(run: BubblewrapRun, ended: Ended, status: SandboxStatus, held: HeldErrors): ProcessExit {
  if (ended.error !== undefined) {
    throw new TspackError({
      code: 'SANDBOX_FAILED',
      message: `Cannot start bubblewrap ('${run.bubblewrap[0] ?? ''}'): ${ended.error.message}`,
      nextStep: "Run 'tspack doctor' to see what this machine offers.",
      cause: ended.error,
    });
  }
  if (status.exitCode !== undefined && !(run.outer !== undefined && status.exitCode === 127 && NOT_STARTED.test(held.text()))) {
    held.release();
    return { code: status.exitCode, signal: undefined };
  }
  if (ended.signal !== null) {
    held.release();
    return { code: undefined, signal: ended.signal };
  }
  // bubblewrap reports no exit code for a program that it could not execute.
  const refusal = NOT_STARTED.exec(held.text());
  if (refusal !== null) {
    throw programNotStarted(run.process, refusal[1] ?? '');
  }
  throw run.explain(held.text().replaceAll(OWN_PREFIX, '').trim());
}

/** `said`: as the C library names the error. */
export function programNotStarted({ command }: ProcessSpec, said: string): TspackError {
  return new TspackError({
    code: 'PROGRAM_NOT_STARTED',
    message: `Cannot start '${command[0] ?? ''}' in the sandbox: ${said.toLowerCase()}`,
    nextStep: 'Check that the program exists there, is executable, and that the interpreter in its first line exists.',
  });
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
