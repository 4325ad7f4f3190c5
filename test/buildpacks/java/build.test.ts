import { existsSync, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { javaBuildpack } from '../../../buildpacks/java/src/buildpack.ts';
import { createBuildKit, type BuildKit, type BuildKitOptions } from '../../../src/sdk/testing/index.ts';
import { FAKE_CLOCK } from '../../support/fake-builder.ts';
import { createFakeMaven, createJavaBuildpackFolder, type FakeMaven } from '../../support/fake-java.ts';
import { useFakeDistribution } from '../../support/fake-distribution.ts';
import { javaClass } from '../../support/java-class.ts';
import { zipFile } from '../../support/zip-file.ts';

const distribution = useFakeDistribution();

const pom = (content = '') => `<project>\n<groupId>com.a</groupId>\n<artifactId>app</artifactId>\n<version>1</version>\n${content}\n</project>\n`;
const application = { 'pom.xml': pom(), 'src/main/java/com/a/Main.java': 'class Main {}', 'README.md': 'read me' };
const manifest = (main: string) => `Manifest-Version: 1.0\r\n${main}\r\n\r\n`;
const bootJar = (version = 17) =>
  zipFile({
    'META-INF/MANIFEST.MF': manifest('Main-Class: org.springframework.boot.loader.launch.JarLauncher'),
    'BOOT-INF/classes/com/a/Main.class': javaClass('com.a.Main', { feature: version }),
    'BOOT-INF/lib/library-1.0.jar': zipFile({}),
    'org/springframework/boot/loader/launch/JarLauncher.class': javaClass('x'),
  });

async function kitFor(options: Partial<BuildKitOptions> & { readonly artifacts?: FakeMaven['artifacts'] } = {}): Promise<{ kit: BuildKit; maven: FakeMaven }> {
  const maven = createFakeMaven();
  maven.artifacts = options.artifacts ?? { 'target/app.jar': bootJar(), 'target/classes/com/a/Main.class': javaClass('com.a.Main') };
  const { repository, home } = distribution;
  const kit = createBuildKit({
    buildpack: javaBuildpack,
    buildpackDirectory: await createJavaBuildpackFolder(repository, home),
    application,
    run: maven.run,
    clock: FAKE_CLOCK,
    ...options,
    env: { TSPACK_DEBIAN_MIRROR: repository.mirrors.addresses.debian, ...options.env },
  });
  return { kit, maven };
}

const files = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

describe('detect', () => {
  it.each([
    [{ 'pom.xml': pom() }, 0],
    [{ gradlew: '' }, 0],
    [{ 'WEB-INF/web.xml': '' }, 0],
    [{ 'app.war': '' }, 0],
    [{ 'library.jar': '' }, 100],
    [{ 'sub/pom.xml': pom() }, 100],
    [{}, 100],
  ])('%j', async (content, exitCode) => {
    const { kit } = await kitFor({ application: content });
    using _kit = kit;
    const result = await kit.detect();
    expect(result.exitCode).toBe(exitCode);
    if (exitCode === 100) expect(result.stdout).toContain('no pom.xml, build.gradle, an executable jar, a war or WEB-INF here');
  });

  it('asks for a front end where there is a package.json', async () => {
    const { kit } = await kitFor({ application: { ...application, 'package.json': '{}' } });
    using _kit = kit;
    expect((await kit.detect()).plan?.alternatives.map(({ requires }) => requires.map(({ name }) => name))).toEqual([['java', 'frontend'], ['java']]);
  });
});

describe('build with Maven', () => {
  it('installs, builds, and leaves only what runs', async () => {
    const { kit, maven } = await kitFor();
    using _kit = kit;
    const result = await kit.build();
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(maven.runs).toEqual([['-Dmaven.test.skip=true', 'package', '-Dproject.build.outputTimestamp=1980-01-01T00:00:02Z']]);
    expect(files(kit.applicationDirectory)).toEqual([
      'BOOT-INF/classes/com/a/Main.class',
      'BOOT-INF/lib/library-1.0.jar',
      'META-INF/MANIFEST.MF',
      'org/springframework/boot/loader/launch/JarLauncher.class',
    ]);
    expect(result.launch?.processes).toMatchObject([
      { type: 'web', command: ['java', '-cp', '.', 'org.springframework.boot.loader.launch.JarLauncher'], default: true, direct: true },
    ]);
    expect(result.launch?.slices).toEqual([{ paths: ['BOOT-INF/lib/*.jar'] }, { paths: ['org'] }, { paths: ['BOOT-INF/classes/com/a/*.class'] }]);
    const types = Object.fromEntries([...result.layers].map(([name, layer]) => [name, [layer.types.launch, layer.types.build, layer.types.cache]]));
    expect(types).toEqual({
      application: [false, false, true],
      jdk: [false, false, true],
      jre: [true, false, true],
      'launch-settings': [true, false, false],
      maven: [false, false, true],
      'maven-repository': [false, false, true],
    });
    expect(result.stdout).toContain('Java 21.0.4 from debian: the default, because the application asks for none');
  });

  it('gives the runtime a trust store of its own, and leaves out what nothing loads', async () => {
    const { kit } = await kitFor();
    using _kit = kit;
    await kit.build();
    const home = join(kit.layersDirectory, 'jre/usr/lib/jvm/java-21-openjdk-amd64');
    const store = join(home, 'lib/security/cacerts');
    expect(lstatSync(store).isFile()).toBe(true);
    expect(readFileSync(store).readUInt32BE(0)).toBe(0xfeedfeed);
    expect(readFileSync(join(kit.layersDirectory, 'jre/bin/java'), 'utf8')).toBe('java 21');
    expect(existsSync(join(home, 'lib/server/classes_nocoops.jsa'))).toBe(false);
    expect(readFileSync(join(kit.layersDirectory, 'jre/env.launch/JAVA_HOME.override'), 'utf8')).toBe(home);
    expect(statSync(join(kit.layersDirectory, 'launch-settings/exec.d/memory')).mode & 0o777).toBe(0o755);
  });

  it('does nothing again while nothing changes, and says what made it build', async () => {
    const { kit, maven } = await kitFor();
    using _kit = kit;
    await kit.build();
    distribution.repository.requests.length = 0;
    const second = await kit.build();
    expect(second.stdout).toMatch(/Reusing the application: the source, Java version, Maven and 5 more unchanged/);
    expect(files(kit.applicationDirectory)).toContain('BOOT-INF/classes/com/a/Main.class');
    expect([maven.runs.length, distribution.repository.requests]).toEqual([1, []]);
    expect(second.layers.get('maven-repository')?.types.cache).toBe(true);

    kit.change('src/main/java/com/a/Main.java', 'class Main { }');
    expect((await kit.build()).stdout).toContain('Rebuilding the application: the source changed');
    expect(readFileSync(join(kit.layersDirectory, 'maven-repository/repository/runs.txt'), 'utf8')).toBe('run\nrun\n');
    kit.setEnv('BP_MAVEN_ADDITIONAL_BUILD_ARGUMENTS', '-Pprod');
    expect((await kit.build()).stdout).toContain('-Pprod');
    expect(maven.runs).toHaveLength(3);
    kit.setEnv('BP_IMAGE_LABELS', 'a=b');
    expect((await kit.build()).stdout).toContain('Reusing the application');
    kit.setEnv('MAVEN_OPTS', '-Xmx1g');
    expect((await kit.build()).stdout).toContain('Rebuilding the application: the environment changed');
    kit.setEnv('BP_JVM_VERSION', '25');
    expect((await kit.build()).stdout).toContain('Rebuilding the application: Java version changed from 21.0.4 to 25');
  });

  it('keeps its repository when a build fails, and the last good application', async () => {
    const { kit, maven } = await kitFor();
    using _kit = kit;
    maven.failure = "[ERROR] COMPILATION ERROR :\n[ERROR] /workspace/src/main/java/com/a/Main.java:[1,7] ';' expected\n";
    const failed = await kit.build();
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain("';' expected");
    expect(failed.stderr).toBe(
      'Error: Cannot build with Maven: the compiler found errors (first at src/main/java/com/a/Main.java:1); the command was `mvn -Dmaven.test.skip=true package -Dproject.build.outputTimestamp=1980-01-01T00:00:02Z` [JAVA_COMPILATION_FAILED]\n  Correct the source; `mvn compile` shows the same errors.\n',
    );
    maven.failure = undefined;
    expect((await kit.build()).exitCode).toBe(0);
  });

  it('takes the libraries of a plain jar from the project', async () => {
    const { kit, maven } = await kitFor({
      artifacts: {
        'target/app-1.jar': zipFile({ 'com/a/Main.class': javaClass('com.a.Main', { main: true }) }),
        'target/classes/com/a/Main.class': javaClass('com.a.Main'),
      },
    });
    using _kit = kit;
    const { launch } = await kit.build();
    expect(maven.runs[1]?.slice(0, 2)).toEqual(['org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies', '-DincludeScope=runtime']);
    expect(launch?.processes[0]?.command).toEqual(['java', '-cp', 'classes:libs/*', 'com.a.Main']);
    expect(files(kit.applicationDirectory)).toEqual(['classes/com/a/Main.class', 'libs/library-1.0.jar']);
  });

  it('leaves artifacts where a Procfile looks for them, and starts nothing itself', async () => {
    const { kit } = await kitFor({ application: { ...application, Procfile: 'web: java -jar target/app.jar\n' } });
    using _kit = kit;
    const { launch } = await kit.build();
    expect(launch?.processes).toEqual([]);
    expect(files(kit.applicationDirectory)).toEqual(['Procfile', 'README.md', 'target/app.jar']);
  });

  it('builds the module that is named, with those it needs', async () => {
    const modules = { 'pom.xml': pom('<modules><module>lib</module><module>web</module></modules>'), 'lib/pom.xml': pom(), 'web/pom.xml': pom() };
    const { kit, maven } = await kitFor({
      application: modules,
      env: { BP_MAVEN_BUILT_MODULE: 'web' },
      artifacts: { 'web/target/web.jar': bootJar(), 'lib/target/lib.jar': zipFile({}) },
    });
    using _kit = kit;
    expect((await kit.build()).exitCode).toBe(0);
    expect(maven.runs[0]?.slice(0, 3)).toEqual(['--projects', 'web', '--also-make']);
    kit.setEnv('BP_MAVEN_BUILT_MODULE', undefined);
    kit.setEnv('BP_APP', 'web/');
    expect((await kit.build()).exitCode).toBe(0);
    expect(maven.runs[1]?.slice(0, 3)).toEqual(['--projects', 'web', '--also-make']);
    kit.setEnv('BP_MAVEN_BUILT_MODULE', 'api');
    expect((await kit.build()).stderr).toContain('there is no api/pom.xml; the modules are lib and web [JAVA_MODULE_UNKNOWN]');
  });

  it.each([
    [{ 'pom.xml': '<project>\n<artifactId>a</artifactId>\n' }, {}, 'pom.xml:3:', 'XML_INVALID'],
    [{ 'pom.xml': pom(), '.java-version': 'newest' }, {}, '"newest" in .java-version', 'JAVA_VERSION_INVALID'],
    [{ 'pom.xml': pom() }, { BP_JVM_VERSION: '11', TSPACK_JAVA_SOURCES: 'debian' }, 'debian offers 17.0.9, 21.0.4, 25', 'RUNTIME_UNAVAILABLE'],
    [{ mvnw: '' }, {}, 'there is mvnw but no pom.xml', 'JAVA_POM_INVALID'],
    [{ 'build.gradle': '' }, {}, 'there is no gradle/wrapper/gradle-wrapper.properties', 'GRADLE_UNAVAILABLE'],
  ])('refuses %j before anything is fetched', async (content, env, message, code) => {
    const { kit } = await kitFor({ application: content as Record<string, string>, env: env });
    using _kit = kit;
    distribution.repository.requests.length = 0;
    const { exitCode, stderr } = await kit.build();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(stderr).toContain(`[${code}]`);
    expect(distribution.repository.requests).toEqual([]);
  });

  it('says when the build made nothing to start', async () => {
    const { kit } = await kitFor({ artifacts: {} });
    using _kit = kit;
    expect((await kit.build()).stderr).toContain('[JAVA_ARTIFACT_MISSING]');
  });

  it('keeps the secrets of a binding out of layers, arguments and messages', async () => {
    const secret = 'open-sesame-1';
    const settings = `<settings><servers><server><id>corp</id><password>${secret}</password></server></servers></settings>`;
    const { kit, maven } = await kitFor({ bindings: { corp: { type: 'maven', 'settings.xml': settings } } });
    using _kit = kit;
    const result = await kit.build();
    expect(result.exitCode).toBe(0);
    expect(maven.commands[0]).toContain('--settings');
    const written = files(kit.layersDirectory).map((name) => readFileSync(join(kit.layersDirectory, name), 'latin1'));
    for (const text of [result.stdout, JSON.stringify(maven.commands), ...written]) expect(text).not.toContain(secret);
  });
});

describe('the version of Java', () => {
  it.each([
    [
      { 'pom.xml': pom('<properties><maven.compiler.release>11</maven.compiler.release></properties>') },
      {},
      'Java 17.0.9 from debian: the oldest on offer that runs code for "11" in pom.xml:5 maven.compiler.release',
    ],
    [
      { 'pom.xml': pom('<properties><java.version>21</java.version></properties>') },
      {},
      'Java 21.0.4 from debian: asked for by "21" in pom.xml:5 java.version',
    ],
    [
      { 'pom.xml': pom('<properties><maven.compiler.source>1.7</maven.compiler.source></properties>') },
      {},
      'Java 17.0.9 from debian: the oldest on offer that still compiles and runs code for "1.7"',
    ],
    [{ 'pom.xml': pom(), '.sdkmanrc': 'java=25.0.1-tem' }, {}, 'Java 25 from debian: the release of Java 25 on offer, for "25.0.1-tem" in .sdkmanrc'],
    [{ 'pom.xml': pom(), '.java-version': '17' }, { BP_JVM_VERSION: '25' }, '"17" in .java-version is not looked at, because BP_JVM_VERSION counts first'],
  ])('%j %j', async (content, env, line) => {
    const { kit } = await kitFor({ application: content as Record<string, string>, env: env });
    using _kit = kit;
    expect((await kit.build()).stdout).toContain(line);
  });
});

describe('finished applications', () => {
  it('starts an executable jar as it is, on a Java that its classes need', async () => {
    const jar = zipFile({ 'META-INF/MANIFEST.MF': manifest('Main-Class: a.Main'), 'a/Main.class': javaClass('a.Main', { feature: 25, main: true }) });
    const { kit, maven } = await kitFor({ application: { 'x.txt': '' } });
    using _kit = kit;
    kit.change('app.jar', jar as unknown as string);
    const { stdout, launch } = await kit.build();
    expect(stdout).toContain('Java 25 from debian: its classes were compiled for Java 25');
    expect(launch?.processes[0]?.command).toEqual(['java', '-jar', 'app.jar']);
    expect(files(kit.applicationDirectory)).toEqual(['app.jar', 'x.txt']);
    expect(maven.runs).toEqual([]);
  });

  it('unpacks a finished Spring Boot jar, but not for a Procfile', async () => {
    const { kit } = await kitFor({ application: { 'x.txt': '' } });
    using _kit = kit;
    kit.change('app.jar', bootJar() as unknown as string);
    expect((await kit.build()).launch?.slices).toHaveLength(3);
    expect(files(kit.applicationDirectory)).not.toContain('app.jar');
    kit.change('Procfile', 'web: tail -f /dev/null | java -jar app.jar\n');
    expect((await kit.build()).launch).toMatchObject({ processes: [], slices: [] });
    expect(files(kit.applicationDirectory)).toContain('app.jar');
  });
});
