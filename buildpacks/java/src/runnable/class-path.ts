import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { countClasses } from './count-classes.ts';
import { readManifest, type Manifest } from './jar.ts';
import type { Runnable } from './runnable.ts';
import { classFolders, classSlice, librarySlices, literal } from './slices.ts';

/** Names that Jib gives the folders. */
export const CLASSES = 'classes';
export const LIBRARIES = 'libs';

/**
 * A jar with libraries beside it, unpacked into `classes` and `libs`: a changed class then is a file and no jar.
 *
 * @param order The libraries in the order in which they are searched; any order when undefined.
 */
export function classPath(directory: string, mainClass: string, manifest: Manifest | undefined, order: readonly string[] | undefined): Runnable {
  const libraries = order === undefined ? [`${LIBRARIES}/*`] : order.map((name) => `${LIBRARIES}/${name}`);
  const hasLibraries = existsSync(join(directory, LIBRARIES));
  return {
    title: 'classes with libraries beside them',
    command: ['java', ...manifestOptions(manifest), '-cp', [CLASSES, ...(hasLibraries ? libraries : [])].join(':'), mainClass],
    slices: [...librarySlices(directory, LIBRARIES), classSlice(directory, CLASSES)].filter((slice) => slice.length > 0),
    classCount: countClasses(directory),
    libraries: hasLibraries ? [LIBRARIES] : [],
  };
}

/** The jar's libraries as its manifest names them (`Class-Path`), copied into `libs`. Returns their names; undefined when it names none. */
export function copyManifestLibraries(jar: string, manifest: Manifest, directory: string): readonly string[] | undefined {
  const named = (manifest['Class-Path'] ?? '').split(/\s+/).filter((path) => path.endsWith('.jar'));
  if (named.length === 0) return undefined;
  const found = named.filter((path) => existsSync(join(dirname(jar), path)));
  mkdirSync(join(directory, LIBRARIES), { recursive: true });
  for (const path of found) copyFileSync(join(dirname(jar), path), join(directory, LIBRARIES, basename(path)));
  return found.map((path) => basename(path));
}

/**
 * An unpacked jar that holds its libraries' classes too. What the application's own build compiled is a layer of its own.
 *
 * @param own Folder with what the application alone compiled and copied (`target/classes`), when it was built here.
 */
export function unpackedJar(directory: string, mainClass: string, own: string | undefined): Runnable {
  const folders = own === undefined || !existsSync(own) ? [] : classFolders(own, '');
  const slice = folders.map((folder) => (folder === '.' ? '*.class' : `${literal(folder)}/*.class`));
  return {
    title: 'an executable jar with all its libraries in it',
    command: ['java', ...manifestOptions(readManifest(directory)), '-cp', '.', mainClass],
    slices: slice.length === 0 ? [] : [slice],
    classCount: countClasses(directory),
    libraries: [],
  };
}

/** An executable jar that stays one file. */
export function wholeJar(directory: string, file: string): Runnable {
  return { title: 'an executable jar', command: ['java', '-jar', file], slices: [[literal(file)]], classCount: countClasses(directory), libraries: [] };
}

/** Why a jar cannot be unpacked without changing what it does; undefined when it can. */
export function reasonToKeepJar(manifest: Manifest): string | undefined {
  if (manifest['Multi-Release']?.toLowerCase() === 'true') return 'it has classes for several versions of Java';
  return manifest['Launcher-Agent-Class'] === undefined ? undefined : 'it starts an agent of its own';
}

/** What `java -jar` reads of a manifest, as options of `java -cp` (JAR File Specification, "Main Attributes"). */
function manifestOptions(manifest: Manifest | undefined): readonly string[] {
  const list = (name: string) => (manifest?.[name] ?? '').split(/\s+/).filter((word) => word !== '');
  return [
    ...list('Add-Exports').map((name) => `--add-exports=${name}=ALL-UNNAMED`),
    ...list('Add-Opens').map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ...(manifest?.['Enable-Native-Access'] === undefined ? [] : ['--enable-native-access=ALL-UNNAMED']),
  ];
}
