import { setMaxListeners } from 'node:events';
import { ask } from './ask.ts';
import type { CliContext, TextStream } from './context.ts';
import { EXIT } from './exit-code.ts';
import { Interruption } from './interruption.ts';
import { pipeOut } from './pipe-out.ts';
import { runCli } from './run.ts';
import { readVersion } from './version.ts';

/** When something does not stop after being told to, the process ends anyway: later than a daemon ends a container that ignores signals. */
const PATIENCE_MILLISECONDS = 15_000;

/** Runs the command line of this process: its streams, environment and signals. Sets the exit code. */
export async function runAsProcess(argv: readonly string[]): Promise<void> {
  const controller = new AbortController();
  // Every request of a parallel transfer listens to it.
  setMaxListeners(0, controller.signal);
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
  let lost: Error | undefined;
  const onLoss = (error: Error) => (lost ??= error);
  const context: CliContext = {
    stdout: textStream(process.stdout, onLoss),
    stderr: textStream(process.stderr, onLoss),
    writeBytes: (stream, bytes) => void process[stream].write(bytes),
    pipeOut: (source) => pipeOut(source, process.stdout),
    standardInput: () => process.stdin,
    ask: (question, kind) => ask(question, kind, process.stdin, process.stderr),
    stdinIsTerminal: process.stdin.isTTY === true,
    environment: process.env,
    workingDirectory: process.cwd(),
    now: () => new Date(),
    signal: controller.signal,
    version: readVersion(),
    openLibrary: async () => (await import('./library.ts')).openLibrary(process.env, process.cwd()),
  };
  const exitCode = await runCli(argv, context);
  // Connections and workers that idle must not keep the process; what was written must get out.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
  if (lost !== undefined) process.stderr.write(`ERROR: Cannot write the output: ${lost.message}\n`);
  process.exit(lost !== undefined && exitCode === 0 ? EXIT.failure : exitCode);
}

/**
 * A stream whose reader may go away: writing then does nothing (`tspack inspect ... | head -1`). `onLoss` hears why
 * writing fails otherwise, as on a full disk.
 */
function textStream(stream: NodeJS.WriteStream, onLoss: (error: Error) => void): TextStream {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    open = false;
    if (error.code !== 'EPIPE') onLoss(error);
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
