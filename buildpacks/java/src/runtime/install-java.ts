import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  debianPackagesKey,
  fetchArchive,
  installDebianPackages,
  type BuildContext,
  type Component,
  type LayerDirectory,
  type LayerInput,
} from '../../../../src/sdk/index.ts';
import type { ChosenJava } from './choose-java.ts';
import type { JavaArchive } from './found-java.ts';
import { writeTrustStore } from './trust-store.ts';
import { releaseComponents } from './release-components.ts';

/** A Java in a layer. */
export interface InstalledJava {
  /** `JAVA_HOME`. */
  readonly home: string;
  /** What programs of it need besides: `JAVA_HOME`, `LD_LIBRARY_PATH` and `PATH`. */
  readonly env: Readonly<Record<string, string>>;
}

/** What no runtime in an image needs: the archive for heaps without compressed pointers, and sources. */
const LEFT_OUT = [
  'usr/lib/jvm/*/lib/server/classes_nocoops.jsa',
  'usr/lib/jvm/*/lib/src.zip',
  'usr/lib/jvm/*/man/**',
  'usr/share/{applications,pixmaps,menu,icons}/**',
];
const LEFT_OUT_OF_ARCHIVES = /^(?:lib\/src\.zip|lib\/server\/classes_nocoops\.jsa|(?:man|demo|sample)(?:\/|$))/;

/** Raised with every change to what the layers hold. */
const LAYOUT = '1';

/** Installs the JDK that builds, into the layer `jdk` of the cache. */
export async function installJdk(context: BuildContext, java: ChosenJava): Promise<InstalledJava> {
  const { layer } = await context.layer({
    name: 'jdk',
    title: `JDK ${java.version}`,
    types: { cache: true },
    inputs: javaInputs(context, java, 'jdk'),
    create: async (jdk) => {
      await fillJava(context, jdk, java, 'jdk');
      return {};
    },
  });
  return describeInstalled(layer.path, context.env);
}

/** Installs the runtime that the application is started by, into the layer `jre`. */
export async function installJre(context: BuildContext, java: ChosenJava): Promise<InstalledJava> {
  const { layer } = await context.layer({
    name: 'jre',
    title: `Java runtime ${java.version}`,
    types: { launch: true, cache: true },
    inputs: javaInputs(context, java, 'jre'),
    create: async (jre) => {
      const components = await fillJava(context, jre, java, 'jre');
      jre.setEnv('launch', 'JAVA_HOME', 'override', findHome(jre.path));
      await writeJavaSbom(context, jre, java, [...components, ...releaseComponents(findHome(jre.path))]);
      return {};
    },
  });
  return describeInstalled(layer.path, context.env);
}

/** Everything that the content of a layer with Java depends on. */
export function javaInputs(context: BuildContext, java: ChosenJava, type: 'jdk' | 'jre'): readonly LayerInput[] {
  const { found } = java;
  const content = found.kind === 'packages' ? debianPackagesKey(context, { suite: found.suite, set: found[type] }) : found[type].sha256;
  return [
    { name: 'Java version', value: java.version, readable: true },
    { name: 'source', value: java.source, readable: true },
    { name: 'packages', value: content },
    { name: 'layer format', value: LAYOUT },
  ];
}

/** Unpacks Java into a layer and gives it certificates. Returns what it is made of. */
export async function fillJava(context: BuildContext, layer: LayerDirectory, java: ChosenJava, type: 'jdk' | 'jre'): Promise<readonly Component[]> {
  const { found } = java;
  context.log.line(`Installing ${type === 'jdk' ? 'the JDK' : 'the Java runtime'} ${java.version}`);
  const components =
    found.kind === 'packages'
      ? await unpackPackages(context, layer.path, found.suite, found[type])
      : await unpackArchive(context, layer.path, found[type], java);
  const home = findHome(layer.path);
  writeTrustStore(home, context.env);
  linkPrograms(layer.path);
  return components;
}

/** Links programs and libraries to the top of a layer, where the launcher and later buildpacks look for them. */
export function linkPrograms(directory: string): void {
  linkTop(directory, 'bin', join(findHome(directory), 'bin'));
  const libraries = findLibraries(directory);
  if (libraries !== undefined) linkTop(directory, 'lib', libraries);
}

async function unpackPackages(context: BuildContext, directory: string, suite: string, set: string): Promise<readonly Component[]> {
  const { components } = await installDebianPackages(context, { suite, set, directory, rules: { drop: LEFT_OUT } });
  return components;
}

async function unpackArchive(context: BuildContext, directory: string, archive: JavaArchive, java: ChosenJava): Promise<readonly Component[]> {
  await fetchArchive(context.downloads, {
    url: archive.url,
    digest: { algorithm: 'sha256', hex: archive.sha256 },
    label: archive.name,
    directory: join(directory, 'usr/lib/jvm/java'),
    stripComponents: 1,
    filter: (path) => !LEFT_OUT_OF_ARCHIVES.test(path),
  });
  return [
    {
      type: 'platform',
      name: 'temurin',
      version: java.version,
      purl: `pkg:generic/temurin@${java.version}`,
      description: 'Eclipse Temurin, a Java runtime',
      licences: ['GPL-2.0-only WITH Classpath-exception-2.0'],
      hashes: [{ algorithm: 'SHA-256', hex: archive.sha256 }],
      locations: [findHome(directory)],
    },
  ];
}

/** Writes what a layer with Java is made of. */
export async function writeJavaSbom(context: BuildContext, layer: LayerDirectory, java: ChosenJava, components: readonly Component[]): Promise<void> {
  await layer.writeSbom(
    { subject: { name: 'java', version: java.version }, tool: { name: context.buildpack.id, version: context.buildpack.version }, components },
    context.sbomFormats,
  );
}

/** The folder with `bin/java` below the folder of JVMs. */
export function findHome(directory: string): string {
  const jvms = join(directory, 'usr/lib/jvm');
  const name = readdirSync(jvms, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(jvms, entry.name, 'bin/java')))
    .map((entry) => entry.name)
    .sort()[0];
  if (name === undefined) throw new Error(`no Java below ${jvms}`);
  return join(jvms, name);
}

function findLibraries(directory: string): string | undefined {
  const libraries = join(directory, 'usr/lib');
  const name = readdirSync(libraries).find((one) => one.endsWith('-linux-gnu'));
  return name === undefined ? undefined : join(libraries, name);
}

function linkTop(directory: string, name: string, target: string): void {
  symlinkSync(relative(directory, target), join(directory, name));
}

function describeInstalled(directory: string, env: Readonly<Record<string, string>>): InstalledJava {
  const home = findHome(directory);
  const libraries = findLibraries(directory);
  return {
    home,
    env: {
      JAVA_HOME: home,
      PATH: `${join(home, 'bin')}:${env['PATH'] ?? '/usr/bin:/bin'}`,
      ...(libraries === undefined
        ? {}
        : { LD_LIBRARY_PATH: [libraries, env['LD_LIBRARY_PATH']].filter((path) => path !== undefined && path !== '').join(':') }),
    },
  };
}
