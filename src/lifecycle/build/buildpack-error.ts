import { TspackError } from '../../foundation/index.ts';
import { formatBuildpackReference } from '../../cnb/index.ts';
import type { BuildpackReference } from '../../cnb/index.ts';
import type { ProcessExit } from '../../executor/index.ts';

/** A bin/build that failed (exit code 51; its own exit code is not passed on). */
export class BuildpackError extends TspackError<'BUILDPACK_FAILED'> {
  readonly buildpack: BuildpackReference;
  /** undefined when a signal ended it. */
  readonly exitCode: number | undefined;

  constructor(buildpack: BuildpackReference, exit: ProcessExit) {
    const how = exit.code === undefined ? `was ended by ${exit.signal ?? 'a signal'}` : `exited with ${exit.code}`;
    super({
      code: 'BUILDPACK_FAILED',
      message: `Cannot build: bin/build of buildpack ${formatBuildpackReference(buildpack)} ${how}`,
      nextStep: 'Read the output of the buildpack above, it says what is missing',
    });
    this.buildpack = buildpack;
    this.exitCode = exit.code;
  }
}
