import { count } from './measure.ts';

const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** How long ago a time was, as docker says it: `3 hours ago`; `-` for none. */
export function formatAgo(time: string | undefined, now: Date): string {
  const seconds = time === undefined ? Number.NaN : (now.getTime() - Date.parse(time)) / 1000;
  if (Number.isNaN(seconds)) return '-';
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ['second', 1];
  return seconds < 1 ? 'now' : `${count(Math.floor(seconds / length), unit)} ago`;
}
