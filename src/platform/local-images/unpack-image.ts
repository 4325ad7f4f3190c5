import { existsSync, readdirSync, renameSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, makeDirectory, removeTree, temporaryBeside } from '../../foundation/index.ts';
import { unpackImage } from '../../oci/index.ts';
import type { Image } from '../../oci/index.ts';
import type { Task } from '../api.ts';

/**
 * Writes the files of an image into a folder that is new or empty; it appears whole or not at all. Whiteouts are obeyed,
 * everything belongs to the caller, setuid bits and special files are left out. Throws `UNPACK_TARGET_USED`.
 */
export async function unpackInto(image: Image, directory: string, task: Task): Promise<void> {
  requireEmpty(directory);
  const temporary = temporaryBeside(directory);
  makeDirectory(temporary);
  try {
    const { events, signal } = task;
    const rootfs = await unpackImage({
      image,
      cacheDirectory: temporary,
      workDirectory: temporary,
      events: ({ layer, layers }) => events({ kind: 'message', level: 'debug', message: `Unpacking layer ${layer} of ${layers}` }),
      signal,
    });
    if (existsSync(directory)) rmdirSync(directory);
    renameSync(rootfs, directory);
  } finally {
    // The layers' folders share their files with the result by hard links; these are the only ones left then.
    removeTree(temporary);
  }
}

function requireEmpty(directory: string): void {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) return makeDirectory(join(directory, '..'));
  const problem = !stat.isDirectory() ? 'it is not a folder' : readdirSync(directory).length > 0 ? 'it is not empty' : undefined;
  if (problem === undefined) return;
  throw new TspackError({ code: 'UNPACK_TARGET_USED', message: `Cannot unpack into ${directory}: ${problem}`, nextStep: 'Name a new or an empty folder' });
}
