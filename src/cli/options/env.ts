import { readFileSync } from 'node:fs';
import { usageError } from '../usage-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `NAME=value`; or `NAME` alone for the value it has here, none when it has none here (as `docker run --env`); or `START*`
 * for all that are set here and begin so. Throws `USAGE`.
 */
export function parseEnvOption(text: string, environment: Environment): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === '' || /[\s\0]/.test(name)) throw usageError(`Cannot read --env "${text}": want NAME=value or NAME`);
  if (name.includes('/') || name === '.' || name === '..') throw usageError(`Cannot read --env "${text}": "${name}" is no name of a variable`);
  if (equals >= 0) return { [name]: text.slice(equals + 1) };
  const wanted = (key: string) => (name.endsWith('*') ? key.startsWith(name.slice(0, -1)) : key === name);
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => wanted(entry[0]) && entry[1] !== undefined));
}

/**
 * The variables of a file in the form of Docker and pack: one `NAME=value` or `NAME` a line; empty lines and lines that
 * begin with `#` are skipped; values are taken as they are, quotes included. Throws `USAGE`.
 */
export function parseEnvFile(text: string, file: string, environment: Environment): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const trimmed = line.trimStart();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    try {
      Object.assign(env, parseEnvOption(trimmed, environment));
    } catch {
      throw usageError(`Cannot read ${file}:${index + 1}: want NAME=value, NAME, or a comment that begins with #`, undefined);
    }
  }
  return env;
}

/** All `--env-file` and then all `--env` of a command; later ones win. Throws `USAGE`. */
export function collectEnv(
  files: readonly string[],
  options: readonly string[],
  environment: Environment,
  resolve: (path: string) => string,
): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(resolve(file), 'utf8');
    } catch (error) {
      throw usageError(`Cannot read the env file ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, 'Give --env-file a file that exists');
    }
    Object.assign(env, parseEnvFile(text, file, environment));
  }
  for (const option of options) Object.assign(env, parseEnvOption(option, environment));
  return env;
}
