import { readFileSync } from 'node:fs';
import { parse } from 'toml';
import { stringify } from 'smol-toml';
import { TspackError } from './error.ts';

/** Integers that no number holds exactly are a bigint. */
export type TomlValue = string | number | bigint | boolean | Date | TomlTable | readonly TomlValue[];
export interface TomlTable {
  readonly [key: string]: TomlValue | undefined;
}

/** Larger TOML files are refused before parsing: no file of the specs comes near. */
const MAXIMUM_BYTES = 10_000_000;

/**
 * Parses TOML 1.0. Tables have no prototype, so that keys such as `__proto__` are ordinary.
 * Throws `TOML_INVALID` with file, line and column.
 */
export function parseToml(text: string, file: string): TomlTable {
  if (text.length > MAXIMUM_BYTES) {
    throw new TspackError({ code: 'TOML_INVALID', message: `Cannot read ${file}: it is larger than ${MAXIMUM_BYTES} bytes` });
  }
  try {
    return parseIntegers(text);
  } catch (error) {
    const { location, message } = error as { location?: { start: { line: number; column: number } }; message: string };
    const place = location === undefined ? file : `${file}:${location.start.line}:${location.start.column}`;
    throw new TspackError({
      code: 'TOML_INVALID',
      message: `Cannot parse ${place}: ${error instanceof RangeError ? 'it is nested too deeply' : shortened(message)}`,
      nextStep: 'Correct the file, or tell the author of the program that wrote it',
      cause: error,
    });
  }
}

/** Big integers are rare, and reading every integer as one is slow. */
function parseIntegers(text: string): TomlTable {
  try {
    return parse(text) as TomlTable;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('losslessly')) throw error;
    return withSafeNumbers(parse(text, { bigint: true })) as TomlTable;
  }
}

function withSafeNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(withSafeNumbers);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const table = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value)) table[key] = withSafeNumbers(member);
  return table;
}

/** The parser lists everything that could have stood there. */
function shortened(message: string): string {
  const found = /^Expected .* but (.+) found\.$/su.exec(message)?.[1];
  return found === undefined ? message.replace(/\.$/, '') : `${found} is not expected here`;
}

/** Reads and parses a TOML file; undefined when it does not exist. Throws `TOML_INVALID`. */
export function readTomlFile(path: string): TomlTable | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseToml(text, path);
}

/** Writes a table as TOML 1.0; undefined members are left out. */
export function formatToml(table: object): string {
  return `${stringify(table)}\n`;
}
