import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode, removeTree } from '../foundation/index.ts';
import { isWithin } from './layout.ts';

/**
 * Takes folders at fixed places for one build: they must be there, writable and empty, and are emptied when it ends. Throws
 * `INLINE_UNABLE`.
 *
 * @param source folder of the application, which must not be in one of them
 */
export function claimFolders(folders: readonly string[], source: string): Disposable {
  for (const folder of folders) {
    if (isWithin(source, folder)) {
      throw unable(
        `the application is in ${folder}, where the build puts its copy`,
        'Name with --path where the application is mounted, or write --workspace /app and mount a volume there',
      );
    }
    const problem = problemOf(folder);
    if (problem !== undefined) throw unable(`${folder} ${problem}`, `Mount an empty volume at ${folder} that uid ${process.getuid?.() ?? 0} can write to`);
  }
  return {
    [Symbol.dispose]() {
      for (const folder of folders) for (const name of readdirSync(folder)) removeTree(join(folder, name));
    },
  };
}

function problemOf(folder: string): string | undefined {
  try {
    const isEmpty = readdirSync(folder).length === 0;
    accessSync(folder, constants.W_OK | constants.X_OK);
    return isEmpty ? undefined : 'is not empty';
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return 'is not there';
    if (hasSystemCode(error, 'ENOTDIR')) return 'is not a folder';
    if (hasSystemCode(error, 'EACCES', 'EPERM', 'EROFS')) return `cannot be written to (${error.code})`;
    throw error;
  }
}

function unable(why: string, nextStep: string): TspackError {
  return new TspackError({ code: 'INLINE_UNABLE', message: `Cannot build in this container: ${why}`, nextStep });
}
