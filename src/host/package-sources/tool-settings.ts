import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasSystemCode } from '../../foundation/index.ts';

/** Where the settings of a user's tools are. */
export interface ToolSettings {
  /** The variables that are set to something. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder of settings by the XDG rules: `~/.config`; undefined without a home. */
  readonly configHome: string | undefined;
  readonly home: string | undefined;
  /** The text of a settings file; undefined when there is none that we may read. */
  read(path: string): string | undefined;
}

/** The settings as this environment names them; empty variables count as absent. */
export function openToolSettings(environment: Readonly<Record<string, string | undefined>>): ToolSettings {
  const env = Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''));
  const home = env['HOME'];
  return { env, home, configHome: env['XDG_CONFIG_HOME'] ?? (home === undefined ? undefined : join(home, '.config')), read: readText };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) return undefined;
    throw error;
  }
}
