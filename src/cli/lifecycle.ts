import { runLifecycleProgram } from '../index.ts';
import type { LifecycleProcess } from '../index.ts';
import { Interruption } from './interruption.ts';
import { readVersion } from './version.ts';

/** When something does not stop after being told to, the process ends anyway. */
const PATIENCE_MILLISECONDS = 10_000;

/** Runs a phase of the lifecycle as this process, with the specification's exit codes, and ends it. */
export async function runLifecycleAsProcess(program: string, args: readonly string[]): Promise<never> {
  // Only the end of this function says that it went well, not an event loop that runs out of things to wait for.
  process.exitCode = 1;
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const interruption = new Interruption(signal);
      if (controller.signal.aborted) process.exit(interruption.exitCode);
      controller.abort(interruption);
      setTimeout(() => process.exit(interruption.exitCode), PATIENCE_MILLISECONDS).unref();
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    // Whoever reads what we say may go away; the image is wanted all the same.
    stream.on('error', () => undefined);
  }
  const lifecycle: LifecycleProcess = {
    environment: process.env,
    workingDirectory: process.cwd(),
    output: { stdout: (bytes) => void process.stdout.write(bytes), stderr: (bytes) => void process.stderr.write(bytes) },
    version: readVersion(),
    signal: controller.signal,
  };
  const exitCode = await runLifecycleProgram(program, args, lifecycle).catch((reason: unknown) => {
    if (reason instanceof Interruption) return reason.exitCode;
    throw reason;
  });
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
  process.exit(exitCode);
}
