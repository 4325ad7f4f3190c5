import type { SettingChange } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { parseFormat } from '../options/format.ts';
import { formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents, withLibrary } from './task.ts';

/** `tspack config list`: every setting, its value and where that comes from. */
export const configList: CommandFunction<[], { readonly output: string }> = async (_args, flags, context) => {
  const format = parseFormat(flags.output);
  const settings = await withLibrary(context, async (library) => library.settings());
  if (format === 'json') context.stdout.write(`${JSON.stringify(settings, undefined, 2)}\n`);
  else {
    const rows = settings.map(({ name, values, origin, variable }) => [
      name,
      values.length === 0 ? '-' : visible(values.join(', ')),
      origin === undefined ? `not set (variable ${variable})` : visible(origin),
    ]);
    context.stdout.write(`${formatTable([['SETTING', 'VALUE', 'FROM'], ...rows])}\n`);
  }
  return 0;
};

/** `tspack config <setting> [value]`: prints it, or changes it in the user's file. */
export const configSetting =
  (name: string): CommandFunction<[string | undefined], { readonly unset?: boolean }> =>
  async ([value], flags, context) => {
    if (value === '') throw usageError(`Cannot set ${name} to nothing`, 'Use --unset');
    if (flags.unset === true && value !== undefined) throw usageError('Cannot take a value together with --unset: want one of them');
    const change: SettingChange | undefined = flags.unset === true ? { kind: 'unset' } : value === undefined ? undefined : { kind: 'set', value };
    return configChange(name, change)([], {}, context, []);
  };

/** Makes a change, and prints the values that count now. */
export const configChange =
  (name: string, change: SettingChange | undefined): CommandFunction<[], object> =>
  async (_args, _flags, context) =>
    changeAndShow(name, change === undefined ? [] : [change], undefined, context);

/** `tspack config <list> add|remove <value>`. */
export const configListChange =
  (name: string, kind: 'add' | 'remove'): CommandFunction<[string], object> =>
  async ([value], _flags, context) => {
    if (value === '') throw usageError(`Cannot ${kind} nothing`);
    return configChange(name, { kind, value })([], {}, context, []);
  };

/** `tspack config <map> list [key]`: `key=value` lines. */
export const configMap =
  (name: string): CommandFunction<[string | undefined], object> =>
  async ([key], _flags, context) =>
    changeAndShow(name, [], key, context);

/** `tspack config <map> add|remove <key> --mirror <mirror>`; without one, all of the key are removed. */
export const configMapChange =
  (name: string, kind: 'add' | 'remove'): CommandFunction<[string], { readonly mirror?: readonly string[] }> =>
  async ([key], { mirror }, context) => {
    if (key === '' || key.includes('=')) throw usageError(`Cannot ${kind} a mirror of "${key}"`);
    const changes = mirror?.map((value): SettingChange => ({ kind, value: `${key}=${value}` })) ?? [{ kind, value: key }];
    return changeAndShow(name, changes, key, context);
  };

async function changeAndShow(name: string, changes: readonly SettingChange[], key: string | undefined, context: CommandContext): Promise<number> {
  return withEvents(context, async (library, task) => {
    for (const change of changes) library.changeSetting(name, change);
    const now = library.settings().find((setting) => setting.name === name);
    for (const value of now?.values ?? []) if (key === undefined || value.startsWith(`${key}=`)) context.stdout.write(`${visible(value)}\n`);
    if (changes.length > 0 && now?.origin === now?.variable && now?.origin !== undefined) {
      task.events({ kind: 'message', level: 'warning', message: `the variable ${now.variable} wins over the file` });
    }
    return 0;
  });
}
