import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { TspackError } from '../../foundation/index.ts';
import { endSession, kill } from './session.ts';
import type { ChildProcess } from 'node:child_process';
import type { OutputPipe, OutputPipes, ProcessExit, ProcessSpec } from '../index.ts';

/** Variables that hold registry credentials or say where they are (CNB.md C008). */
const CREDENTIALS: readonly string[] = ['CNB_REGISTRY_AUTH', 'DOCKER_CONFIG', 'REGISTRY_AUTH_FILE', 'DOCKER_AUTH_CONFIG'];

/** How long output may still come from a process that has escaped from its session. */
const PATIENCE_MILLISECONDS = 500;

/** Process ids of everything that runs here now. */
const running = new Set<number>();

/** Runs one process; see `Sandbox.run`. */
export async function runProcessHere(spec: ProcessSpec, pipes: OutputPipes): Promise<ProcessExit> {
  spec.signal?.throwIfAborted();
  if ((spec.mounts?.length ?? 0) > 0) throw failure('Cannot mount anything for a process without a sandbox');
  if (statSync(spec.cwd, { throwIfNoEntry: false })?.isDirectory() !== true) throw failure(`Cannot start a process in '${spec.cwd}': no such folder`);
  const joined = spec.stdout !== undefined && spec.stdout === spec.stderr;
  const open = (sink: unknown) => (spec.interactive === true || sink === undefined ? undefined : pipes.open());
  const stdout = await open(spec.stdout);
  const stderr = joined ? stdout : await open(spec.stderr);
  const child = start(spec, stdout, stderr);
  for (const pipe of new Set([stdout, stderr])) pipe?.closeWriter();
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  const stop = (): void => void (pid !== undefined && endSession(pid, without(pid)));
  spec.signal?.addEventListener('abort', stop, { once: true });
  try {
    const drained = Promise.all([stdout?.drain(spec.stdout!), joined ? undefined : stderr?.drain(spec.stderr!)]);
    drained.catch(stop);
    const ended = waitForExit(child);
    if (pid !== undefined) spec.onStart?.({ signal: (name) => void child.kill(name) });
    const exit = await ended;
    // What it left behind ends before it does.
    stop();
    await Promise.race([drained, sleep(PATIENCE_MILLISECONDS, undefined, { ref: false })]);
    spec.signal?.throwIfAborted();
    return exitOf(spec, exit);
  } finally {
    if (pid !== undefined) {
      running.delete(pid);
      kill(pid);
    }
    spec.signal?.removeEventListener('abort', stop);
  }
}

function without(pid: number): ReadonlySet<number> {
  return new Set([...running].filter((other) => other !== pid));
}

/** The umask is inherited, and only a process can set its own. Nothing else runs in between. */
function start(spec: ProcessSpec, stdout: OutputPipe | undefined, stderr: OutputPipe | undefined): ChildProcess {
  const [program = '', ...args] = spec.command;
  const env = Object.fromEntries(Object.entries(spec.env).filter(([name]) => !CREDENTIALS.includes(name)));
  const inherit = spec.interactive === true;
  const { uid = 0, gid = 0 } = spec.user ?? {};
  const before = process.umask(0o022);
  try {
    return spawn(program, args, {
      cwd: spec.cwd,
      env,
      stdio: inherit ? 'inherit' : ['ignore', stdout?.writer ?? 'ignore', stderr?.writer ?? 'ignore'],
      // A session of its own, so that all of it can be found again.
      detached: !inherit,
      // Who is root stays root, with its groups.
      ...(uid === 0 && gid === 0 ? {} : { uid, gid }),
    });
  } finally {
    process.umask(before);
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: NodeJS.ErrnoException;
}

function waitForExit(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOEXEC: 'exec format error',
};

function exitOf(spec: ProcessSpec, { code, signal, error }: Ended): ProcessExit {
  if (error !== undefined) {
    throw new TspackError({
      code: 'PROGRAM_NOT_STARTED',
      message: `Cannot start '${spec.command[0] ?? ''}': ${REASONS[error.code ?? ''] ?? error.message}`,
      nextStep: 'Check that the program exists, is executable, and that the interpreter in its first line exists.',
      cause: error,
    });
  }
  return { code: code ?? (signal === null ? undefined : 128 + constants.signals[signal]), signal: undefined };
}

function failure(message: string, nextStep?: string, cause?: unknown): TspackError {
  return new TspackError({ code: 'SANDBOX_FAILED', message, nextStep, cause });
}
