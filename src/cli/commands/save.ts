import { resolve } from 'node:path';
import type { CommandFunction } from '../command.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface SaveFlags {
  readonly output?: string;
  readonly format: 'docker' | 'oci';
}

/** `tspack save`: an archive to a file or a pipe, never to a terminal. */
export const save: CommandFunction<string[], SaveFlags> = async (images, { output, format }, context) => {
  const toStdout = output === undefined || output === '-';
  if (toStdout && context.stdout.isTerminal) throw usageError('Cannot write an archive to a terminal', 'Use --output FILE, or a pipe');
  return withEvents(context, async (library, task) => {
    if (toStdout) await context.pipeOut(await library.saveImages({ images, format }, task));
    else await library.saveImagesTo(resolve(context.workingDirectory, output), { images, format }, task);
    return 0;
  });
};
