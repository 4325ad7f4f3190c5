import type { CommandContext } from './context.ts';

/** What a command's module exports: reads its options, makes one call, writes the result, says the exit code. */
export type CommandFunction<Arguments extends readonly (string | undefined)[], Options> = (
  args: Arguments,
  options: Options,
  context: CommandContext,
  /** What followed `--`. */
  passthrough: readonly string[],
) => Promise<number>;
