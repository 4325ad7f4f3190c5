import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Replaces this process by a program; `argv` begins with the name it is called by. A Node that cannot do that runs the
 * program instead, hands it the signals that come, and its exit code is the result (128 and the signal's number).
 */
export async function becomeProgram(file: string, argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Promise<number> {
  const env = Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
  // Node 22.15 and later.
  (process as { readonly execve?: (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => never }).execve?.(file, argv, env);
  const [argv0 = file, ...args] = argv;
  const child = spawn(file, args, { argv0, env, stdio: 'inherit' });
  for (const signal of SIGNALS) process.removeAllListeners(signal).on(signal, () => child.kill(signal));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
