import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasSystemCode, makeDirectory, markUsed, temporaryBeside } from '../foundation/index.ts';

/** A folder that a killed process left behind is removed when it has not changed for this long. */
const LEFT_OVER_MILLISECONDS = 3_600_000;

/**
 * The folder at `directory`, filled by `fill` when it is not there. It appears complete or not at all: `fill` works in
 * a temporary folder beside it, and when two processes fill it at once the later one throws its work away.
 */
export async function unpackOnce(directory: string, now: Date, fill: (temporary: string) => Promise<void>): Promise<string> {
  if (markUsed(directory)) return directory;
  makeDirectory(dirname(directory));
  removeLeftOvers(dirname(directory), now);
  const temporary = temporaryBeside(directory);
  try {
    mkdirSync(temporary);
    // mkdir is subject to the umask; the folder becomes the root of an image.
    chmodSync(temporary, 0o755);
    await fill(temporary);
    renameSync(temporary, directory);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (hasSystemCode(error, 'ENOTEMPTY', 'EEXIST') && existsSync(directory)) return directory;
    throw error;
  }
  return directory;
}

function removeLeftOvers(parent: string, now: Date): void {
  for (const name of readdirSync(parent)) {
    const process_ = /\.(\d+)-[0-9a-f]{12}\.tmp$/.exec(name)?.[1];
    if (process_ === undefined) continue;
    const path = join(parent, basename(name));
    // The age too, because another pid namespace may share this folder.
    const age = now.getTime() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now.getTime());
    if (age > LEFT_OVER_MILLISECONDS && !isAlive(Number(process_))) rmSync(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasSystemCode(error, 'ESRCH');
  }
}
