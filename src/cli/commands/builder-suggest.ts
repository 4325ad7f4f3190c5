import type { CommandFunction } from '../command.ts';
import { createDisplay } from '../render/display.ts';
import { formatTable } from '../render/measure.ts';

/** `tspack builder suggest`. */
export const builderSuggest: CommandFunction<[], object> = async (_args, _options, context) => {
  const library = await context.openLibrary();
  const builders = library.builders();
  context.stdout.write(
    `Suggested builders:\n${formatTable(
      builders.map(({ name, description }) => [`${name}:`, description]),
      '  ',
    )}\n`,
  );
  createDisplay(context, context.display).result({ builders }, ({ tip }) => `\n${tip('Tip:')} Learn more about one with "tspack builder inspect <builder>"`);
  return 0;
};
