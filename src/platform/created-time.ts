import { NORMALIZED_TIME } from '../lifecycle/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildEvent } from './events.ts';

/**
 * When the image says that it was made: what the user asks for in seconds, else `SOURCE_DATE_EPOCH`, else a constant
 * (CNB.md C151). A variable that cannot be read is ignored with a warning.
 */
export function createdTime(asked: number | undefined, sourceDateEpoch: string | undefined, events: EventSink<BuildEvent>): string {
  if (asked !== undefined) return formatSeconds(asked);
  if (sourceDateEpoch === undefined || sourceDateEpoch === '') return NORMALIZED_TIME;
  const seconds = Number(sourceDateEpoch);
  if (/^\d+$/.test(sourceDateEpoch) && seconds <= 253_402_300_799) return formatSeconds(seconds);
  events({ kind: 'message', level: 'warning', message: `Ignoring SOURCE_DATE_EPOCH="${sourceDateEpoch}": want seconds since 1970` });
  return NORMALIZED_TIME;
}

/** RFC 3339, without the milliseconds that a Unix time does not have. */
function formatSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
