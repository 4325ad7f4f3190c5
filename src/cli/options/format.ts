import { usageError } from '../usage-error.ts';

export type ResultFormat = 'human-readable' | 'json';

/** The `--output` of commands that describe something. Throws `USAGE`. */
export function parseFormat(text: string): ResultFormat {
  if (text === 'human-readable' || text === 'json') return text;
  throw usageError(`Cannot show the result as "${text}": want human-readable or json`);
}

/** The `--format` of verbs that docker has, too: a table, or JSON. Throws `USAGE`. */
export function parseTableFormat(text: string): 'table' | 'json' {
  if (text === 'table' || text === 'json') return text;
  throw usageError(`Cannot show the result as "${text}": want table or json`);
}

/** The `--format` of what is told in sentences: text, or JSON. Throws `USAGE`. */
export function parseTextFormat(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text;
  throw usageError(`Cannot show the result as "${text}": want text or json`);
}
