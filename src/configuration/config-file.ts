import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, formatToml, hasSystemCode, readTomlFile, writeFileAtomic } from '../foundation/index.ts';
import type { TomlTable } from '../foundation/index.ts';

/** `$XDG_CONFIG_HOME/tspack/config.toml`, else `~/.config/tspack/config.toml`; undefined for a user without a home. */
export function configFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, 'tspack', 'config.toml');
  return env.HOME ? join(env.HOME, '.config', 'tspack', 'config.toml') : undefined;
}

/** An empty table when there is no file. Throws `TOML_INVALID`, `SETTINGS_UNUSABLE`. */
export function readConfigFile(file: string | undefined): TomlTable {
  try {
    return file !== undefined && existsSync(file) ? (readTomlFile(file) ?? {}) : {};
  } catch (error) {
    throw unusable(file ?? '', 'read', error);
  }
}

/** A link to a file stays one. Throws `SETTINGS_UNUSABLE`. */
export function writeConfigFile(file: string, table: TomlTable): void {
  try {
    writeFileAtomic(existsSync(file) ? realpathSync(file) : file, formatToml(table), 0o600);
  } catch (error) {
    throw unusable(file, 'write', error);
  }
}

function unusable(file: string, verb: string, error: unknown): unknown {
  if (!hasSystemCode(error, 'EACCES', 'EISDIR', 'EEXIST', 'ENOTDIR', 'EPERM', 'EROFS')) return error;
  return new TspackError({
    code: 'SETTINGS_UNUSABLE',
    message: `Cannot ${verb} ${file}: ${error.code}`,
    nextStep: 'Set XDG_CONFIG_HOME to a folder that you may use',
    cause: error,
  });
}
