import { redact } from './redact.ts';

/** What a {@link TspackError} is made of. */
export interface TspackErrorOptions<Code extends string = string> {
  /** A stable code, listed in `docs/errors.md`. */
  readonly code: Code;
  /** Sentence case, no final period; states the action, quotes values, says what is wanted. */
  readonly message: string;
  /** One imperative sentence: what the user can do now. */
  readonly nextStep?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error that the user can do something about. Everything else that is thrown is a bug of ours.
 *
 * Message and next step are redacted at construction, so that no secret reaches a terminal or a log.
 */
export class TspackError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly nextStep?: string;

  constructor(options: TspackErrorOptions<Code>) {
    super(redact(options.message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    if (options.nextStep !== undefined) this.nextStep = redact(options.nextStep);
  }
}

/** What `run` returns; an error for the user becomes another one, which says more of where it happened. */
export function rewordErrors<Value>(run: () => Value, reword: (error: TspackError) => TspackError): Value {
  try {
    return run();
  } catch (error) {
    throw error instanceof TspackError ? reword(error as TspackError) : error;
  }
}

/** Whether `error` carries this Node system error code, such as `ENOENT`. */
export function hasSystemCode(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && codes.includes(String((error as NodeJS.ErrnoException).code));
}
