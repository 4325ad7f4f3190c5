import { resolve } from 'node:path';
import type { CommandFunction } from '../command.ts';
import { referenceLine } from '../render/reference.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface LoadFlags {
  readonly input?: string;
  readonly name?: string;
}

/** `tspack load`: prints each image that is in the store now. */
export const load: CommandFunction<[], LoadFlags> = async (_args, { input, name }, context) => {
  const fromStdin = input === undefined || input === '-';
  if (fromStdin && context.stdinIsTerminal) throw usageError('Cannot read an archive from a terminal', 'Use --input FILE, or a pipe');
  return withEvents(context, async (library, task) => {
    const source = fromStdin ? context.standardInput() : resolve(context.workingDirectory, input);
    const loaded = await library.loadImages(source, name === undefined ? {} : { name }, task);
    for (const image of loaded) context.stdout.write(`${visible(referenceLine(image))}\n`);
    return 0;
  });
};
