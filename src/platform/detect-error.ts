import { TspackError } from '../foundation/index.ts';
import type { DetectRun } from '../lifecycle/index.ts';

/** What one buildpack said when it was asked. */
export interface DetectExplanation {
  readonly buildpack: string;
  readonly version: string;
  readonly verdict: DetectRun['verdict'];
  /** What it printed: what it looked for and saw. */
  readonly output: string;
  readonly reason?: string;
}

/**
 * No group of buildpacks fits: code `DETECT_NONE` (exit code 20), or `DETECT_ERRORED` (21) when one of them failed
 * with an error. Carries what each one looked for and saw.
 */
export class DetectError extends TspackError<'DETECT_NONE' | 'DETECT_ERRORED'> {
  readonly explanations: readonly DetectExplanation[];

  constructor(options: { readonly errored: boolean; readonly explanations: readonly DetectExplanation[]; readonly path: string; readonly nextStep: string }) {
    super({
      code: options.errored ? 'DETECT_ERRORED' : 'DETECT_NONE',
      message: options.errored
        ? `Cannot choose buildpacks for "${options.path}": one of them failed`
        : `No buildpack fits the application in "${options.path}"`,
      nextStep: options.nextStep,
    });
    this.explanations = options.explanations;
  }
}
