import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { webDirectoryInvalid, webDirectoryMissing } from './errors.ts';

/** The folder that nginx serves, relative to the application (`.` for all of it), and what decided it. */
export interface WebDirectory {
  readonly path: string;
  readonly reason: string;
}

/** Where frameworks put what the web may see, the most usual first. */
const USUAL = ['public', 'web', 'htdocs', 'webroot', 'www', '.'];

/** The folder to serve; undefined when nothing looks like one. Throws `PHP_WEB_DIR_INVALID`. */
export function findWebDirectory(applicationDirectory: string, env: Readonly<Record<string, string>>): WebDirectory | undefined {
  const asked = env['BP_PHP_WEB_DIR'];
  if (asked !== undefined && asked !== '') {
    const path = relative(applicationDirectory, resolve(applicationDirectory, asked)) || '.';
    if (path.startsWith('..')) throw webDirectoryInvalid(asked, 'it is outside of the application');
    if (statSync(join(applicationDirectory, path), { throwIfNoEntry: false })?.isDirectory() !== true)
      throw webDirectoryInvalid(asked, 'there is no such folder');
    return { path, reason: 'BP_PHP_WEB_DIR' };
  }
  const found = USUAL.find((path) => existsSync(join(applicationDirectory, path, 'index.php')));
  return found === undefined ? undefined : { path: found, reason: 'it holds index.php' };
}

/** As {@link findWebDirectory}. Throws `PHP_WEB_DIR_MISSING` too. */
export function requireWebDirectory(applicationDirectory: string, env: Readonly<Record<string, string>>): WebDirectory {
  const found = findWebDirectory(applicationDirectory, env);
  if (found === undefined) throw webDirectoryMissing(USUAL);
  return found;
}
