import { TspackError } from '../foundation/index.ts';
import { configFile, readConfigFile, writeConfigFile } from './config-file.ts';
import { splitEntry, toMap } from './setting-map.ts';
import { readValues, requireSetting } from './settings.ts';
import type { TomlTable } from '../foundation/index.ts';

/**
 * What is done to a setting: `set` replaces it; `add` and `remove` are for lists and maps. Of a map the value is
 * `key=value`; to remove all of a key, it is the key alone.
 */
export type SettingChange = { readonly kind: 'set' | 'add' | 'remove'; readonly value: string } | { readonly kind: 'unset' };

/** Changes a setting in the user's file, which keeps everything else, and returns the file. Throws `SETTING_UNKNOWN`, `SETTINGS_UNUSABLE`. */
export function changeSetting(name: string, change: SettingChange, env: Readonly<Record<string, string | undefined>>): string {
  const setting = requireSetting(name);
  const file = configFile(env);
  if (file === undefined) {
    throw new TspackError({
      code: 'SETTINGS_UNUSABLE',
      message: 'Cannot keep settings: neither HOME nor XDG_CONFIG_HOME is set',
      nextStep: 'Set XDG_CONFIG_HOME to a folder that you may use',
    });
  }
  const { [name]: before, ...others } = readConfigFile(file);
  const after = change.kind === 'unset' ? [] : changed(readValues(before, setting.kind) ?? [], change, setting.kind === 'value');
  writeConfigFile(file, after.length === 0 ? others : { ...others, [name]: formatValues(after, setting.kind) });
  return file;
}

function changed(before: readonly string[], { kind, value }: Exclude<SettingChange, { readonly kind: 'unset' }>, isOne: boolean): readonly string[] {
  if (isOne || kind === 'set') return [value];
  const rest = before.filter((entry) => entry !== value);
  if (kind === 'add') return [...rest, value];
  // A key without a value stands for all of its values.
  return rest.filter((entry) => splitEntry(entry)[0] !== value);
}

function formatValues(values: readonly string[], kind: 'value' | 'list' | 'map'): TomlTable[string] {
  if (kind === 'map') return Object.fromEntries([...toMap(values)].map(([key, each]) => [key, [...each]]));
  return kind === 'list' ? [...values] : (values[0] ?? '');
}
