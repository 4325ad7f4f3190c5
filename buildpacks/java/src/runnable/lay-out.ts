import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { extractArchive, type BuildContext } from '../../../../src/sdk/index.ts';
import { CLASSES, classPath, copyManifestLibraries, LIBRARIES, reasonToKeepJar, unpackedJar, wholeJar } from './class-path.ts';
import type { Artifact } from './find-artifact.ts';
import { readManifest } from './jar.ts';
import { chooseMainClass } from './main-class.ts';
import { quarkus } from './quarkus.ts';
import type { Runnable } from './runnable.ts';
import { springBoot } from './spring-boot.ts';
import { webApplication } from './web-application.ts';

/** What laying out asks of the build that made the artifact. */
export interface BuildFacts {
  /** Folder with what the module itself compiled; undefined when nothing was compiled here. */
  readonly classes: string | undefined;
  /** The main class that the build names for its own start commands. */
  readonly mainClass: string | undefined;
  /** Puts the libraries that a jar needs to run into a folder; undefined when the build cannot tell. */
  readonly copyLibraries: ((directory: string) => Promise<void>) | undefined;
}

/**
 * Puts what is needed to run an artifact into an empty folder, in pieces that change independently. Throws `JAVA_MAIN_CLASS_MISSING`,
 * `JAVA_MAIN_CLASS_AMBIGUOUS` and what unpacking throws.
 */
export async function layOut(context: BuildContext, root: string, artifact: Artifact, directory: string, facts: BuildFacts): Promise<Runnable> {
  const source = join(root, artifact.path);
  mkdirSync(directory, { recursive: true });
  switch (artifact.kind) {
    case 'quarkus':
      cpSync(source, directory, { recursive: true });
      return quarkus(directory);
    case 'spring-boot':
      await unpack(source, directory);
      return springBoot(directory);
    case 'war':
      await unpack(source, directory);
      return webApplication(directory);
    case 'executable-jar':
      return await layOutExecutable(context, source, directory, facts);
    case 'jar':
      return await layOutLibrary(context, source, directory, facts);
    case 'distribution':
      return layOutDistribution(context, source, directory, facts);
  }
}

async function unpack(source: string, directory: string): Promise<void> {
  if (source.endsWith('.jar') || source.endsWith('.war')) await extractArchive({ file: source, directory });
  else cpSync(source, directory, { recursive: true });
}

async function layOutExecutable(context: BuildContext, source: string, directory: string, facts: BuildFacts): Promise<Runnable> {
  const manifest = readManifest(source)!;
  const mainClass = context.env['BP_JAVA_MAIN_CLASS'] ?? manifest['Main-Class']!;
  const order = copyManifestLibraries(source, manifest, directory);
  if (order !== undefined) {
    await unpack(source, join(directory, CLASSES));
    return classPath(directory, mainClass, manifest, order);
  }
  const reason = reasonToKeepJar(manifest);
  if (reason !== undefined) {
    context.log.line(`${basename(source)} stays one file, because ${reason}`);
    copyFileSync(source, join(directory, basename(source)));
    return wholeJar(directory, basename(source));
  }
  if (facts.copyLibraries !== undefined && (await isThin(source, facts.classes))) return await layOutLibrary(context, source, directory, facts);
  await unpack(source, directory);
  return unpackedJar(directory, mainClass, facts.classes);
}

/** Whether a jar holds what the module compiled and no more: then its libraries are elsewhere. */
async function isThin(jar: string, classes: string | undefined): Promise<boolean> {
  if (classes === undefined || !existsSync(classes)) return false;
  const { openZip } = await import('../../../../src/sdk/index.ts');
  using zip = openZip(jar);
  return zip.entries.filter(({ path }) => path.endsWith('.class')).every(({ path }) => existsSync(join(classes, path)));
}

async function layOutLibrary(context: BuildContext, source: string, directory: string, facts: BuildFacts): Promise<Runnable> {
  const manifest = readManifest(source);
  await unpack(source, join(directory, CLASSES));
  const mainClass = chooseMainClass(context.env, join(directory, CLASSES), basename(source), manifest?.['Main-Class'] ?? facts.mainClass);
  await facts.copyLibraries?.(join(directory, LIBRARIES));
  return classPath(directory, mainClass, manifest, undefined);
}

/** A distribution of Gradle: its start script knows main class and order of libraries; the application's own jar is the first of them. */
async function layOutDistribution(context: BuildContext, source: string, directory: string, facts: BuildFacts): Promise<Runnable> {
  const scripts = existsSync(join(source, 'bin')) ? readdirSync(join(source, 'bin')).filter((name) => !name.endsWith('.bat')) : [];
  const script = scripts.length === 0 ? '' : readFileSync(join(source, 'bin', scripts[0]!), 'utf8');
  const jars = [...(/^CLASSPATH=(.*)$/m.exec(script)?.[1] ?? '').matchAll(/\/lib\/([^:"]+\.jar)/g)].map(([, name]) => name!);
  const [own = readdirSync(join(source, 'lib')).find((name) => name.startsWith(basename(source)))!, ...others] = jars;
  const libraries = jars.length > 0 ? others : readdirSync(join(source, 'lib')).filter((name) => name !== own);
  await unpack(join(source, 'lib', own), join(directory, CLASSES));
  mkdirSync(join(directory, LIBRARIES), { recursive: true });
  for (const name of libraries) copyFileSync(join(source, 'lib', name), join(directory, LIBRARIES, name));
  const named = /^\s+(?:-classpath "\$CLASSPATH" \\\s*\n\s*)([\w.$]+) \\$/m.exec(script)?.[1] ?? facts.mainClass;
  const manifest = readManifest(join(source, 'lib', own));
  const mainClass = chooseMainClass(context.env, join(directory, CLASSES), join(basename(dirname(source)), own), named ?? manifest?.['Main-Class']);
  return classPath(directory, mainClass, manifest, libraries);
}
