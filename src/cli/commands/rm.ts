import type { CommandFunction } from '../command.ts';
import { formatBytes } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface RmFlags {
  readonly force?: boolean;
}

/** `tspack rm`: docker's lines. */
export const rm: CommandFunction<string[], RmFlags> = async (images, flags, context) =>
  withEvents(context, async (library, task, display) => {
    const removed = await library.removeImages(images, { force: flags.force ?? false }, task);
    const { untagged, deleted, missing, freedBytes } = removed;
    for (const name of missing) task.events({ kind: 'message', level: 'warning', message: `There is no image "${name}" in the local store` });
    for (const name of untagged) context.stdout.write(`Untagged: ${visible(name)}\n`);
    for (const imageId of deleted) context.stdout.write(`Deleted: ${imageId}\n`);
    if (deleted.length > 0) display.result(removed, () => `Freed ${formatBytes(freedBytes)}`);
    return 0;
  });
