const POWERS: readonly string[] = ['', 'k', 'm', 'g', 't'];

/** Bytes of a size such as `500MB`, `10GB`, `2GiB` or `1024`: powers of 1000, with `i` or the letter alone of 1024. undefined: it is none. */
export function parseByteSize(text: string): number | undefined {
  const [, number, letter = '', binary, unit] = /^(\d+(?:\.\d+)?) ?([kmgt]?)(i?)(b?)$/i.exec(text) ?? [];
  if (number === undefined || (letter === '' && binary === 'i')) return undefined;
  const base = binary === '' && unit !== '' ? 1000 : 1024;
  return Math.round(Number(number) * base ** POWERS.indexOf(letter.toLowerCase()));
}
