import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import type { BuildContext, CommandResult, LayerInput } from '../../../../src/sdk/index.ts';
import { mavenFailed, moduleUnknown } from '../errors.ts';
import { pluginConfiguration, pomProperty, readPom, type Pom } from '../project/pom.ts';
import type { BuildTool, BuiltProject } from '../project/build-tool.ts';
import type { InstalledJava } from '../runtime/install-java.ts';
import { readModule } from '../project/read-module.ts';
import { installMaven, type Maven } from './maven-distribution.ts';
import { prepareMavenSettings } from './maven-settings.ts';
import { mavenArguments, runMaven } from './run-maven.ts';

/** Copies dependencies where the project does not: pinned, because a build must not change with the newest. */
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** The Maven project of an application; poms are read and checked before anything is fetched. */
export interface MavenProject {
  readonly root: Pom;
  /** The module to run, relative to the application; undefined for all. */
  readonly module: string | undefined;
  /** The pom of that module, else the root's. */
  readonly pom: Pom;
}

/** Reads the poms that decide. Throws `XML_INVALID`, `JAVA_POM_INVALID` and `JAVA_MODULE_UNKNOWN`. */
export async function readMavenProject(context: BuildContext): Promise<MavenProject> {
  const root = await readPom(context.applicationDirectory);
  const { name: module, setting } = readModule(context, 'BP_MAVEN_BUILT_MODULE');
  if (module === undefined) return { root, module: undefined, pom: root };
  if (!existsSync(join(context.applicationDirectory, module, 'pom.xml'))) throw moduleUnknown(module, setting, root.modules);
  return { root, module, pom: await readPom(context.applicationDirectory, posix.join(module, 'pom.xml')) };
}

/** Maven as a build tool. */
export function mavenTool(context: BuildContext, project: MavenProject): BuildTool {
  let maven: Maven | undefined;
  const args = [...mavenArguments(context.env, project.module), ...reproducible(context, project.pom)];
  return {
    name: 'Maven',
    async install() {
      maven = await installMaven(context);
    },
    inputs: (): readonly LayerInput[] => [
      { name: 'Maven', value: maven!.key },
      { name: 'the arguments of Maven', value: args.join(' '), readable: true },
    ],
    async build(jdk) {
      const repository = await context.layer({
        name: 'maven-repository',
        title: "Maven's local repository",
        types: { cache: true },
        inputs: [],
        create: () => ({}),
      });
      const run = createRun(context, maven!, jdk, repository.layer.path);
      context.log.line(`mvn ${args.join(' ')}`);
      await requireSuccess(run(args), `mvn ${args.join(' ')}`);
      return await builtProject(context, project, run);
    },
    keepCaches: async () => {
      await context.layer({ name: 'maven-repository', types: { cache: true }, inputs: [], create: () => ({}) });
    },
  };
}

type Run = (args: readonly string[]) => Promise<CommandResult>;

/** Each run has its settings, and the secrets in them, only while it lasts: another may come after the build. */
function createRun(context: BuildContext, maven: Maven, jdk: InstalledJava, cache: string): Run {
  const repository = join(cache, 'repository');
  mkdirSync(repository, { recursive: true });
  return async (args) => {
    const temporaryDirectory = mkdtempSync(join(tmpdir(), 'maven-'));
    try {
      const { arguments: settings } = await prepareMavenSettings(context, temporaryDirectory);
      return await runMaven(context, { jdk, maven, repository, settings, temporaryDirectory }, args);
    } finally {
      rmSync(temporaryDirectory, { recursive: true, force: true });
    }
  };
}

async function requireSuccess(running: Promise<CommandResult>, command: string): Promise<void> {
  const { exitCode, signal, tail } = await running;
  if (exitCode !== 0) throw mavenFailed(tail, exitCode === undefined ? `it was ended by ${signal ?? 'a signal'}` : `it ended with ${exitCode}`, command);
}

async function builtProject(context: BuildContext, { root, module, pom }: MavenProject, run: Run): Promise<BuiltProject> {
  const modules = module === undefined ? await allModules(context, root, '.') : [module];
  return {
    search: { modules, output: 'target', archives: 'target', pattern: context.env['BP_MAVEN_BUILT_ARTIFACT'] },
    repository: { kind: 'maven', directory: join(context.layersDirectory, 'maven-repository/repository') },
    facts: (artifact) => {
      const folder = posix.dirname(posix.dirname(artifact.path));
      const goal = [COPY_DEPENDENCIES, '-DincludeScope=runtime', ...(folder === '.' ? [] : ['--projects', folder])];
      return {
        classes: join(context.applicationDirectory, folder, 'target/classes'),
        mainClass: namedMainClass(pom),
        copyLibraries: async (directory) => {
          context.log.line('Copying the libraries that the application needs');
          const args = [...goal, `-DoutputDirectory=${directory}`];
          await requireSuccess(run(args), `mvn ${args.join(' ')}`);
        },
      };
    },
  };
}

/** Every module's folder, relative to the application. Modules that a profile adds are found by their output, not here. */
async function allModules(context: BuildContext, pom: Pom, folder: string): Promise<readonly string[]> {
  const below = pom.modules
    .map((module) => posix.join(folder, module.replace(/\/pom\.xml$/, '')))
    .filter((module) => existsSync(join(context.applicationDirectory, module, 'pom.xml')));
  const nested = await Promise.all(
    below.map(async (module) => await allModules(context, await readPom(context.applicationDirectory, posix.join(module, 'pom.xml')), module)),
  );
  return [folder, ...nested.flat()];
}

/** The class that plugins of the project start, or the property by which Spring Boot and Micronaut name it. */
function namedMainClass(pom: Pom): string | undefined {
  const found =
    pluginConfiguration(pom, 'exec-maven-plugin', 'mainClass') ??
    pluginConfiguration(pom, 'jib-maven-plugin', 'container', 'mainClass') ??
    pomProperty(pom, 'exec.mainClass') ??
    pomProperty(pom, 'mainClass') ??
    pomProperty(pom, 'main.class');
  return found?.text;
}

/** Archives with fixed times, unless the project sets its own: equal sources then make equal jars ("Configuring for Reproducible Builds"). */
function reproducible(context: BuildContext, pom: Pom): readonly string[] {
  if (pomProperty(pom, 'project.build.outputTimestamp') !== undefined) return [];
  const epoch = context.env['SOURCE_DATE_EPOCH'];
  // Zip archives know no time before 1980.
  const time = epoch === undefined ? '1980-01-01T00:00:02Z' : new Date(Math.max(Number(epoch), 315_532_802) * 1000).toISOString().replace('.000Z', 'Z');
  return [`-Dproject.build.outputTimestamp=${time}`];
}
