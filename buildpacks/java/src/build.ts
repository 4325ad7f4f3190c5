import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFile, readProcfile, startsWeb, type BuildContext, type Component } from '../../../src/sdk/index.ts';
import { buildSources, type BuiltApplication } from './application.ts';
import { pomMissing } from './errors.ts';
import { readGradleWrapper } from './gradle/gradle-distribution.ts';
import { gradleTool } from './gradle/build-gradle.ts';
import { gradleVersionRequests } from './gradle/gradle-script.ts';
import { newestJavaFor } from './gradle/gradle-versions.ts';
import { findVersionRequests, pomVersionRequests, type VersionRequest } from './java-version.ts';
import { writeLaunchSettings } from './launch/launch-settings.ts';
import { mavenTool, readMavenProject } from './maven/build-maven.ts';
import type { BuildTool } from './project/build-tool.ts';
import { findProject, type Project } from './project/find-project.ts';
import { readModule } from './project/read-module.ts';
import { placeApplication } from './runnable/place-application.ts';
import { neededFeature, prepareFinished } from './runnable/finished.ts';
import type { Runnable } from './runnable/runnable.ts';
import { chooseJava, type JavaLimits } from './runtime/choose-java.ts';
import { installJre } from './runtime/install-java.ts';
import { installLinkedRuntime, wantsLinkedRuntime } from './runtime/link-runtime.ts';
import { describeLibraries } from './sbom/describe-libraries.ts';
import { installTomcat } from './tomcat/install-tomcat.ts';

/** Java, then the application, then what runs it. */
export async function build(context: BuildContext): Promise<void> {
  const { applicationDirectory, log } = context;
  // Everything that can be wrong in the application's own files is found before anything is fetched.
  const hasProcfile = startsWeb(readProcfile(applicationDirectory));
  const project = findProject(applicationDirectory)!;
  const sources = await readSources(context, project);

  log.section('Java');
  const requests = findVersionRequests(context.env, readVersionFiles(applicationDirectory), sources.requests);
  const java = await chooseJava(context, requests, sources.limits);

  let runnable: Runnable;
  let components: readonly Component[];
  if (sources.tool !== undefined) {
    log.section(sources.tool.name);
    await sources.tool.install();
    const built = await buildSources(context, sources.tool, java, hasProcfile);
    await placeApplication(context, built.files, hasProcfile ? sources.modules : undefined);
    ({ runnable, components } = built satisfies BuiltApplication);
  } else {
    runnable = hasProcfile ? leftAlone : await prepareFinished(context, project as Extract<Project, { kind: 'archive' | 'exploded' }>);
    components = await describeLibraries(applicationDirectory, applicationDirectory, runnable.libraries, undefined);
  }

  log.section('Launch');
  const tomcat = runnable.servlet === undefined ? undefined : await installTomcat(context, runnable.servlet);
  if (wantsLinkedRuntime(context.env)) await installLinkedRuntime(context, java, tomcat?.classFolders ?? []);
  else await installJre(context, java);
  const command = tomcat?.command ?? runnable.command;
  await writeLaunchSettings(context, runnable.classCount);
  await context.writeLaunchSbom({
    subject: { name: sources.name },
    tool: { name: context.buildpack.id, version: context.buildpack.version },
    components,
  });
  for (const paths of runnable.slices) context.addSlice(paths);
  if (command.length === 0) log.line('The Procfile starts the application');
  else {
    log.line(`web: ${runnable.title}: ${command.join(' ')}`);
    context.addProcess({ type: 'web', command, default: true });
  }
}

/** An application that its Procfile starts: nothing of it is moved. */
const leftAlone: Runnable = { title: 'what the Procfile starts', command: [], slices: [], classCount: 0, libraries: [] };

/** What the application's own files say. */
interface Sources {
  readonly name: string;
  readonly tool: BuildTool | undefined;
  /** Folders of modules that have sources. */
  readonly modules: readonly string[];
  readonly requests: readonly VersionRequest[];
  readonly limits: JavaLimits;
}

async function readSources(context: BuildContext, project: Project): Promise<Sources> {
  const { applicationDirectory } = context;
  if (project.kind === 'maven') {
    if (!existsSync(join(applicationDirectory, 'pom.xml'))) throw pomMissing();
    const maven = await readMavenProject(context);
    return {
      name: maven.pom.artifactId,
      tool: mavenTool(context, maven),
      modules: ['.', ...maven.root.modules],
      requests: pomVersionRequests(maven.pom),
      limits: {},
    };
  }
  if (project.kind === 'gradle') {
    const { name: module } = readModule(context, 'BP_GRADLE_BUILT_MODULE');
    const wrapper = readGradleWrapper(applicationDirectory);
    const feature = newestJavaFor(wrapper.version);
    return {
      name: module ?? 'application',
      tool: gradleTool(context, wrapper, module),
      modules: ['.', ...(module === undefined ? [] : [module])],
      requests: gradleVersionRequests(applicationDirectory, module),
      limits: feature === undefined ? {} : { newest: { feature, why: `the newest that Gradle ${wrapper.version} runs on` } },
    };
  }
  const feature = neededFeature(applicationDirectory, project);
  return {
    name: project.kind === 'archive' ? project.file.replace(/\.[jw]ar$/, '') : 'application',
    tool: undefined,
    modules: [],
    requests: [],
    limits: feature === undefined ? {} : { oldest: { feature, why: `its classes were compiled for Java ${feature}` } },
  };
}

function readVersionFiles(directory: string) {
  const read = (name: string) => {
    const path = join(directory, name);
    return isFile(path) ? readFileSync(path, 'utf8') : undefined;
  };
  return { javaVersion: read('.java-version'), sdkmanrc: read('.sdkmanrc'), toolVersions: read('.tool-versions'), systemProperties: read('system.properties') };
}
