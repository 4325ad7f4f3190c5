import { nearestNames } from '../foundation/index.ts';
import type { Fields } from './fields.ts';

/** Reports every key of a table that a file of our user's own must not have: most are typing errors. */
export function refuseOtherKeys(fields: Fields, known: readonly string[]): void {
  for (const key of fields.keys()) {
    if (known.includes(key)) continue;
    const near = nearestNames(key, known, 1);
    fields.problem(key, near.length === 0 ? `is not known, want one of ${known.join(', ')}` : `is not known, did you mean ${near.join(' or ')}?`);
  }
}
