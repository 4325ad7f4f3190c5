import type { CommandFunction } from '../command.ts';
import { readBuildOptions } from '../options/build-options.ts';
import type { BuildFlags } from '../options/build-options.ts';
import { parseTextFormat } from '../options/format.ts';
import { describePlan } from '../render/plan.ts';
import { explainBuilderMissing } from './builder-missing.ts';
import { withEvents } from './task.ts';

interface PlanFlags extends BuildFlags {
  readonly format: string;
}

/** `tspack plan`: what `tspack build` with the same flags would do. */
export const plan: CommandFunction<[string], PlanFlags> = async ([image], { format: formatFlag, ...flags }, context) => {
  const format = parseTextFormat(formatFlag);
  const { options, warnings } = readBuildOptions(image, flags, context);
  const planned = await withEvents(context, async (library, task) => {
    for (const message of warnings) task.events({ kind: 'message', level: 'warning', message });
    return await library.plan(options, task).catch((error: unknown) => {
      throw explainBuilderMissing(error, library);
    });
  });
  context.stdout.write(format === 'json' ? `${JSON.stringify(planned, undefined, 2)}\n` : `${describePlan(planned)}\n`);
  return 0;
};
