import type { CommandFunction } from '../command.ts';
import { parseTextFormat } from '../options/format.ts';
import { describeLayer } from '../render/why.ts';
import { withEvents } from './task.ts';

interface WhyFlags {
  readonly format: string;
}

/** `tspack why`: with one argument about a layer of the image that was built last. */
export const why: CommandFunction<[string, string | undefined], WhyFlags> = async ([first, second], flags, context) => {
  const format = parseTextFormat(flags.format);
  const request = second === undefined ? { layer: first } : { image: first, layer: second };
  const explanation = await withEvents(context, (library, task) => library.why(request, task));
  context.stdout.write(format === 'json' ? `${JSON.stringify(explanation, undefined, 2)}\n` : `${describeLayer(explanation, context.now())}\n`);
  return 0;
};
