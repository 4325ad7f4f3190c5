import { TspackError } from '../foundation/index.ts';

/** Whether a sandbox could not start the program, which is then at fault, and not the sandbox. */
export function notStarted(error: unknown): error is TspackError {
  return error instanceof TspackError && error.code === 'PROGRAM_NOT_STARTED';
}
