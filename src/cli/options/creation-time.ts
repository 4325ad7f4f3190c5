import { usageError } from '../usage-error.ts';

/** `--creation-time`: `now` or seconds since 1970. Which times an image can have, the library says. Throws `USAGE`. */
export function parseCreationTime(text: string, now: () => Date): number {
  if (text === 'now') return Math.floor(now().getTime() / 1000);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError(`Cannot read --creation-time "${text}": want now, or seconds since 1970`, 'Write for example --creation-time 1641013200');
}
