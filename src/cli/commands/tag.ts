import type { CommandFunction } from '../command.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

/** `tspack tag`. */
export const tag: CommandFunction<[string, ...string[]], object> = async ([image, ...names], _flags, context) =>
  withEvents(context, async (library, task) => {
    for (const name of await library.tagImage(image, names, task)) {
      task.events({ kind: 'message', level: 'info', message: `Tagged ${visible(image)} as ${visible(name)}` });
    }
    return 0;
  });
