import { readFileSync } from 'node:fs';
import { SpecFileError } from '../../cnb/index.ts';
import { TspackError, hasSystemCode } from '../../foundation/index.ts';

/** Reads the file that `--config` names. Throws `CONFIG_NOT_FOUND`, `CONFIG_INVALID`. */
export function readConfig<Config>(file: string, parse: (text: string, file: string) => Config): Config {
  try {
    return parse(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof SpecFileError || (error instanceof TspackError && error.code === 'TOML_INVALID')) {
      throw new TspackError({ code: 'CONFIG_INVALID', message: error.message, nextStep: `Correct ${file}`, cause: error });
    }
    if (!hasSystemCode(error, 'ENOENT', 'EISDIR', 'ENOTDIR', 'EACCES')) throw error;
    throw new TspackError({
      code: 'CONFIG_NOT_FOUND',
      message: `Cannot read ${file}: ${error.code ?? ''}`,
      nextStep: 'Name a file that can be read with --config',
    });
  }
}
