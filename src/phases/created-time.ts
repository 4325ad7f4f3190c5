import { NORMALIZED_TIME } from '../lifecycle/index.ts';
import type { PhaseLog } from './phase-log.ts';

/** When the image says that it was made: `SOURCE_DATE_EPOCH` in seconds, else a constant (CNB.md C151). */
export function createdTime(epoch: string | undefined, log: PhaseLog): string {
  if (epoch === undefined || epoch === '') return NORMALIZED_TIME;
  const time = /^-?\d{1,13}$/.test(epoch) ? new Date(Number(epoch) * 1000) : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time.toISOString().replace('.000Z', 'Z');
  log.warn('Ignoring invalid SOURCE_DATE_EPOCH');
  return NORMALIZED_TIME;
}
