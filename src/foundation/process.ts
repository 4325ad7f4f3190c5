import { TspackError } from './error.ts';

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
  readonly timeoutMilliseconds?: number;
}

/**
 * Runs a host program to its end and keeps its output; a non-zero exit is a value.
 * Throws `PROCESS_NOT_FOUND` when there is no such program, and the abort reason when `signal` fires.
 */
export async function runProcess(command: readonly string[], options: ProcessOptions): Promise<ProcessResult> {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('runProcess needs a program');
  const { execa } = await import('execa'); // 90 ms: only when a process is really started
  const result = await execa(file, args, {
    cwd: options.cwd ?? '/',
    env: options.env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMilliseconds === undefined ? {} : { timeout: options.timeoutMilliseconds }),
  });
  if (result.isCanceled) options.signal?.throwIfAborted();
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new TspackError({ code: 'PROCESS_NOT_FOUND', message: `Cannot run ${file}: ${result.code}`, cause: result });
  }
  return { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}
