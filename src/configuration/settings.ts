import { TspackError, nearestNames } from '../foundation/index.ts';

/** A setting that there is. */
export interface SettingDescription {
  readonly name: string;
  /** Whether it has any number of values; one otherwise. */
  readonly isList: boolean;
  /** The variable that wins over the file. Lists are joined by commas. */
  readonly variable: string;
  readonly description: string;
}

/** Every setting, with pack's names where pack has it. */
export const SETTINGS = [
  { name: 'default-builder', isList: false, variable: 'TSPACK_DEFAULT_BUILDER', description: 'the builder where neither --builder nor project.toml names one' },
  { name: 'run-image', isList: false, variable: 'TSPACK_RUN_IMAGE', description: 'the run image of builds without --run-image' },
  { name: 'pull-policy', isList: false, variable: 'TSPACK_PULL_POLICY', description: 'when registries are asked, without --pull-policy' },
  { name: 'insecure-registries', isList: true, variable: 'TSPACK_INSECURE_REGISTRIES', description: 'registries that --insecure-registry need not name' },
] as const satisfies readonly SettingDescription[];

export type SettingName = (typeof SETTINGS)[number]['name'];

/** What a setting is, and where that was found. */
export interface Setting {
  readonly name: SettingName;
  /** One, but for lists. */
  readonly values: readonly string[];
  /** The file or the variable. */
  readonly origin: string;
}

/** Throws `SETTING_UNKNOWN`. */
export function requireSetting(name: string): SettingDescription & { readonly name: SettingName } {
  const found = SETTINGS.find((setting) => setting.name === name);
  if (found !== undefined) return found;
  const names = SETTINGS.map((setting) => setting.name);
  const [near] = nearestNames(name, names);
  throw new TspackError({
    code: 'SETTING_UNKNOWN',
    message: `Cannot configure "${name}": there is no such setting`,
    nextStep: near === undefined ? `Use one of ${names.join(', ')}` : `Did you mean "${near}"?`,
  });
}
