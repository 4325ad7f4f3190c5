import type { CommandFunction } from '../command.ts';
import { withoutTag } from '../render/reference.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface PushFlags {
  readonly insecureRegistry?: readonly string[];
}

/** `tspack push`: prints each name with the digest it has now. */
export const push: CommandFunction<[string, ...string[]], PushFlags> = async ([image, ...destinations], flags, context) =>
  withEvents(context, async (library, task) => {
    task.events({ kind: 'message', level: 'info', message: `Pushing ${visible(image)}` });
    const pushed = await library.pushImage({ image, destinations, insecureRegistries: flags.insecureRegistry ?? [] }, task);
    for (const { name, digest } of pushed) context.stdout.write(`${visible(withoutTag(name))}@${digest}\n`);
    return 0;
  });
