import { extname, resolve } from 'node:path';
import type { PackageModuleOptions } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { readMakingFlags } from '../options/making.ts';
import type { MakingFlags } from '../options/making.ts';
import { parseModuleNames } from '../options/module-names.ts';
import { madeReferences, madeSummary } from '../render/made-images.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface PackageFlags extends MakingFlags {
  readonly path?: string;
  readonly format?: string;
  readonly flatten?: boolean;
  readonly flattenExclude?: readonly string[];
}

type Kind = PackageModuleOptions['kind'];

/** `tspack buildpack package` and `tspack extension package`. */
export const packageModule =
  (kind: Kind): CommandFunction<[string], PackageFlags> =>
  async ([name], flags, context) => {
    const options = readOptions(kind, name, flags, context);
    return withEvents(context, async (library, task, display) => {
      const result = await library.packageModule(options, task);
      display.result(result, () => madeSummary(flags.publish === true ? 'published package' : 'created package', result));
      context.stdout.write(madeReferences(result));
      return 0;
    });
  };

function readOptions(kind: Kind, name: string, flags: PackageFlags, context: CommandContext): PackageModuleOptions {
  const { workingDirectory } = context;
  const format = flags.format ?? 'image';
  if (format !== 'image' && format !== 'file') throw usageError(`Cannot make a package as "${format}": want image or file`);
  if (flags.config !== undefined && flags.path !== undefined) {
    throw usageError('--config and --path cannot be used together', 'Write the folder as the uri in the package.toml');
  }
  if (format === 'file' && (flags.publish === true || (flags.output ?? []).length > 0)) {
    throw usageError(
      `A file cannot be ${flags.publish === true ? 'published' : 'put into another output'}`,
      `Leave --format file or ${flags.publish === true ? '--publish' : '--output'} out`,
    );
  }
  if (format === 'file' && (flags.tag ?? []).length > 0) throw usageError('A file has no tags', 'Leave --tag out');
  return {
    ...readMakingFlags(format === 'file' ? resolve(workingDirectory, extname(name) === '' ? `${name}.cnb` : name) : name, flags, context),
    kind,
    format,
    path: resolve(workingDirectory, flags.path ?? '.'),
    ...(flags.config === undefined ? {} : { config: resolve(workingDirectory, flags.config) }),
    flatten: (flags.flatten ?? false) || (flags.flattenExclude ?? []).length > 0,
    flattenExclude: (flags.flattenExclude ?? []).flatMap((text) => parseModuleNames(text, '--flatten-exclude')),
  };
}
