import { spawn } from 'node:child_process';
import { TspackError } from '../foundation/index.ts';

/** A program to run, whose output the user sees. */
export interface Command {
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Receives standard output and standard error as they come, in the order of arrival. */
  readonly output: (text: string) => void;
  /** It only asks something, at once and without effects: a plan runs it too. */
  readonly asks?: boolean;
}

/** How a program ended; a non-zero exit is a value. */
export interface CommandResult {
  /** undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** The last 64 KiB of its output: for errors that explain themselves. */
  readonly tail: string;
  /** All of standard output, up to 16 MiB. */
  readonly stdout: string;
}

/** How a program ended, in words: `exit status 1`, `signal SIGKILL`. */
export function exitText(result: CommandResult): string {
  return result.signal === undefined ? `exit status ${result.exitCode}` : `signal ${result.signal}`;
}

/** Runs a program to its end. Throws `COMMAND_NOT_FOUND`. */
export type CommandRunner = (command: Command) => Promise<CommandResult>;

const TAIL_CHARACTERS = 65_536;
const STDOUT_CHARACTERS = 16_777_216;

/** Runs a program as a child process, without a shell and with empty input. */
export const runCommand: CommandRunner = async ({ command, cwd, env, output }) => {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('runCommand needs a program');
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  let stdout = '';
  const receive = (text: string) => {
    tail = (tail + text).slice(-TAIL_CHARACTERS);
    output(text);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < STDOUT_CHARACTERS) stdout += text;
    receive(text);
  });
  child.stderr.setEncoding('utf8').on('data', receive);
  return await new Promise((resolve, reject) => {
    child.on('error', (error) => {
      reject(
        new TspackError({
          code: 'COMMAND_NOT_FOUND',
          message: `Cannot run "${program}": ${error.message}`,
          nextStep: 'Check that the build image has this program.',
          cause: error,
        }),
      );
    });
    child.on('close', (code, signal) => {
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined, tail, stdout });
    });
  });
};
