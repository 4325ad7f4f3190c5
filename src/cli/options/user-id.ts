import { usageError } from '../usage-error.ts';

/** `--uid` and `--gid`. Which numbers a build can have, the library says. Throws `USAGE`. */
export function parseUserId(option: '--uid' | '--gid', text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError(`Cannot read ${option} "${text}": want a number`, `Write for example ${option} 1000`);
}
