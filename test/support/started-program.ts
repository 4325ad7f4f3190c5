import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What stops a program that was started here, by its process id. */
export interface StartedProgram extends AsyncDisposable {
  readonly pid: number;
}

/** Starts a program that goes on by itself; what it prints goes to a file. */
export function startProgram(command: string, args: readonly string[], log: string): StartedProgram & { readonly child: ChildProcess } {
  const output = openSync(log, 'w');
  const child = spawn(command, args, { stdio: ['ignore', output, output], env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' } });
  closeSync(output);
  child.on('error', () => undefined);
  return {
    child,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Waits until the question throws no more; half a minute at most. */
export async function answers({ child }: { readonly child: ChildProcess }, log: string, ask: () => Promise<void>): Promise<void> {
  for (let waited = 0; waited < 300; waited++) {
    if (child.pid === undefined || child.exitCode !== null) break;
    try {
      return await ask();
    } catch {
      await sleep(100);
    }
  }
  child.kill('SIGKILL');
  throw new Error(`${child.spawnfile} does not answer: ${readFileSync(log, 'utf8').slice(-1000)}`);
}
