import { formatBuildpackReference } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import type { BuildpackReference } from '../cnb/index.ts';
import type { ProcessExit } from '../executor/index.ts';

/** What an executable of a module did instead of ending well. */
export interface ExecutableFailure {
  /** `bin/build`, and `buildpack` or `extension`. */
  readonly executable: string;
  readonly kind: string;
  /** What the phase was about to do: `build`. */
  readonly verb: string;
  readonly module: BuildpackReference;
  /** How it ended, or why nothing started. */
  readonly outcome: ProcessExit | TspackError;
}

/** Message, next step and cause for an executable that failed or could not even be started. */
export function describeFailure({ executable, kind, verb, module, outcome }: ExecutableFailure): {
  readonly message: string;
  readonly nextStep: string | undefined;
  readonly cause?: TspackError;
} {
  const name = `${executable} of ${kind} ${formatBuildpackReference(module)}`;
  if (outcome instanceof TspackError) {
    return { message: `Cannot ${verb} with ${name}: ${outcome.message}`, nextStep: outcome.nextStep, cause: outcome };
  }
  const how = outcome.code === undefined ? `was ended by ${outcome.signal ?? 'a signal'}` : `exited with ${outcome.code}`;
  return { message: `Cannot ${verb}: ${name} ${how}`, nextStep: `Read the output of the ${kind}, it says what is missing` };
}

/** undefined when a signal ended it, or nothing started. */
export function exitCodeOf(outcome: ProcessExit | TspackError): number | undefined {
  return outcome instanceof TspackError ? undefined : outcome.code;
}
