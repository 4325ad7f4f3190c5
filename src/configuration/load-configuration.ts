import { TspackError } from '../foundation/index.ts';
import { configFile, readConfigFile } from './config-file.ts';
import { SETTINGS } from './settings.ts';
import type { TomlTable } from '../foundation/index.ts';
import type { Setting, SettingDescription, SettingName } from './settings.ts';

/** What is set, file and environment together. */
export interface Configuration {
  /** The file, whether it is there or not; undefined for a user without a home. */
  readonly file: string | undefined;
  /** Every setting that has a value, in the order of {@link SETTINGS}. */
  readonly settings: readonly Setting[];
  find(name: SettingName): Setting | undefined;
  /** The value of a setting that has one. */
  value(name: SettingName): string | undefined;
}

/** Reads the user's file; a variable that is set and not empty wins. Throws `TOML_INVALID`, `SETTINGS_UNUSABLE`. */
export function loadConfiguration({ env }: { readonly env: Readonly<Record<string, string | undefined>> }): Configuration {
  const file = configFile(env);
  const table = readConfigFile(file);
  const settings = SETTINGS.flatMap((description): readonly Setting[] => {
    const { name, variable, isList } = description;
    const given = env[variable];
    if (given !== undefined && given !== '') return [{ name, values: isList ? splitList(given) : [given], origin: variable }];
    const values = valuesIn(table, description, file ?? '');
    return values.length === 0 ? [] : [{ name, values, origin: file ?? '' }];
  });
  const find = (name: SettingName) => settings.find((setting) => setting.name === name);
  return { file, settings, find, value: (name) => find(name)?.values[0] };
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function valuesIn(table: TomlTable, { name, isList }: SettingDescription, file: string): readonly string[] {
  const value = table[name];
  if (value === undefined) return [];
  if (isList && Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  if (!isList && typeof value === 'string') return [value];
  throw new TspackError({
    code: 'SETTINGS_UNUSABLE',
    message: `Cannot use "${name}" in ${file}: want ${isList ? 'a list of strings' : 'a string'}`,
    nextStep: `Correct it with tspack config ${name}`,
  });
}
