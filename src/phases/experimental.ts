import { EXIT, PhaseError } from './phase-error.ts';
import type { PhaseLog } from './phase-log.ts';

/**
 * Lets an experimental feature through when `CNB_EXPERIMENTAL_MODE` says so (platform.md#experimental-features, CNB.md
 * C006): `warn` tells, `silent` or the reference's `quiet` does not; unset, empty and `error` refuse with exit code 1.
 */
export function guardExperimental(feature: string, mode: string | undefined, log: PhaseLog): void {
  if (mode === 'silent' || mode === 'quiet') return;
  if (mode === undefined || mode === '' || mode === 'error') {
    throw new PhaseError(EXIT.failure, `Cannot use the experimental feature "${feature}"`, 'Set CNB_EXPERIMENTAL_MODE=warn to use it');
  }
  log.warn(`The platform uses the experimental feature "${feature}"`);
}
