import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestFiles, environmentDigest, listFiles, type BuildContext, type Component } from '../../../src/sdk/index.ts';
import type { BuildTool } from './project/build-tool.ts';
import type { ChosenJava } from './runtime/choose-java.ts';
import { installJdk } from './runtime/install-java.ts';
import { findArtifact } from './runnable/find-artifact.ts';
import { layOut } from './runnable/lay-out.ts';
import type { Runnable } from './runnable/runnable.ts';
import { keepOutput } from './runnable/procfile-layout.ts';
import { describeLibraries } from './sbom/describe-libraries.ts';

/** An application that is ready to be put in place. */
export interface BuiltApplication {
  readonly runnable: Runnable;
  /** Folder with what the application directory is to hold. */
  readonly files: string;
  readonly components: readonly Component[];
}

/** Settings that choose what is laid out. */
const RUN_SETTINGS = ['BP_JAVA_MAIN_CLASS', 'BP_MAVEN_BUILT_MODULE', 'BP_MAVEN_BUILT_ARTIFACT', 'BP_GRADLE_BUILT_MODULE', 'BP_GRADLE_BUILT_ARTIFACT', 'BP_APP'];

/** Raised with every change to what is laid out, and how. */
const LAYOUT = '1';

/**
 * Builds the sources, unless sources, tools and environment are those of the last build: then what it made is taken. Only what runs is kept.
 *
 * @param hasProcfile With a Procfile that starts the application, its artifacts stay where the tool made them: its lines name them.
 */
export async function buildSources(context: BuildContext, tool: BuildTool, java: ChosenJava, hasProcfile: boolean): Promise<BuiltApplication> {
  const { applicationDirectory } = context;
  const jdk = await installJdk(context, java);
  let isBuilt = false;
  const { layer, data } = await context.layer({
    name: 'application',
    title: 'the application',
    types: { cache: true },
    inputs: [
      { name: 'the source', value: digestFiles(applicationDirectory, listFiles(applicationDirectory, ['.git'])) },
      { name: 'Java version', value: java.version, readable: true },
      ...tool.inputs(),
      { name: 'the environment', value: environmentDigest(context) },
      { name: 'what to run', value: RUN_SETTINGS.map((name) => context.env[name] ?? '').join(' '), readable: true },
      { name: 'the way to start', value: hasProcfile ? 'Procfile' : 'found', readable: true },
      { name: 'layer format', value: LAYOUT },
    ],
    create: async ({ path }) => {
      isBuilt = true;
      const files = join(path, 'files');
      const built = await tool.build(jdk);
      let runnable: Runnable;
      if (hasProcfile) runnable = keepOutput(applicationDirectory, built.search, files);
      else {
        const artifact = findArtifact(applicationDirectory, built.search);
        runnable = await layOut(context, applicationDirectory, artifact, files, built.facts(artifact));
      }
      mkdirSync(files, { recursive: true });
      const components = await describeLibraries(files, applicationDirectory, runnable.libraries, built.repository);
      writeFileSync(join(path, 'components.json'), JSON.stringify(components));
      return { runnable: JSON.stringify(runnable) };
    },
  });
  if (!isBuilt) await tool.keepCaches();
  return {
    runnable: JSON.parse(data.runnable) as Runnable,
    files: join(layer.path, 'files'),
    components: readComponents(join(layer.path, 'components.json')),
  };
}

function readComponents(file: string): readonly Component[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Component[]) : [];
}
