import { TspackError } from '../index.ts';

/** The command line does not say what to do. Ends with exit code 3. */
export function usageError(message: string, nextStep?: string): TspackError<'USAGE'> {
  return new TspackError({ code: 'USAGE', message, nextStep });
}
