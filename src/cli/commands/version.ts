import type { CommandFunction } from '../command.ts';

/** `tspack version`. */
export const version: CommandFunction<[], object> = async (_args, _options, context) => {
  context.stdout.write(`${context.version}\n`);
  return 0;
};
