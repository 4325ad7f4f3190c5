import { existsSync, readdirSync } from 'node:fs';
import { basename, delimiter, join, relative } from 'node:path';
import {
  debianTriplet,
  installDebianPackages,
  isInRunImage,
  readElfNeeds,
  type BuildContext,
  type Component,
  type LayerDirectory,
} from '../../../src/sdk/index.ts';
import type { Python } from './python.ts';

/** Sets of `packages/trixie.toml` that hold a library. */
const SETS: Readonly<Record<string, string>> = {
  'libgomp.so.1': 'libgomp1',
  'libgfortran.so.5': 'libgfortran5',
  'libpq.so.5': 'libpq5',
  'libmariadb.so.3': 'libmariadb3',
  'libglib-2.0.so.0': 'libglib2.0-0t64',
  'libgthread-2.0.so.0': 'libglib2.0-0t64',
  'libGL.so.1': 'libgl1',
  'libxml2.so.2': 'libxml2',
  'libxslt.so.1': 'libxslt1.1',
  'libexslt.so.0': 'libxslt1.1',
  'libodbc.so.2': 'unixodbc',
};

/** A library that an extension module is linked to, and that nothing brings. */
export interface MissingLibrary {
  readonly library: string;
  /** One that wants it, relative to the packages. */
  readonly neededBy: string;
}

/**
 * Looks at what the extension modules among the packages are linked to. Libraries that neither the run image nor a package nor an
 * earlier buildpack brings are installed from Debian below the layer, as far as this buildpack knows them; others are warned of.
 */
export async function provideLibraries(context: BuildContext, python: Python, layer: LayerDirectory, modules: string): Promise<readonly Component[]> {
  const missing = findMissingLibraries(modules, [...python.libraryDirectories, ...(context.env['LD_LIBRARY_PATH'] ?? '').split(delimiter)]);
  const components: Component[] = [];
  for (const set of new Set(missing.flatMap(({ library }) => SETS[library] ?? []))) {
    context.log.line(`Installing ${set} from Debian, because ${missing.find(({ library }) => SETS[library] === set)!.neededBy} is linked to it`);
    components.push(...(await installDebianPackages(context, { suite: 'trixie', set, directory: layer.path })).components);
  }
  if (components.length > 0) layer.setEnv('launch', 'LD_LIBRARY_PATH', 'prepend', join(layer.path, 'usr/lib', debianTriplet(context.target.architecture)), ':');
  for (const { library, neededBy } of missing.filter((one) => SETS[one.library] === undefined))
    context.log.warning(
      `${neededBy} is linked to ${library}, which the image will not have: importing it fails`,
      `Name the Debian package with ${library} in an Aptfile, unless the application never imports it.`,
    );
  return components;
}

/** The libraries that files below `modules` want and that are neither there, nor in one of the directories, nor in every run image; each once. */
export function findMissingLibraries(modules: string, directories: readonly string[]): readonly MissingLibrary[] {
  const files = readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.so(?:\.\d+)*$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const here = new Set(files.map((file) => basename(file)));
  const found = (library: string) => here.has(library) || isInRunImage(library) || directories.some((path) => path !== '' && existsSync(join(path, library)));
  const missing = new Map<string, MissingLibrary>();
  for (const file of files) {
    for (const library of readElfNeeds(file)?.needed ?? []) {
      if (!found(library) && !missing.has(library)) missing.set(library, { library, neededBy: relative(modules, file) });
    }
  }
  return [...missing.values()];
}
