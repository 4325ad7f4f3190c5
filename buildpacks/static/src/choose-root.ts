import { readdirSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { isFile, isFolder, type Require } from '../../../src/sdk/index.ts';
import { outsideOfApplication, rootMissing } from './errors.ts';
import type { Settings } from './settings.ts';

/** The folder that is served. */
export interface SiteRoot {
  /** Relative to the application, `.` for all of it. */
  readonly path: string;
  /** What another buildpack has built, so that everything around it is only its source. */
  readonly built: boolean;
  /** Whether the generator makes an application that routes in the browser, as far as known. */
  readonly pushState: boolean | undefined;
  /** Why this one, for the log. */
  readonly reason: string;
}

/** The setting, else what the build plan hands over, else `public` or the application itself where an index.html is. Throws `STATIC_ROOT_MISSING`, `STATIC_SETTING_INVALID`. */
export function chooseRoot(applicationDirectory: string, settings: Settings, plan: readonly Require[]): SiteRoot {
  const handed = plan.find(({ name, metadata }) => name === 'static-web' && metadata?.['root'] !== undefined)?.metadata;
  const pushState = typeof handed?.['spa'] === 'boolean' ? handed['spa'] : undefined;
  const built = handed !== undefined;
  if (settings.root !== undefined) {
    const path = insideApplication('the root', settings.root);
    if (!isFolder(applicationDirectory, path)) throw rootMissing([path], 'the setting names');
    return { path, built: built && path !== '.', pushState, reason: 'as set' };
  }
  if (handed !== undefined) {
    const generator = typeof handed['generator'] === 'string' ? handed['generator'] : 'the build';
    const wanted = [handed['root']].flat().filter((path) => typeof path === 'string');
    const folders = wanted.flatMap((path) => expand(applicationDirectory, insideApplication('the root', path)));
    const path = folders.find((folder) => isFile(applicationDirectory, join(folder, 'index.html'))) ?? folders[0];
    if (path === undefined) throw rootMissing(wanted, `${generator} was expected to write`);
    return { path, built: path !== '.', pushState, reason: `the output of ${generator}` };
  }
  const [path, reason] = isFile(applicationDirectory, 'public/index.html')
    ? ['public', 'public/index.html is there']
    : isFile(applicationDirectory, 'index.html') || !isFolder(applicationDirectory, 'public')
      ? ['.', 'the whole application']
      : ['public', 'the folder public is there'];
  return { path, built: false, pushState: undefined, reason };
}

/** A path of the application in its shortest form. Throws `STATIC_SETTING_INVALID`. */
export function insideApplication(what: string, path: string): string {
  const short = normalize(path.replace(/^\/workspace(?:\/|$)/, './')).replace(/(?<=.)\/+$/, '');
  // nginx would take a "$" for a variable, whatever the quotes, and the launch tool braces for its own.
  if (short.startsWith('/') || short.split('/').includes('..') || /["$\\\n\r]|\{\{/.test(short)) throw outsideOfApplication(what, path);
  return short;
}

/** The existing folders that a path with `*` for one name stands for. */
function expand(applicationDirectory: string, path: string): readonly string[] {
  const [before, after] = path.split('*', 2) as [string, string | undefined];
  if (after === undefined) return isFolder(applicationDirectory, path) ? [path] : [];
  if (!isFolder(applicationDirectory, before)) return [];
  return readdirSync(join(applicationDirectory, before))
    .sort()
    .map((name) => `${before}${name}${after}`)
    .filter((folder) => isFolder(applicationDirectory, folder));
}
