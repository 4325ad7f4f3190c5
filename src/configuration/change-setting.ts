import { TspackError } from '../foundation/index.ts';
import { configFile, readConfigFile, writeConfigFile } from './config-file.ts';
import { requireSetting } from './settings.ts';

/** What is done to a setting: `set` replaces it; `add` and `remove` are for lists. */
export type SettingChange = { readonly kind: 'set' | 'add' | 'remove'; readonly value: string } | { readonly kind: 'unset' };

/** Changes a setting in the user's file, which keeps everything else, and returns the file. Throws `SETTING_UNKNOWN`, `SETTINGS_UNUSABLE`. */
export function changeSetting(name: string, change: SettingChange, env: Readonly<Record<string, string | undefined>>): string {
  const { isList } = requireSetting(name);
  const file = configFile(env);
  if (file === undefined) {
    throw new TspackError({
      code: 'SETTINGS_UNUSABLE',
      message: 'Cannot keep settings: neither HOME nor XDG_CONFIG_HOME is set',
      nextStep: 'Set XDG_CONFIG_HOME to a folder that you may use',
    });
  }
  const { [name]: before, ...others } = readConfigFile(file);
  const known = Array.isArray(before) ? before.filter((each): each is string => typeof each === 'string') : [];
  if (change.kind === 'unset') writeConfigFile(file, others);
  else if (isList) {
    const rest = change.kind === 'set' ? [] : known.filter((value) => value !== change.value);
    const values = change.kind === 'remove' ? rest : [...rest, change.value];
    writeConfigFile(file, values.length === 0 ? others : { ...others, [name]: values });
  } else writeConfigFile(file, { ...others, [name]: change.value });
  return file;
}
