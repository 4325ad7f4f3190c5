import type { CommandFunction } from '../command.ts';
import { parseDuration } from '../options/duration.ts';
import { parseTableFormat } from '../options/format.ts';
import { parseSize } from '../options/size.ts';
import { formatBytes, formatTable } from '../render/measure.ts';
import { spaceRows } from '../render/used-space.ts';
import { withEvents } from './task.ts';

interface PruneFlags {
  readonly all?: boolean;
  readonly keepDuration?: string;
  readonly keepStorage?: string;
  readonly dryRun?: boolean;
  readonly format: string;
}

/** `tspack prune`: says what it removed and how much that was. */
export const prune: CommandFunction<[], PruneFlags> = async (_args, flags, context) => {
  const format = parseTableFormat(flags.format);
  const request = {
    images: flags.all ?? false,
    keepMilliseconds: flags.keepDuration === undefined ? 0 : parseDuration('--keep-duration', flags.keepDuration),
    keepBytes: flags.keepStorage === undefined ? 0 : parseSize('--keep-storage', flags.keepStorage),
    dryRun: flags.dryRun ?? false,
  };
  const result = await withEvents(context, (library, task) => library.prune(request, task));
  if (format === 'json') {
    context.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    return 0;
  }
  const { removed, freedBytes, totalBytes } = result;
  const table = removed.length === 0 || context.display.quiet ? '' : `${formatTable(spaceRows(removed, context.now()))}\n\n`;
  const totals = [
    [request.dryRun ? 'Would reclaim:' : 'Reclaimed:', formatBytes(freedBytes)],
    ['Total:', formatBytes(totalBytes)],
  ];
  context.stdout.write(`${table}${formatTable(totals)}\n`);
  return 0;
};
