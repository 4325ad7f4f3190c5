import { NORMALIZED_TIME } from '../lifecycle/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildEvent } from './events.ts';

/** When the image says that it was made: a constant, or `SOURCE_DATE_EPOCH` (CNB.md C151). A value that cannot be read is ignored with a warning. */
export function createdTime(sourceDateEpoch: string | undefined, events: EventSink<BuildEvent>): string {
  if (sourceDateEpoch === undefined || sourceDateEpoch === '') return NORMALIZED_TIME;
  const seconds = Number(sourceDateEpoch);
  if (/^\d+$/.test(sourceDateEpoch) && seconds <= 253_402_300_799) return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  events({ kind: 'message', level: 'warning', message: `Ignoring SOURCE_DATE_EPOCH="${sourceDateEpoch}": want seconds since 1970` });
  return NORMALIZED_TIME;
}
