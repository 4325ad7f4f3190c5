import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { findPaths } from '../find-paths.ts';
import type { ArtifactSearch } from './find-artifact.ts';
import type { Runnable } from './runnable.ts';

/** What tools leave beside the artifacts, below their output folder. */
const LEFTOVERS =
  /^(?:classes|test-classes|generated-.*|maven-.*|surefire-.*|failsafe-.*|test-results|reports|tmp|resources|site|antrun|kotlin|libs\/.*-plain\.jar|.*\.jar\.original|original-.*\.jar|.*-(?:sources|javadoc|tests)\.jar)$/;

/** Names, in each module, of what was needed to build only. */
const SOURCES = [
  'src',
  'pom.xml',
  'mvnw',
  'mvnw.cmd',
  '.mvn',
  'gradle',
  'gradlew',
  'gradlew.bat',
  'gradle.properties',
  '.gradle',
  'buildSrc',
  'build.gradle',
  'build.gradle.kts',
  'settings.gradle',
  'settings.gradle.kts',
] as const;

/** Keeps the output folders of the modules where the lines of a Procfile expect them, without what only the tool needs. */
export function keepOutput(root: string, { modules, output }: ArtifactSearch, files: string): Runnable {
  for (const module of modules) {
    const from = join(root, module, output);
    if (!existsSync(from)) continue;
    const to = join(files, module, output);
    cpSync(from, to, {
      recursive: true,
      filter: (path) => path === from || !LEFTOVERS.test(posix.relative(from, path)),
    });
  }
  return { title: 'what the Procfile starts', command: [], slices: [], classCount: 0, libraries: [] };
}

/** Removes sources and build files of every module from the application, and what its build left. */
export function removeSources(root: string, modules: readonly string[]): void {
  for (const module of modules) {
    for (const name of [...SOURCES, 'target', 'build']) rmSync(join(root, module, name), { recursive: true, force: true });
  }
}

/** Empties the application, except for the Procfile and what `BP_INCLUDE_FILES` (globs, divided by colons) names. */
export function emptyApplication(root: string, include: string | undefined): void {
  const patterns = (include ?? '').split(':').filter((pattern) => pattern !== '');
  const kept = new Set(['Procfile', ...patterns.flatMap((pattern) => findPaths(root, pattern))]);
  const isKept = (path: string) => kept.has(path) || [...kept].some((one) => path.startsWith(`${one}/`));
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (isKept(path)) continue;
      if (entry.isDirectory() && [...kept].some((one) => one.startsWith(`${path}/`))) visit(path);
      else rmSync(join(root, path), { recursive: true, force: true });
    }
  };
  visit('');
}
