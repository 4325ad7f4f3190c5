import { join } from 'node:path';
import { TspackError, parseToml } from '../../foundation/index.ts';
import type { TomlTable, TomlValue } from '../../foundation/index.ts';
import type { ToolSettings } from './tool-settings.ts';

/** Longer chains of sources that replace each other are circles. */
const MOST_REPLACEMENTS = 10;

/**
 * Cargo's registries as `CARGO_REGISTRIES_<NAME>_INDEX`, and what replaces crates-io as `TSPACK_CARGO_INDEX`, since Cargo
 * reads that from no variable (doc.rust-lang.org/cargo, "Source Replacement"). Folders of this machine are left out. A
 * file that is no TOML is a warning: most builds do not use Cargo.
 */
export function cargoSources({ env, home, read }: ToolSettings): { readonly env: Readonly<Record<string, string>>; readonly warnings: readonly string[] } {
  const variables = Object.fromEntries(Object.entries(env).filter(([name]) => /^(?:CARGO_REGISTRIES_.+_INDEX|TSPACK_CARGO_INDEX)$/u.test(name)));
  const folder = env['CARGO_HOME'] ?? (home === undefined ? undefined : join(home, '.cargo'));
  const file = folder === undefined ? undefined : ['config', 'config.toml'].map((name) => join(folder, name)).find((path) => read(path) !== undefined);
  if (file === undefined) return { env: variables, warnings: [] };
  try {
    return { env: { ...sourcesOf(parseToml(read(file) ?? '', file)), ...variables }, warnings: [] };
  } catch (error) {
    if (error instanceof TspackError) return { env: variables, warnings: [`Builds get no settings of Cargo: ${error.message}`] };
    throw error;
  }
}

function sourcesOf(config: TomlTable): Readonly<Record<string, string>> {
  const registries = Object.entries(tableOf(config['registries'])).flatMap(([name, registry]): [string, string][] => {
    const index = textOf(tableOf(registry)['index']);
    return index === undefined ? [] : [[`CARGO_REGISTRIES_${name.toUpperCase().replaceAll('-', '_')}_INDEX`, index]];
  });
  const index = replacementOfCratesIo(config);
  return { ...Object.fromEntries(registries), ...(index === undefined ? {} : { TSPACK_CARGO_INDEX: index }) };
}

function replacementOfCratesIo(config: TomlTable): string | undefined {
  const [sources, registries] = [tableOf(config['source']), tableOf(config['registries'])];
  let name = 'crates-io';
  for (let step = 0; step < MOST_REPLACEMENTS; step++) {
    const next = textOf(tableOf(sources[name])['replace-with']);
    if (next === undefined) break;
    name = next;
  }
  if (name === 'crates-io') return undefined;
  return textOf(tableOf(sources[name])['registry']) ?? textOf(tableOf(registries[name])['index']);
}

function tableOf(value: TomlValue | undefined): TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date) ? (value as TomlTable) : {};
}

function textOf(value: TomlValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
