/** The version of docs/log-format.md. It grows when a member changes its meaning or goes, not when one is added. */
export const LOG_SCHEMA = 1;

/** What JSON lets through, and terminals take for more than text. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** One line of `--log-format json`: when, what, and the members of that type (docs/log-format.md). */
export function jsonLine(time: Date, type: string, members: object): string {
  const whole = (key: string, value: unknown) => (key === 'milliseconds' && typeof value === 'number' ? Math.round(value) : value);
  const json = JSON.stringify({ time: time.toISOString(), type, ...members }, whole);
  return `${json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
