import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compileGlobs } from '../foundation/index.ts';

/** What of an application directory a build has used up. */
export interface LeftOutFiles {
  /** Whether the image can do without a file; `path` is relative, `siblings` are the names in its folder. */
  readonly usedUp: (path: string, name: string, siblings: readonly string[]) => boolean;
  /** Whether it can do without all that is in a folder. */
  readonly usedUpFolder: (path: string, name: string) => boolean;
  /** With globs (`assets`, `assets/*.html`, `**`), only what one of them matches is left, whatever has been used up. */
  readonly keep: readonly string[] | undefined;
}

/** Reads `BP_KEEP_FILES`, globs separated by colons; undefined when it is not set. */
export function readKeepFiles(env: Readonly<Record<string, string>>): readonly string[] | undefined {
  return env['BP_KEEP_FILES']?.split(':').filter((glob) => glob !== '');
}

/** Takes out of the application directory what the build has used up, and folders that are empty then. Returns the number of files removed and left. */
export function leaveOutFiles(applicationDirectory: string, { usedUp, usedUpFolder, keep }: LeftOutFiles): { readonly removed: number; readonly left: number } {
  const kept = compileGlobs(keep?.flatMap((glob) => [glob.replace(/\/$/, ''), `${glob.replace(/\/$/, '')}/**`]));
  const count = { removed: 0, left: 0 };
  const visit = (folder: string) => {
    const entries = readdirSync(join(applicationDirectory, folder), { withFileTypes: true });
    const siblings = entries.map(({ name }) => name);
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const absolute = join(applicationDirectory, path);
      if (entry.isDirectory()) {
        if (keep === undefined && usedUpFolder(path, entry.name)) rmSync(absolute, { recursive: true });
        else visit(path);
      } else if (keep === undefined ? usedUp(path, entry.name, siblings) : kept?.test(path) !== true) {
        rmSync(absolute);
        count.removed += 1;
      } else count.left += 1;
    }
    // A folder that was empty before stays: a program may want to write there.
    if (folder !== '' && entries.length > 0 && readdirSync(join(applicationDirectory, folder)).length === 0) rmdirSync(join(applicationDirectory, folder));
  };
  visit('');
  return count;
}
