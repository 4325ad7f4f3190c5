import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { javaTrustOptions, parseSimpleCommand, type BuildContext, type CommandResult } from '../../../../src/sdk/index.ts';
import type { InstalledJava } from '../runtime/install-java.ts';
import type { Maven } from './maven-distribution.ts';
import { readJvmConfig, words } from './maven-settings.ts';

/** What Maven runs with. */
export interface MavenRun {
  readonly jdk: InstalledJava;
  readonly maven: Maven;
  /** The local repository. */
  readonly repository: string;
  /** Arguments of the settings. */
  readonly settings: readonly string[];
  /** Outside of layers. */
  readonly temporaryDirectory: string;
}

/** A build is short: the first compiler of the JVM is enough, and one collector thread. What the user sets comes later and wins. */
const QUICK_JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];

/** Runs Maven in the application. Its start script is not used: it needs a shell and half a second for what is known here. */
export async function runMaven(context: BuildContext, run: MavenRun, args: readonly string[]): Promise<CommandResult> {
  const { applicationDirectory, env, log } = context;
  const trust = javaTrustOptions(env, run.temporaryDirectory);
  const java = [
    join(run.jdk.home, 'bin/java'),
    ...QUICK_JVM,
    ...words(trust ?? ''),
    ...readJvmConfig(applicationDirectory),
    ...words(env['MAVEN_OPTS'] ?? ''),
    '-classpath',
    findLauncher(run.maven.home),
    `-Dclassworlds.conf=${join(run.maven.home, 'bin/m2.conf')}`,
    `-Dmaven.home=${run.maven.home}`,
    `-Dlibrary.jansi.path=${join(run.maven.home, 'lib/jansi-native')}`,
    `-Dmaven.multiModuleProjectDirectory=${applicationDirectory}`,
    'org.codehaus.plexus.classworlds.launcher.Launcher',
  ];
  const standard = [
    '--batch-mode',
    '--no-transfer-progress',
    '-Dstyle.color=never',
    ...run.settings,
    `-Dmaven.repo.local=${run.repository}`,
    ...(context.downloads.offline ? ['--offline'] : []),
  ];
  return await context.run({
    command: [...java, ...standard, ...args],
    cwd: applicationDirectory,
    env: { ...env, ...run.jdk.env },
    output: (text) => log.output(text),
  });
}

function findLauncher(home: string): string {
  const boot = join(home, 'boot');
  const name = readdirSync(boot).find((one) => /^plexus-classworlds.*\.jar$/.test(one));
  if (name === undefined) throw new Error(`no plexus-classworlds in ${boot}`);
  return join(boot, name);
}

/** The arguments after the standard ones, and how they are said to the user. */
export function mavenArguments(env: Readonly<Record<string, string>>, module: string | undefined): readonly string[] {
  const chosen = split(env['BP_MAVEN_BUILD_ARGUMENTS'] ?? '-Dmaven.test.skip=true package');
  const more = split(env['BP_MAVEN_ADDITIONAL_BUILD_ARGUMENTS'] ?? '');
  const profiles = env['BP_MAVEN_ACTIVE_PROFILES'];
  return [
    ...(module === undefined ? [] : ['--projects', module, '--also-make']),
    ...(profiles === undefined || profiles === '' ? [] : ['--activate-profiles', profiles]),
    ...chosen,
    ...more,
  ];
}

/** Words of a setting; quotes keep words together, and nothing is replaced. */
function split(value: string): readonly string[] {
  return parseSimpleCommand(value)?.words ?? words(value);
}
