import { TspackError } from '../../foundation/index.ts';

const MAX_KEPT_BYTES = 1024;

/** Passes output on and keeps its beginning, which tells whether there was a program at all. */
export class ObservedOutput {
  readonly write: (chunk: Uint8Array) => void;
  #kept = Buffer.alloc(0);
  #bytes = 0;

  constructor(sink: ((chunk: Uint8Array) => void) | undefined) {
    this.write = (chunk) => {
      this.#bytes += chunk.length;
      if (this.#kept.length < MAX_KEPT_BYTES) this.#kept = Buffer.concat([this.#kept, chunk.subarray(0, MAX_KEPT_BYTES - this.#kept.length)]);
      sink?.(chunk);
    };
  }

  /** What `env` or the daemon's first process says of a program that it could not start, when it is all that was said. */
  missingProgram(program: string): string | undefined {
    if (this.#bytes > MAX_KEPT_BYTES) return undefined;
    const said = this.#kept.toString();
    const reason = /^(?:\S*env: .*|\[FATAL tini \(\d+\)\] exec .* failed|ERROR \(catatonit:\d+\): failed to exec pid1): ([^:\n]*)\n/u.exec(said)?.[1];
    return reason !== undefined && (said.includes(program) || said.includes('pid1')) ? reason : undefined;
  }
}

/** The exit codes of a program that could not be started, as `env` and shells give them. */
const NOT_STARTED: readonly number[] = [126, 127];

/** Throws `PROGRAM_NOT_STARTED` when nothing ran. */
export function checkStarted(code: number, output: ObservedOutput, program: string): void {
  const reason = NOT_STARTED.includes(code) ? output.missingProgram(program) : undefined;
  if (reason === undefined) return;
  throw new TspackError({
    code: 'PROGRAM_NOT_STARTED',
    message: `Cannot start '${program}' in the sandbox: ${reason.toLowerCase()}`,
    nextStep: 'Check that the program exists there, is executable, and that the interpreter in its first line exists.',
  });
}

/** A refusal of the daemon as one of the sandbox. */
export function startError(error: unknown): unknown {
  if (!(error instanceof TspackError) || (error.code !== 'DAEMON_REFUSED' && error.code !== 'DAEMON_IMAGE_NOT_FOUND')) return error;
  const elsewhere = /does not exist|no such file|statfs|not shared/iu.test(error.message);
  return new TspackError({
    code: 'SANDBOX_FAILED',
    message: `Cannot start a container to build in: ${error.message}`,
    nextStep: elsewhere ? 'Use a Docker or Podman on this machine, which sees the same folders' : "Run 'tspack doctor' to see what this machine offers.",
    cause: error,
  });
}
