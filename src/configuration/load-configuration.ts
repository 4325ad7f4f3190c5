import { TspackError } from '../foundation/index.ts';
import { configFile, readConfigFile } from './config-file.ts';
import { toMap } from './setting-map.ts';
import { SETTINGS, readValues } from './settings.ts';
import type { TomlTable } from '../foundation/index.ts';
import type { SettingMap } from './setting-map.ts';
import type { Setting, SettingDescription, SettingKind, SettingName } from './settings.ts';

/** What is set, file and environment together. */
export interface Configuration {
  /** The file, whether it is there or not; undefined for a user without a home. */
  readonly file: string | undefined;
  /** Every setting that has a value, in the order of {@link SETTINGS}. */
  readonly settings: readonly Setting[];
  find(name: SettingName): Setting | undefined;
  /** The value of a setting that has one. */
  value(name: SettingName): string | undefined;
  /** The values of a map by their keys. */
  map(name: SettingName): SettingMap;
}

/** Reads the user's file; a variable that is set and not empty wins. Throws `TOML_INVALID`, `SETTINGS_UNUSABLE`. */
export function loadConfiguration({ env }: { readonly env: Readonly<Record<string, string | undefined>> }): Configuration {
  const file = configFile(env);
  const table = readConfigFile(file);
  const settings = SETTINGS.flatMap((description): readonly Setting[] => {
    const { name, variable, kind } = description;
    const given = env[variable];
    if (given !== undefined && given !== '') return [{ name, values: fromVariable(given, kind, variable), origin: variable }];
    const values = valuesIn(table, description, file ?? '');
    return values.length === 0 ? [] : [{ name, values, origin: file ?? '' }];
  });
  const find = (name: SettingName) => settings.find((setting) => setting.name === name);
  return { file, settings, find, value: (name) => find(name)?.values[0], map: (name) => toMap(find(name)?.values ?? []) };
}

function fromVariable(text: string, kind: SettingKind, variable: string): readonly string[] {
  if (kind === 'value') return [text];
  const parts = text.split(',').map((part) => part.trim());
  const values = parts.filter((part) => part !== '');
  const wrong = kind === 'map' ? values.find((value) => !/^[^=]+=./.test(value)) : undefined;
  if (wrong === undefined) return values;
  throw new TspackError({
    code: 'SETTINGS_UNUSABLE',
    message: `Cannot use "${wrong}" in ${variable}: want ${WANTED.map}`,
    nextStep: 'Correct the variable, or unset it',
  });
}

const WANTED: Readonly<Record<SettingKind, string>> = { value: 'a string', list: 'a list of strings', map: 'key=value, joined by commas' };

function valuesIn(table: TomlTable, { name, kind }: SettingDescription, file: string): readonly string[] {
  const values = readValues(table[name], kind);
  if (values !== undefined) return values;
  throw new TspackError({
    code: 'SETTINGS_UNUSABLE',
    message: `Cannot use "${name}" in ${file}: want ${kind === 'map' ? 'a table of lists of strings' : WANTED[kind]}`,
    nextStep: `Correct it with tspack config ${name}`,
  });
}
