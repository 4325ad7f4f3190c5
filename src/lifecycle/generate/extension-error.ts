import { formatBuildpackReference } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { describeFailure, exitCodeOf } from '../executable-failure.ts';
import type { BuildpackReference } from '../../cnb/index.ts';
import type { ProcessExit } from '../../executor/index.ts';

/** A bin/generate that failed, or could not even be started (exit code 91; its own exit code is not passed on). */
export class ExtensionError extends TspackError<'EXTENSION_FAILED'> {
  readonly extension: BuildpackReference;
  /** undefined when a signal ended it, or nothing started. */
  readonly exitCode: number | undefined;

  constructor(extension: BuildpackReference, outcome: ProcessExit | TspackError) {
    super({ code: 'EXTENSION_FAILED', ...describeFailure({ executable: 'bin/generate', kind: 'extension', verb: 'generate', module: extension, outcome }) });
    this.extension = extension;
    this.exitCode = exitCodeOf(outcome);
  }
}

/** What an extension wrote cannot be used (exit code 92). */
export function extensionOutputInvalid(extension: BuildpackReference, problem: string, cause?: unknown): TspackError<'EXTENSION_OUTPUT_INVALID'> {
  return new TspackError({
    code: 'EXTENSION_OUTPUT_INVALID',
    message: `Cannot use what extension ${formatBuildpackReference(extension)} generated: ${problem}`,
    nextStep: `Tell the author of extension ${formatBuildpackReference(extension)}, which wrote it`,
    cause,
  });
}
