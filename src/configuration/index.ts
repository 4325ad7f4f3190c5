/**
 * What a user has set once and for all: a file, over it the environment. It knows which settings there are and where each
 * value comes from, not what a setting does.
 *
 * ```ts
 * const configuration = loadConfiguration({ env: process.env });
 * configuration.find('default-builder'); // { name, values: ['base'], origin: 'TSPACK_DEFAULT_BUILDER' }
 * ```
 *
 * @packageDocumentation
 */
export { loadConfiguration } from './load-configuration.ts';
export type { Configuration } from './load-configuration.ts';
export { changeSetting } from './change-setting.ts';
export type { SettingChange } from './change-setting.ts';
export { parseByteSize } from './byte-size.ts';
export { splitEntry } from './setting-map.ts';
export type { SettingMap } from './setting-map.ts';
export { SETTINGS, requireSetting } from './settings.ts';
export type { Setting, SettingDescription, SettingKind, SettingName } from './settings.ts';
