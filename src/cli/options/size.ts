import { usageError } from '../usage-error.ts';

const POWERS: readonly string[] = ['', 'k', 'm', 'g', 't'];

/** Bytes of a size such as `500MB`, `10GB`, `2GiB` or `1024`: powers of 1000, with `i` or the letter alone of 1024. Throws `USAGE`. */
export function parseSize(flag: string, text: string): number {
  const [, number, letter = '', binary, unit] = /^(\d+(?:\.\d+)?) ?([kmgt]?)(i?)(b?)$/i.exec(text) ?? [];
  if (number === undefined || (letter === '' && binary === 'i')) throw usageError(`Cannot read ${flag} "${text}": want a size such as 500MB or 10GB`);
  const base = binary === '' && unit !== '' ? 1000 : 1024;
  return Math.round(Number(number) * base ** POWERS.indexOf(letter.toLowerCase()));
}
