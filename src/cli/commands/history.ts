import type { HistoryStep } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { parseTableFormat } from '../options/format.ts';
import { formatAgo } from '../render/ago.ts';
import { formatBytes, formatTable, truncate } from '../render/measure.ts';
import { shortId } from '../render/reference.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface HistoryFlags {
  readonly format: string;
  readonly trunc: boolean;
  readonly remote?: boolean;
  readonly insecureRegistry?: readonly string[];
}

/** docker cuts CREATED BY here. */
const CREATED_BY_COLUMNS = 45;

/** `tspack history`: docker's columns; with `--quiet` the image ID. */
export const history: CommandFunction<[string], HistoryFlags> = async ([image], flags, context) => {
  const format = parseTableFormat(flags.format);
  const location = { image, remote: flags.remote ?? false, insecureRegistries: flags.insecureRegistry ?? [] };
  const steps = await withEvents(context, (library, task) => library.imageHistory(location, task));
  const id = ({ imageId }: HistoryStep) => (imageId === undefined ? '<missing>' : flags.trunc ? shortId(imageId) : imageId);
  if (context.display.quiet) context.stdout.write(steps.map((step) => `${id(step)}\n`).join(''));
  else if (format === 'json') context.stdout.write(steps.map((step) => `${JSON.stringify(step)}\n`).join(''));
  else {
    const rows = steps.map((step) => [
      id(step),
      formatAgo(step.created, context.now()),
      flags.trunc ? truncate(visible(step.createdBy), CREATED_BY_COLUMNS) : visible(step.createdBy),
      step.sizeBytes === undefined ? '-' : formatBytes(step.sizeBytes),
      visible(step.comment ?? ''),
    ]);
    context.stdout.write(`${formatTable([['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'], ...rows])}\n`);
  }
  return 0;
};
