import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestFiles, installDebianPackages, listFiles, parseSimpleCommand, type BuildContext, type Component } from '../../../../src/sdk/index.ts';
import { jlinkFailed } from '../errors.ts';
import { namedPackages } from '../runnable/named-packages.ts';
import type { ChosenJava } from './choose-java.ts';
import { installJdk, javaInputs, linkPrograms, writeJavaSbom, type InstalledJava } from './install-java.ts';
import { writeTrustStore } from './trust-store.ts';

const DEFAULT_ARGUMENTS = '--no-header-files --no-man-pages --strip-java-debug-attributes';
/** What programs reach without naming it: logging, management, directories of hosts, elliptic curves of TLS, Unsafe, zip file systems. */
const ALWAYS = ['java.base', 'java.logging', 'java.management', 'java.naming', 'jdk.crypto.ec', 'jdk.management', 'jdk.unsupported', 'jdk.zipfs'];

/**
 * Makes a runtime of just the modules that the application and the given folders name, into the layer `jre`. `BP_JVM_JLINK_ARGS` replaces the options of
 * jlink; with `--add-modules` among them the user names the modules. Throws `JAVA_JLINK_FAILED`.
 */
export async function installLinkedRuntime(context: BuildContext, java: ChosenJava, otherFolders: readonly string[]): Promise<void> {
  const text = context.env['BP_JVM_JLINK_ARGS'] ?? DEFAULT_ARGUMENTS;
  const args = parseSimpleCommand(text)?.words ?? text.split(/\s+/).filter((word) => word !== '');
  const jdk = await installJdk(context, java);
  const modules = args.includes('--add-modules') ? undefined : await findModules(context, java, jdk, otherFolders);
  if (modules !== undefined) context.log.line(`The application needs ${modules.length} modules: ${modules.join(', ')}`);
  await context.layer({
    name: 'jre',
    title: `Java runtime ${java.version} with the application's modules`,
    types: { launch: true, cache: true },
    inputs: [
      ...javaInputs(context, java, 'jdk'),
      { name: 'modules', value: modules?.join(',') ?? '' },
      { name: 'the arguments of jlink', value: args.join(' '), readable: true },
    ],
    create: async (layer) => {
      const components = await unpackLibraries(context, layer.path, java, modules);
      const home = join(layer.path, 'usr/lib/jvm/java');
      context.log.line('Linking the Java runtime');
      const command = [join(jdk.home, 'bin/jlink'), ...args, ...(modules === undefined ? [] : ['--add-modules', modules.join(',')]), '--output', home];
      mkdirSync(dirname(home), { recursive: true });
      await requireRun(context, jdk, command, 'jlink');
      writeTrustStore(home, context.env);
      linkPrograms(layer.path);
      layer.setEnv('launch', 'JAVA_HOME', 'override', home);
      await writeJavaSbom(context, layer, java, [runtimeComponent(java, home), ...components]);
      return {};
    },
  });
}

/** The modules, kept for as long as the application and Java stay the same: reading every class takes a second or two. */
async function findModules(context: BuildContext, java: ChosenJava, jdk: InstalledJava, otherFolders: readonly string[]): Promise<readonly string[]> {
  const { applicationDirectory } = context;
  const { data } = await context.layer({
    name: 'modules',
    title: 'the list of modules',
    types: { cache: true },
    inputs: [
      { name: 'the application', value: digestFiles(applicationDirectory, listFiles(applicationDirectory)) },
      { name: 'other classes', value: otherFolders.map((folder) => digestFiles(folder, listFiles(folder))).join(' ') },
      { name: 'Java version', value: java.version, readable: true },
      { name: 'layer format', value: '1' },
    ],
    create: async () => {
      const { stdout } = await requireRun(context, jdk, [join(jdk.home, 'bin/jimage'), 'list', join(jdk.home, 'lib/modules')], 'jimage');
      return { modules: chooseModules(parseModulePackages(stdout), namedPackages([applicationDirectory, ...otherFolders])).join(',') };
    },
  });
  return data.modules.split(',');
}

/** Which module has each package, from what `jimage list` prints. Names are with slashes. */
export function parseModulePackages(text: string): ReadonlyMap<string, string> {
  const modules = new Map<string, string>();
  let module = '';
  for (const line of text.split('\n')) {
    module = /^Module: (\S+)/.exec(line)?.[1] ?? module;
    const name = /^\s+(\S+)\/[^/]+\.class$/.exec(line)?.[1];
    if (name !== undefined) modules.set(name, module);
    // Modules without packages are modules all the same.
    if (!modules.has(`module ${module}`)) modules.set(`module ${module}`, module);
  }
  return modules;
}

/** The modules of the packages that are named, and those that are needed by every program, in name order. */
export function chooseModules(modules: ReadonlyMap<string, string>, packages: ReadonlySet<string>): readonly string[] {
  const always = ALWAYS.filter((name) => modules.has(`module ${name}`));
  return [...new Set([...always, ...[...packages].flatMap((name) => modules.get(name) ?? [])])].sort();
}

/** Libraries of the distribution that only windows, fonts and pictures need. */
async function unpackLibraries(
  context: BuildContext,
  directory: string,
  { found }: ChosenJava,
  modules: readonly string[] | undefined,
): Promise<readonly Component[]> {
  if (found.kind !== 'packages' || (modules !== undefined && !modules.includes('java.desktop'))) return [];
  const { components } = await installDebianPackages(context, { suite: found.suite, set: found.jre, directory, exclude: [found.runtimePackage.name] });
  return components;
}

function runtimeComponent({ found, version }: ChosenJava, home: string): Component {
  const purl =
    found.kind === 'packages'
      ? `pkg:deb/debian/${found.runtimePackage.name}@${encodeURIComponent(found.runtimePackage.version)}`
      : `pkg:generic/temurin@${version}`;
  return {
    type: 'platform',
    name: 'openjdk',
    version,
    purl,
    description: 'A Java runtime, cut to the modules of the application',
    licences: ['GPL-2.0-only WITH Classpath-exception-2.0'],
    locations: [home],
  };
}

async function requireRun(context: BuildContext, jdk: InstalledJava, command: readonly string[], what: string) {
  const output = (text: string) => (what === 'jimage' ? undefined : context.log.output(text));
  const result = await context.run({ command, cwd: context.layersDirectory, env: { ...context.env, ...jdk.env }, output });
  if (result.exitCode !== 0) throw jlinkFailed(what, `${result.exitCode ?? result.signal ?? 'a signal'}`);
  return result;
}

/** Whether the user wants a runtime of the application's modules alone. */
export function wantsLinkedRuntime(env: Readonly<Record<string, string>>): boolean {
  return /^(1|true|yes)$/i.test(env['BP_JVM_JLINK_ENABLED'] ?? '');
}
