import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isFile, isFolder } from '../../../../src/sdk/index.ts';
import { readManifest } from '../runnable/jar.ts';

/** What an application folder holds. */
export type Project =
  /** Sources that Maven builds. */
  | { readonly kind: 'maven' }
  /** Sources that Gradle builds. */
  | { readonly kind: 'gradle' }
  /** A finished jar or war, by its name in the folder. */
  | { readonly kind: 'archive'; readonly file: string }
  /** The unpacked content of a jar or war. */
  | { readonly kind: 'exploded' };

const GRADLE_FILES = ['gradlew', 'build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'];

/** Files by which the buildpack knows an application, for messages. */
export const LOOKED_FOR = ['pom.xml', 'build.gradle', 'an executable jar', 'a war', 'WEB-INF'] as const;

/** What is in the folder: sources count before finished archives, which often lie beside them. undefined when it is nothing of Java. */
export function findProject(directory: string): Project | undefined {
  if (existsSync(join(directory, 'pom.xml'))) return { kind: 'maven' };
  if (GRADLE_FILES.some((name) => isFile(join(directory, name)))) return { kind: 'gradle' };
  if (existsSync(join(directory, 'mvnw'))) return { kind: 'maven' };
  if (isFolder(join(directory, 'WEB-INF')) || readManifest(directory)?.['Main-Class'] !== undefined) return { kind: 'exploded' };
  const archives = findArchives(directory);
  return archives.length === 0 ? undefined : { kind: 'archive', file: archives[0]! };
}

/** The file or folder by which a project was found. */
export function markOf(directory: string, project: Project): string {
  switch (project.kind) {
    case 'maven':
      return existsSync(join(directory, 'pom.xml')) ? 'pom.xml' : 'mvnw';
    case 'gradle':
      return ['build.gradle', 'build.gradle.kts', ...GRADLE_FILES].find((name) => isFile(join(directory, name)))!;
    case 'exploded':
      return isFolder(join(directory, 'WEB-INF')) ? 'WEB-INF' : 'META-INF/MANIFEST.MF';
    case 'archive':
      return project.file;
  }
}

/** Wars and executable jars at the top of the folder, in name order. A jar that cannot be started is a library. */
export function findArchives(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => /\.(?:jar|war)$/.test(name) && isFile(join(directory, name)))
    .filter((name) => name.endsWith('.war') || readManifest(join(directory, name))?.['Main-Class'] !== undefined)
    .sort();
}
