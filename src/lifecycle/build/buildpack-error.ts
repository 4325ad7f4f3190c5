import { TspackError } from '../../foundation/index.ts';
import { describeFailure, exitCodeOf } from '../executable-failure.ts';
import type { BuildpackReference } from '../../cnb/index.ts';
import type { ProcessExit } from '../../executor/index.ts';

/** A bin/build that failed, or could not even be started (exit code 51; its own exit code is not passed on). */
export class BuildpackError extends TspackError<'BUILDPACK_FAILED'> {
  readonly buildpack: BuildpackReference;
  /** undefined when a signal ended it, or nothing started. */
  readonly exitCode: number | undefined;

  constructor(buildpack: BuildpackReference, outcome: ProcessExit | TspackError) {
    super({ code: 'BUILDPACK_FAILED', ...describeFailure({ executable: 'bin/build', kind: 'buildpack', verb: 'build', module: buildpack, outcome }) });
    this.buildpack = buildpack;
    this.exitCode = exitCodeOf(outcome);
  }
}
