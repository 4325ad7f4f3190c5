import { usageError } from '../usage-error.ts';

export type ResultFormat = 'human-readable' | 'json';

/** The `--output` of commands that describe something. Throws `USAGE`. */
export function parseFormat(text: string): ResultFormat {
  if (text === 'human-readable' || text === 'json') return text;
  throw usageError(`Cannot show the result as "${text}": want human-readable or json`);
}
