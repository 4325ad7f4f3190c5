import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { TspackError, hasSystemCode, makeDirectory, writeFileAtomic } from '../foundation/index.ts';
import { ingestDirectory } from '../oci/index.ts';
import { isOwnerAlive, ownTag } from './process-identity.ts';

/** Version of the layout of the data folder. */
const FORMAT = 1;

/** Where tspack keeps its data (DESIGN.md §5). Deleting `cache` loses only time. */
export interface Home {
  readonly directory: string;
  readonly store: string;
  readonly cache: string;
  readonly work: string;
  readonly locks: string;
}

/**
 * The data folder: `TSPACK_HOME`, else `$XDG_DATA_HOME/tspack`, else `~/.local/share/tspack`, else a folder of this
 * user in the temporary directory.
 */
export function homeDirectory(env: Readonly<Record<string, string | undefined>>, temporaryDirectory: string, uid: number): string {
  if (env.TSPACK_HOME) return env.TSPACK_HOME;
  if (env.XDG_DATA_HOME) return join(env.XDG_DATA_HOME, 'tspack');
  if (env.HOME && env.HOME !== '/' && existsSync(env.HOME)) return join(env.HOME, '.local', 'share', 'tspack');
  return join(temporaryDirectory, `tspack-${uid}`);
}

/** Opens or makes the data folder. Throws `HOME_NEWER` and `HOME_UNWRITABLE`. */
export function openHome(directory: string): Home {
  const version = join(directory, 'version');
  try {
    if (existsSync(version)) {
      const found = Number(readFileSync(version, 'utf8'));
      if (found !== FORMAT) {
        throw new TspackError({
          code: 'HOME_NEWER',
          message: `Cannot use ${directory}: its format is ${found}, this tspack knows ${FORMAT}`,
          nextStep: 'Use the tspack that made it, or set TSPACK_HOME to another folder',
        });
      }
      accessSync(directory, constants.W_OK);
    } else {
      makeDirectory(directory);
      writeFileAtomic(version, `${FORMAT}\n`);
    }
  } catch (error) {
    if (!hasSystemCode(error, 'EACCES', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS')) throw error;
    throw unwritable(directory, error);
  }
  const at = (name: string) => join(directory, name);
  return { directory, store: at('store'), cache: at('cache'), work: at('work'), locks: at('locks') };
}

function unwritable(directory: string, error: NodeJS.ErrnoException): TspackError {
  return new TspackError({
    code: 'HOME_UNWRITABLE',
    message: `Cannot keep data in ${directory}: ${error.message}`,
    nextStep: 'Set TSPACK_HOME to a folder that you may write to',
    cause: error,
  });
}

/** A folder for one build; its name says whose it is, so that what a killed build leaves behind can be recognised. */
export function createWorkDirectory(home: Home): string {
  const directory = join(home.work, `${ownTag()}-${randomBytes(6).toString('hex')}`);
  makeDirectory(directory, 0o700);
  return directory;
}

/** Work folders and unfinished blobs whose process is no longer running. */
export function abandonedWork(home: Home): readonly string[] {
  return [home.work, ingestDirectory(home.store)]
    .filter((directory) => existsSync(directory))
    .flatMap((directory) =>
      readdirSync(directory)
        .filter((name) => isOwnerAlive(name) === false)
        .map((name) => join(directory, name)),
    );
}
