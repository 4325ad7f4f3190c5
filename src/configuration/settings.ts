import { TspackError, nearestNames } from '../foundation/index.ts';
import { fromMap } from './setting-map.ts';
import type { TomlTable } from '../foundation/index.ts';

export type SettingKind = 'value' | 'list' | 'map';

/** A setting that there is. */
export interface SettingDescription {
  readonly name: string;
  /** One value, a list of them, or a map: a list of `key=value`, in which a key may come again. */
  readonly kind: SettingKind;
  /** The variable that wins over the file. Lists and maps are joined by commas. */
  readonly variable: string;
  readonly description: string;
}

/** Every setting, with pack's names where pack has it. */
export const SETTINGS = [
  { name: 'default-builder', kind: 'value', variable: 'TSPACK_DEFAULT_BUILDER', description: 'the builder where neither --builder nor project.toml names one' },
  { name: 'run-image', kind: 'value', variable: 'TSPACK_RUN_IMAGE', description: 'the run image of builds without --run-image' },
  { name: 'pull-policy', kind: 'value', variable: 'TSPACK_PULL_POLICY', description: 'when registries are asked, without --pull-policy' },
  { name: 'registry-mirrors', kind: 'map', variable: 'TSPACK_REGISTRY_MIRRORS', description: 'where images of a registry are read first' },
  { name: 'run-image-mirrors', kind: 'map', variable: 'TSPACK_RUN_IMAGE_MIRRORS', description: 'other names of a run image' },
  { name: 'cache-size', kind: 'value', variable: 'TSPACK_CACHE_SIZE', description: 'what the caches may take after a build, such as 10GB' },
  { name: 'insecure-registries', kind: 'list', variable: 'TSPACK_INSECURE_REGISTRIES', description: 'registries that --insecure-registry need not name' },
] as const satisfies readonly SettingDescription[];

export type SettingName = (typeof SETTINGS)[number]['name'];

/** What a setting is, and where that was found. */
export interface Setting {
  readonly name: SettingName;
  /** One, but for lists and maps. */
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

/** The values of a setting as the file has them: of a map `key=value`. undefined: they are of another form. */
export function readValues(value: TomlTable[string] | undefined, kind: SettingKind): readonly string[] | undefined {
  if (value === undefined) return [];
  if (kind === 'value') return typeof value === 'string' ? [value] : undefined;
  if (kind === 'list') return isStrings(value) ? value : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  // pack has one mirror for each registry, and writes it without brackets.
  const entries = Object.entries(value).map(([key, each]) => [key, typeof each === 'string' ? [each] : each] as const);
  return entries.every((entry): entry is readonly [string, readonly string[]] => isStrings(entry[1])) ? fromMap(new Map(entries)) : undefined;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
