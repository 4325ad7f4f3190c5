import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { updateBuildpackLocks } from '../../src/builder/index.ts';
import { runCommand, type CommandRunner } from '../../src/sdk/index.ts';
import { FAKE_CLOCK, fakeDebian } from './fake-builder.ts';
import type { FakeAptRepository, FakePackage } from './fake-apt-repository.ts';
import { zipFile } from './zip-file.ts';

const PACKAGED_VERSIONS: Readonly<Record<string, string>> = { '17': '17.0.9+9-1', '21': '21.0.4+7-1', '25': '25+36-1' };

function javaPackages(): readonly FakePackage[] {
  return Object.entries(PACKAGED_VERSIONS).flatMap(([feature, version]) =>
    ['amd64', 'arm64'].flatMap((architecture): readonly FakePackage[] => {
      const home = `./usr/lib/jvm/java-${feature}-openjdk-${architecture}`;
      return [
        {
          name: `openjdk-${feature}-jre-headless`,
          version,
          architecture,
          entries: [
            { path: `${home}/bin/java`, mode: 0o755, content: `java ${feature}` },
            { path: `${home}/lib/security/cacerts`, flag: '2', linkTarget: '/etc/ssl/certs/java/cacerts' },
            { path: `${home}/lib/server/classes_nocoops.jsa`, content: 'archive' },
          ],
        },
        {
          name: `openjdk-${feature}-jdk-headless`,
          version,
          architecture,
          fields: [`Depends: openjdk-${feature}-jre-headless`],
          entries: [{ path: `${home}/bin/javac`, mode: 0o755, content: 'javac' }],
        },
      ];
    }),
  );
}

/** @param central Address that the fake Maven has for its central repository. */
function mavenPackages(central: string): readonly FakePackage[] {
  const model = zipFile({
    'org/apache/maven/model/pom-4.0.0.xml': `<project><repositories><repository><id>central</id><url>${central}/</url></repository></repositories></project>`,
  });
  return [
    {
      name: 'maven',
      version: '3.9.9-1',
      architecture: 'all',
      entries: [
        { path: './usr/share/maven/boot/plexus-classworlds-2.x.jar', content: '' },
        { path: './usr/share/maven/bin/m2.conf', content: '' },
      ],
    },
    {
      name: 'libmaven3-core-java',
      version: '3.9.9-1',
      architecture: 'all',
      entries: [{ path: './usr/share/java/maven3-model-builder.jar', content: model.toString('latin1') }],
    },
  ];
}

const DEFINITION = `suites = ["trixie"]
${Object.keys(PACKAGED_VERSIONS)
  .map(
    (feature) =>
      `[sets.openjdk-${feature}-jdk]\npackages = ["openjdk-${feature}-jdk-headless"]\n[sets.openjdk-${feature}-jre]\npackages = ["openjdk-${feature}-jre-headless"]`,
  )
  .join('\n')}
[sets.maven]
packages = ["maven"]
[sets.maven-model]
packages = ["libmaven3-core-java"]
`;

/** The Java buildpack's folder with locks of a fake repository that has Java 17, 21 and 25, and Maven 3.9.9. */
export async function createJavaBuildpackFolder(repository: FakeAptRepository, home: string, central = 'http://central.test'): Promise<string> {
  const directory = join(home, 'buildpack');
  cpSync(join(import.meta.dirname, '../../buildpacks/java/buildpack.toml'), join(directory, 'buildpack.toml'));
  mkdirSync(join(directory, 'packages'));
  writeFileSync(join(directory, 'packages/trixie.toml'), DEFINITION);
  repository.publish('trixie', [...javaPackages(), ...mavenPackages(central)]);
  const { keyringDirectory } = repository;
  await updateBuildpackLocks({ directory, buildersDirectory: home, debian: fakeDebian(repository, join(home, 'cache')), clock: FAKE_CLOCK, keyringDirectory });
  return directory;
}

/** A Maven that makes what a test says. */
export interface FakeMaven {
  readonly run: CommandRunner;
  /** Its arguments, one list a run, without those that every run has. */
  readonly runs: (readonly string[])[];
  /** The whole command lines. */
  readonly commands: (readonly string[])[];
  /** Files that `package` makes, by path below the application. */
  artifacts: Readonly<Record<string, string | Uint8Array>>;
  /** Says this and fails, when set. */
  failure: string | undefined;
}

/** Stands for the Maven that the buildpack starts by `java`; other programs run. It notes each run in its local repository. */
export function createFakeMaven(): FakeMaven {
  const maven: FakeMaven = {
    runs: [],
    commands: [],
    artifacts: {},
    failure: undefined,
    async run(command) {
      const [program = '', ...args] = command.command;
      const launcher = args.indexOf('org.codehaus.plexus.classworlds.launcher.Launcher');
      if (!program.endsWith('/bin/java') || launcher < 0) return await runCommand(command);
      const repository = args.find((arg) => arg.startsWith('-Dmaven.repo.local='))!.slice('-Dmaven.repo.local='.length);
      const own = args.slice(args.indexOf(`-Dmaven.repo.local=${repository}`) + 1);
      maven.runs.push(own);
      maven.commands.push(command.command);
      const log = join(repository, 'runs.txt');
      writeFileSync(log, `${existsSync(log) ? readFileSync(log, 'utf8') : ''}run\n`);
      const missing = args.find((arg, index) => /^--(?:global-)?settings$/.test(args[index - 1] ?? '') && !existsSync(arg));
      const failure = maven.failure ?? (missing === undefined ? undefined : `[ERROR] The specified settings file does not exist: ${missing}`);
      if (failure !== undefined) {
        command.output(failure);
        return { exitCode: 1, signal: undefined, tail: failure, stdout: failure };
      }
      const target = own.find((arg) => arg.startsWith('-DoutputDirectory='))?.slice('-DoutputDirectory='.length);
      if (target !== undefined) {
        mkdirSync(target, { recursive: true });
        writeFileSync(join(target, 'library-1.0.jar'), zipFile({ 'l/L.class': 'x' }));
      } else {
        for (const [path, content] of Object.entries(maven.artifacts)) {
          mkdirSync(join(command.cwd, path, '..'), { recursive: true });
          writeFileSync(join(command.cwd, path), content);
        }
      }
      return { exitCode: 0, signal: undefined, tail: '', stdout: '' };
    },
  };
  return maven;
}
