import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { relative as relativePath } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import { compileFilter } from './source-filter.ts';
import type { Stats } from 'node:fs';
import type { SourceFilter } from './source-filter.ts';

export interface StagedSource {
  readonly files: number;
  readonly sizeBytes: number;
}

/** A file from this size on is copied in the background, so that signals are heard meanwhile. */
const LARGE_BYTES = 16 * 1024 * 1024;
const BREATH_MILLISECONDS = 50;

/**
 * Copies a source folder to `target`, an empty or missing folder. Modes become 0755 or 0644 by the owner's x bit,
 * as git keeps them, so that the umask of a checkout does not reach the image; times are kept, because incremental
 * compilers read them. Sockets, pipes and devices are left out. Names are bytes and stay what they are.
 *
 * Throws `SOURCE_NOT_FOUND`, `SOURCE_NOT_DIRECTORY`, `SOURCE_UNREADABLE`, and the reason of `signal`.
 */
export async function stageSource(source: string, target: string, filter: SourceFilter = {}, signal?: AbortSignal): Promise<StagedSource> {
  requireSourceFolder(source);
  const { takes, mayTakeBelow } = compileFilter(filter);
  // A volume that is there may belong to somebody else.
  const isOurs = mkdirSync(target, { recursive: true }) !== undefined;
  const without = pathsWithin(source, [target, ...(filter.without ?? [])]);
  const breathe = breather(signal);
  let files = 0;
  let sizeBytes = 0;

  /** A folder that is not taken itself is made when something below it is. */
  async function copyFolder(from: Buffer, to: Buffer, relative: string, isTaken: boolean): Promise<void> {
    if (isTaken) mkdirSync(to, { recursive: true });
    for (const entry of readdirSync(from, { withFileTypes: true, encoding: 'buffer' })) {
      await breathe();
      const name = Buffer.from(entry.name).toString('utf8');
      const path = relative === '' ? name : `${relative}/${name}`;
      const taken = takes(path, entry.isDirectory());
      if ((!taken && !(entry.isDirectory() && mayTakeBelow(path))) || without.includes(path)) continue;
      const [child, copy] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isDirectory()) {
        await copyFolder(child, copy, path, taken);
        continue;
      }
      if (!isTaken) mkdirSync(to, { recursive: true });
      if (entry.isSymbolicLink()) symlinkSync(readlinkSync(child, { encoding: 'buffer' }), copy);
      else if (entry.isFile()) {
        const file = lstatSync(child);
        if (file.size < LARGE_BYTES) copyFileSync(child, copy, constants.COPYFILE_FICLONE);
        else await copyFile(child, copy, constants.COPYFILE_FICLONE);
        chmodSync(copy, (file.mode & 0o100) === 0 ? 0o644 : 0o755);
        utimesSync(copy, file.atime, file.mtime);
        files += 1;
        sizeBytes += file.size;
      }
    }
    if (relative === '' ? isOurs : existsSync(to)) chmodSync(to, 0o755);
  }

  try {
    await copyFolder(Buffer.from(source), Buffer.from(target), '', true);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'ENAMETOOLONG') {
      throw new TspackError({
        code: 'SOURCE_UNREADABLE',
        message: `Cannot copy "${source}": it holds a path that is too long for this system (${code})`,
        nextStep: 'Leave the deepest folders out of the source folder, or let TSPACK_HOME name a folder with a shorter path',
        cause: error,
      });
    }
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new TspackError({
      code: 'SOURCE_UNREADABLE',
      message: `Cannot read ${path ?? source}: ${code}`,
      nextStep: 'Make it readable, or leave it out of the source folder',
      cause: error,
    });
  }
  return { files, sizeBytes };
}

/** Throws `SOURCE_NOT_FOUND` and `SOURCE_NOT_DIRECTORY`. */
export function requireSourceFolder(source: string): void {
  const stat = statOf(source);
  if (stat?.isDirectory() === true) return;
  throw new TspackError(
    stat === undefined
      ? {
          code: 'SOURCE_NOT_FOUND',
          message: `Cannot build "${source}": there is no such folder or archive`,
          nextStep: 'Name the folder of the application with --path',
        }
      : {
          code: 'SOURCE_NOT_DIRECTORY',
          message: `Cannot build "${source}": it is neither a folder nor a file`,
          nextStep: 'Name the folder that holds the application with --path',
        },
  );
}

/** Copying file after file without a pause would not hear Ctrl-C; a pause after each would be slow. */
function breather(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH_MILLISECONDS) return;
    await setImmediate();
    signal?.throwIfAborted();
    last = performance.now();
  };
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** Paths below `source`, in its own terms, of folders that may lie in it. */
function pathsWithin(source: string, folders: readonly string[]): readonly string[] {
  const root = realpathSync(source);
  return folders.filter((folder) => existsSync(folder)).map((folder) => relativePath(root, realpathSync(folder)));
}

function join(folder: Buffer, name: Uint8Array): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name]);
}
