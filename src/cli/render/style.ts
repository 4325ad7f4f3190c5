/** The few colours we use; each is a function that does nothing when colour is off. */
export interface Style {
  readonly color: boolean;
  header(text: string): string;
  warning(text: string): string;
  error(text: string): string;
  tip(text: string): string;
  faint(text: string): string;
  bold(text: string): string;
}

export function createStyle(color: boolean): Style {
  const paint = (code: string) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { color, header: paint('36'), warning: paint('33;1'), error: paint('31;1'), tip: paint('32;1'), faint: paint('2'), bold: paint('1') };
}

/**
 * Whether to use colour: a flag says so, else `NO_COLOR` (any value but the empty one) switches it off, `FORCE_COLOR` (any
 * value but `0`, `false` and the empty one) switches it on, else a terminal decides that is not called `dumb`.
 */
export function wantsColor(flag: boolean | undefined, environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (flag !== undefined) return flag;
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const forced = environment['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0' && forced !== 'false';
  return isTerminal && environment['TERM'] !== 'dumb';
}
