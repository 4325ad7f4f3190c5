import { TspackError } from '../foundation/index.ts';
import { PHASES } from './phase-names.ts';
import type { PhaseName } from './phase-names.ts';

/** Exit codes that are the same for every phase (CNB.md §0). */
export const EXIT = { success: 0, failure: 1, unknownFlag: 2, invalidArguments: 3 } as const;

/** An error with an exit code of its own. */
export class PhaseError extends TspackError<'PHASE_REFUSED'> {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, nextStep?: string, cause?: unknown) {
    super({ code: 'PHASE_REFUSED', message, nextStep, cause });
    this.exitCode = exitCode;
  }
}

export function invalidArguments(message: string, nextStep?: string): PhaseError {
  return new PhaseError(EXIT.invalidArguments, message, nextStep);
}

/** Errors that mean the same in every phase. */
const EXIT_CODES: Readonly<Record<string, number>> = {
  REGISTRY_AUTH_INVALID: EXIT.invalidArguments,
  PLATFORM_API_UNSUPPORTED: 11,
  BUILDPACK_API_UNSUPPORTED: 12,
  DETECT_NONE: 20,
  DETECT_ERRORED: 21,
  BUILDPACK_FAILED: 51,
  EXTENSION_FAILED: 91,
  EXTENSION_OUTPUT_INVALID: 92,
};

/** The exit code of a phase that failed (platform.md, each phase's table of exit codes). */
export function phaseExitCode(phase: PhaseName, error: unknown): number {
  if (error instanceof PhaseError) return error.exitCode;
  const known = error instanceof TspackError ? EXIT_CODES[error.code as string] : undefined;
  return known ?? PHASES[phase].failure;
}

/** Gives what a phase throws its exit code, when another phase runs it. */
export async function withExitCodeOf<Result>(phase: PhaseName, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof PhaseError) throw error;
    const nextStep = 'nextStep' in error && typeof error.nextStep === 'string' ? error.nextStep : undefined;
    throw new PhaseError(phaseExitCode(phase, error), error.message, nextStep, error);
  }
}
