import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { extractArchive, openZip, type BuildContext } from '../../../../src/sdk/index.ts';
import type { Project } from '../project/find-project.ts';
import { classFeature } from './class-file.ts';
import { unpackedJar, wholeJar } from './class-path.ts';
import { readManifest } from './jar.ts';
import type { Runnable } from './runnable.ts';
import { isSpringBoot, springBoot } from './spring-boot.ts';
import { webApplication } from './web-application.ts';

/** Makes a finished application runnable where it lies. Spring Boot archives and wars are unpacked, other jars stay as they are. */
export async function prepareFinished(context: BuildContext, project: Extract<Project, { kind: 'archive' | 'exploded' }>): Promise<Runnable> {
  const directory = context.applicationDirectory;
  if (project.kind === 'archive') {
    const file = join(directory, project.file);
    const isWar = project.file.endsWith('.war');
    if (!isWar && !isSpringBoot(readManifest(file))) return wholeJar(directory, project.file);
    // Aside first: an archive may hold a file of its own name.
    const aside = `${context.layersDirectory}/finished.archive`;
    renameSync(file, aside);
    await extractArchive({ file: aside, directory });
    rmSync(aside);
  }
  const manifest = readManifest(directory);
  if (isSpringBoot(manifest)) return springBoot(directory);
  const mainClass = manifest?.['Main-Class'];
  return mainClass === undefined ? webApplication(directory) : unpackedJar(directory, context.env['BP_JAVA_MAIN_CLASS'] ?? mainClass, undefined);
}

/** How many classes are looked at: compilers write one version into all of them. */
const MOST_CLASSES = 50;

/** The oldest Java that runs the application's own classes, by their files; undefined when it has none. */
export function neededFeature(directory: string, project: Project): number | undefined {
  const features = project.kind === 'archive' ? archiveFeatures(join(directory, project.file)) : folderFeatures(directory);
  return features.length === 0 ? undefined : Math.max(...features);
}

const OWN = /^(?:BOOT-INF|WEB-INF)\/classes\/.*\.class$/;
const PLAIN = /^(?!META-INF\/|BOOT-INF\/|WEB-INF\/).*\.class$/;

function chooseClasses(paths: readonly string[]): readonly string[] {
  const own = paths.filter((path) => OWN.test(path));
  return (own.length > 0 ? own : paths.filter((path) => PLAIN.test(path) && !path.endsWith('module-info.class'))).slice(0, MOST_CLASSES);
}

function archiveFeatures(file: string): readonly number[] {
  using zip = openZip(file);
  return chooseClasses(zip.entries.map(({ path }) => path)).flatMap((path) => classFeature(zip.read(zip.find(path)!)) ?? []);
}

function folderFeatures(directory: string): readonly number[] {
  const paths = readdirSync(directory, { recursive: true }).map(String);
  return chooseClasses(paths).flatMap((path) => classFeature(readFileSync(join(directory, path))) ?? []);
}
