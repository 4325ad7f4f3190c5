import { constants } from 'node:os';
import { resolve } from 'node:path';
import type { RunOptions } from '../../index.ts';
import { exitCodeFor } from '../exit-code.ts';
import { collectEnv } from '../options/env.ts';
import { parsePort } from '../options/port.ts';
import type { CommandFunction } from '../command.ts';
import { withEvents } from './task.ts';

interface RunFlags {
  readonly publish?: readonly string[];
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly readOnly?: boolean;
  readonly runtime: RunOptions['runtime'];
}

/** `tspack run`: the application's output goes out unchanged, and its exit code is ours. */
export const run: CommandFunction<[string, string?], RunFlags> = async ([image, process], flags, context, passthrough) => {
  const ports = (flags.publish ?? []).map(parsePort);
  const env = collectEnv(flags.envFile ?? [], flags.env ?? [], context.environment, (path) => resolve(context.workingDirectory, path));
  const exit = await withEvents(context, (library, task, display) => {
    const passOn = (stream: 'stdout' | 'stderr') => (bytes: Uint8Array) => {
      // From the first byte on, the terminal is the application's.
      display.close();
      context.writeBytes(stream, bytes);
    };
    const options: RunOptions = {
      image,
      runtime: flags.runtime,
      ports,
      env,
      ...(process === undefined ? {} : { process }),
      args: passthrough,
      readOnly: flags.readOnly === true,
      stdout: passOn('stdout'),
      stderr: passOn('stderr'),
      interactive: context.stdinIsTerminal && context.stdout.isTerminal,
    };
    return library.run(options, task);
  });
  // Ctrl-C is how people stop an application: nothing to tell about.
  if (context.signal.aborted) return exitCodeFor(context.signal.reason);
  return exit.code ?? 128 + (constants.signals[exit.signal as keyof typeof constants.signals] ?? 0);
};
