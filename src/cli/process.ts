import type { CliContext, TextStream } from './context.ts';
import { Interruption } from './interruption.ts';
import { runCli } from './run.ts';
import { readVersion } from './version.ts';

/** When something does not stop after being told to, the process ends anyway. */
const PATIENCE_MILLISECONDS = 10_000;

/** Runs the command line of this process: its streams, environment and signals. Sets the exit code. */
export async function runAsProcess(argv: readonly string[]): Promise<void> {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const interruption = new Interruption(signal);
      if (controller.signal.aborted) process.exit(interruption.exitCode);
      controller.abort(interruption);
      setTimeout(() => process.exit(interruption.exitCode), PATIENCE_MILLISECONDS).unref();
    });
  }
  // What fails unheard while everything is being stopped fails because of that.
  process.on('unhandledRejection', (reason) => {
    if (!controller.signal.aborted) throw reason;
  });
  const context: CliContext = {
    stdout: textStream(process.stdout),
    stderr: textStream(process.stderr),
    writeBytes: (stream, bytes) => void process[stream].write(bytes),
    stdinIsTerminal: process.stdin.isTTY === true,
    environment: process.env,
    workingDirectory: process.cwd(),
    now: () => new Date(),
    signal: controller.signal,
    version: readVersion(),
    openLibrary: async () => (await import('./library.ts')).openLibrary(process.env, process.cwd()),
  };
  process.exitCode = await runCli(argv, context);
  // Connections and workers that idle must not keep the process; what was written must get out.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
  process.exit();
}

/** A stream whose reader may go away: writing then does nothing (`tspack inspect ... | head -1`). */
function textStream(stream: NodeJS.WriteStream): TextStream {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    open = false;
  });
  return {
    write: (text) => {
      if (open) stream.write(text);
    },
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns > 0 ? stream.columns : 80;
    },
  };
}
