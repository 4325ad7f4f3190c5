import type { CommandFunction } from '../command.ts';
import { parseTableFormat } from '../options/format.ts';
import { formatBytes, formatTable } from '../render/measure.ts';
import { spaceRows } from '../render/used-space.ts';
import { withLibrary } from './task.ts';

interface DuFlags {
  readonly format: string;
}

/** `tspack du`: img's table. */
export const du: CommandFunction<[], DuFlags> = async (_args, flags, context) => {
  const format = parseTableFormat(flags.format);
  const usage = await withLibrary(context, (library) => library.diskUsage());
  if (format === 'json') context.stdout.write(`${JSON.stringify(usage, undefined, 2)}\n`);
  else {
    const totals = [
      ['Reclaimable:', formatBytes(usage.reclaimableBytes)],
      ['Total:', formatBytes(usage.totalBytes)],
    ];
    context.stdout.write(`${formatTable(spaceRows(usage.items, context.now()))}\n\n${formatTable(totals)}\n`);
  }
  return 0;
};
