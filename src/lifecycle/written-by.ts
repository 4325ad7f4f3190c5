import { SpecFileError, formatBuildpackReference } from '../cnb/index.ts';
import type { BuildpackReference } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';

/**
 * Reads what a buildpack wrote; what is wrong with it is for the buildpack's authors. A file that is not even TOML is as
 * wrong as one with wrong members, and ends with the same exit code.
 */
export function writtenBy<Result>({ id, version }: BuildpackReference, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    // Who knows better what to do has said so; what the TOML reader says is for users who write TOML.
    if (error.nextStep !== undefined && error.code !== 'TOML_INVALID') throw error;
    const nextStep = `Tell the author of buildpack ${formatBuildpackReference({ id, version })}, which wrote it`;
    if (error instanceof SpecFileError) throw new SpecFileError(error.file, error.problems, nextStep);
    const { code, message } = error as TspackError;
    throw new TspackError({ code: code === 'TOML_INVALID' ? 'SPEC_FILE_INVALID' : code, message, nextStep, cause: error });
  }
}
