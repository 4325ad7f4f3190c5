import type { CommandFunction } from '../command.ts';
import { formatTable } from '../render/measure.ts';
import { createStyle } from '../render/style.ts';

/** `tspack builder suggest`. */
export const builderSuggest: CommandFunction<[], object> = async (_args, _options, context) => {
  const library = await context.openLibrary();
  const style = createStyle(context.display.color);
  context.stdout.write(
    `Suggested builders:\n${formatTable(
      library.builders().map(({ name, description }) => [`${name}:`, description]),
      '  ',
    )}\n`,
  );
  if (!context.display.quiet) context.stderr.write(`\n${style.tip('Tip:')} Learn more about one with "tspack builder inspect <builder>"\n`);
  return 0;
};
