import { resolve } from 'node:path';
import type { CommandFunction } from '../command.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface UnpackFlags {
  readonly remote?: boolean;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack unpack`. */
export const unpack: CommandFunction<[string, string], UnpackFlags> = async ([image, directory], flags, context) =>
  withEvents(context, async (library, task) => {
    const location = { image, remote: flags.remote ?? false, insecureRegistries: flags.insecureRegistry ?? [] };
    await library.unpackImage(location, resolve(context.workingDirectory, directory), task);
    task.events({ kind: 'message', level: 'info', message: `Unpacked ${visible(image)} into ${visible(directory)}` });
    return 0;
  });
