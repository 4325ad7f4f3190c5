import { resolve } from 'node:path';
import type { CommandFunction } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { parseTableFormat } from '../options/format.ts';
import { count, formatBytes, formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { spaceRows } from '../render/used-space.ts';
import { usageError } from '../usage-error.ts';
import { withEvents, withLibrary } from './task.ts';

/** `tspack cache ls`: the rows of `tspack du` that are caches; with `--quiet` IDs alone. */
export const cacheLs: CommandFunction<[], { readonly format: string }> = async (_args, flags, context) => {
  const format = parseTableFormat(flags.format);
  const list = await withLibrary(context, (library) => library.caches());
  if (format === 'json') context.stdout.write(`${JSON.stringify(list, undefined, 2)}\n`);
  else if (context.display.quiet) for (const { id } of list.items) context.stdout.write(`${visible(id)}\n`);
  else context.stdout.write(`${formatTable(spaceRows(list.items, context.now()))}\n\n${formatTable([['Total:', formatBytes(list.totalBytes)]])}\n`);
  return 0;
};

interface RmFlags {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly format: string;
}

/** `tspack cache rm`: ends with 1 when something stays because it may be in use. */
export const cacheRm: CommandFunction<string[], RmFlags> = async (names, { all = false, dryRun = false, ...flags }, context) => {
  const format = parseTableFormat(flags.format);
  if (all === names.length > 0) throw usageError('Cannot remove caches: want their names, or --all');
  const result = await withEvents(context, (library, task) => library.removeCaches({ names, dryRun }, task));
  const { removed, kept, freedBytes } = result;
  if (format === 'json') context.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else {
    const table = removed.length === 0 || context.display.quiet ? '' : `${formatTable(spaceRows(removed, context.now()))}\n\n`;
    context.stdout.write(`${table}${formatTable([[dryRun ? 'Would reclaim:' : 'Reclaimed:', formatBytes(freedBytes)]])}\n`);
  }
  if (kept.length > 0) context.stderr.write(`Warning: other tspack processes may need ${kept.map(({ id }) => visible(id)).join(', ')}: not removed\n`);
  return kept.length > 0 ? EXIT.failure : EXIT.success;
};

interface ExportFlags {
  readonly output: string;
  readonly downloads: boolean;
}

/** `tspack cache export`: to a file or a pipe, never to a terminal. */
export const cacheExport: CommandFunction<string[], ExportFlags> = async (images, { output, downloads }, context) => {
  const toStdout = output === '-';
  if (toStdout && context.stdout.isTerminal) throw usageError('Cannot write caches to a terminal', 'Use --output FILE, or a pipe');
  return withEvents(context, async (library, task) => {
    if (toStdout) await context.pipeOut(await library.exportCaches({ images, downloads }, task));
    else await library.exportCachesTo(resolve(context.workingDirectory, output), { images, downloads }, task);
    return 0;
  });
};

/** `tspack cache import`: prints each application whose cached layers are here now. */
export const cacheImport: CommandFunction<[string], object> = async ([file], _flags, context) => {
  const fromStdin = file === '-';
  if (fromStdin && context.stdinIsTerminal) throw usageError('Cannot read caches from a terminal', 'Name a file, or use a pipe');
  return withEvents(context, async (library, task) => {
    const say = (message: string) => task.events({ kind: 'message', level: 'info', message });
    const source = fromStdin ? context.standardInput() : resolve(context.workingDirectory, file);
    const { layers, kept, downloads } = await library.importCaches(source, task);
    for (const name of layers) context.stdout.write(`${visible(name)}\n`);
    for (const name of kept) say(`Kept the cached layers of ${name} that were here`);
    if (downloads > 0) say(`Added ${count(downloads, 'download')}`);
    return 0;
  });
};
