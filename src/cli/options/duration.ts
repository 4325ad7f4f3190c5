import { usageError } from '../usage-error.ts';

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds of a time such as `48h`, `1d12h` or `90m`; `flag` is for the message. Throws `USAGE`. */
export function parseDuration(flag: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (text === '0') return 0;
  if (text === '' || parts.map(([all]) => all).join('') !== text) {
    throw usageError(`Cannot read ${flag} "${text}": want a time such as 48h, 7d or 1d12h`);
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (MILLISECONDS[unit ?? ''] ?? 0), 0);
}
