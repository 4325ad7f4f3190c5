import { TspackError, type ProcfileLine } from '../../../src/sdk/index.ts';

export function shellMissing({ type, command, line }: ProcfileLine): TspackError {
  return new TspackError({
    code: 'PROCFILE_NEEDS_SHELL',
    message: `Cannot start "${type}" of Procfile:${line}: "${command}" needs a shell, and the run image has none`,
    nextStep: 'Write one program with plain words, without variables, redirections and "&&", or use a builder whose run image has a shell, such as "base".',
  });
}
