import { TspackError, hasSystemCode } from './error.ts';

export interface ProcessResult {
  /** undefined when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Gives it a session of its own: no terminal to ask on, and `signal` ends whatever it has started too. */
  readonly ownSession?: boolean;
  readonly timeoutMilliseconds?: number;
}

const PATIENCE_MILLISECONDS = 3_000;

/**
 * Runs a host program to its end and keeps its output; a non-zero exit is a value.
 * Throws `PROCESS_NOT_FOUND` when there is no such program, and the abort reason when `signal` fires.
 */
export async function runProcess(command: readonly string[], options: ProcessOptions): Promise<ProcessResult> {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('runProcess needs a program');
  const { execa } = await import('execa'); // 90 ms: only when a process is really started
  const { signal, ownSession = false } = options;
  const child = execa(file, args, {
    cwd: options.cwd ?? '/',
    env: options.env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(ownSession ? { detached: true } : signal === undefined ? {} : { cancelSignal: signal }),
    ...(options.timeoutMilliseconds === undefined ? {} : { timeout: options.timeoutMilliseconds }),
  });
  using _stop = ownSession && signal !== undefined ? endingSession(child.pid, signal) : undefined;
  const result = await child;
  if (result.isCanceled || ownSession) signal?.throwIfAborted();
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new TspackError({ code: 'PROCESS_NOT_FOUND', message: `Cannot run ${file}: ${result.code}`, cause: result });
  }
  return { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}

/** Ends all processes of a session when the signal fires: gently, then not. */
function endingSession(pid: number | undefined, signal: AbortSignal): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const kill = (how: 'SIGTERM' | 'SIGKILL') => {
    try {
      if (pid !== undefined) process.kill(-pid, how);
    } catch (error) {
      if (!hasSystemCode(error, 'ESRCH')) throw error;
    }
  };
  const end = () => {
    kill('SIGTERM');
    timer = setTimeout(() => kill('SIGKILL'), PATIENCE_MILLISECONDS);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    },
  };
}
