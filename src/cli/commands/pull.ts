import type { CommandFunction } from '../command.ts';
import { referenceLine } from '../render/reference.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface PullFlags {
  readonly platform?: string;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack pull`: prints the image with its digest. */
export const pull: CommandFunction<[string], PullFlags> = async ([image], flags, context) =>
  withEvents(context, async (library, task) => {
    task.events({ kind: 'message', level: 'info', message: `Pulling ${visible(image)}` });
    const pulled = await library.pullImage(
      { image, insecureRegistries: flags.insecureRegistry ?? [], ...(flags.platform === undefined ? {} : { platform: flags.platform }) },
      task,
    );
    context.stdout.write(`${visible(referenceLine(pulled))}\n`);
    return 0;
  });
