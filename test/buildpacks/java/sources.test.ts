import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { javaBuildpack } from '../../../buildpacks/java/src/buildpack.ts';
import { createBuildKit, type BuildKit } from '../../../src/sdk/testing/index.ts';
import { createTar } from '../../support/deb-file.ts';
import { FAKE_CLOCK } from '../../support/fake-builder.ts';
import { useFakeDistribution } from '../../support/fake-distribution.ts';
import { createFakeMaven, createJavaBuildpackFolder, type FakeMaven } from '../../support/fake-java.ts';
import { javaClass } from '../../support/java-class.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';
import { zipFile } from '../../support/zip-file.ts';

const distribution = useFakeDistribution();
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

/** A Gradle of a few lines: it says what it was asked, and makes the jar that the test has put beside it. */
const GRADLE = zipFile([
  { path: 'gradle-8.5/' },
  {
    path: 'gradle-8.5/bin/gradle',
    mode: 0o100755,
    content:
      '#!/bin/sh\nset -e\nif [ -e fail ]; then cat fail; exit 1; fi\necho "asked for $*"\nmkdir -p build/libs "$GRADLE_USER_HOME/caches"\ncat "$GRADLE_USER_HOME/gradle.properties" > /dev/null 2>&1 && echo "has properties"\necho kept > "$GRADLE_USER_HOME/caches/kept"\ncp prepared.jar build/libs/app.jar\n',
  },
  { path: 'gradle-8.5/docs/readme.txt', content: 'not wanted' },
]);
const JAR = zipFile({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\nMain-Class: a.Main\n\n', 'a/Main.class': javaClass('a.Main', { main: true }) });

/** Archives of a vendor, as its interface describes them. */
function adoptium(origin: string): Readonly<Record<string, Uint8Array | string>> {
  const archive = (name: string) =>
    gzipSync(
      createTar([
        { path: 'jdk-11.0.9/bin/java', mode: 0o755, content: name },
        { path: 'jdk-11.0.9/lib/src.zip', content: 'sources' },
      ]),
    );
  const describeArchive = (name: string) =>
    JSON.stringify([{ binary: { package: { link: `${origin}/files/${name}.tar.gz`, checksum: sha256(archive(name)), name: `${name}.tar.gz` } } }]);
  return {
    '/v3/info/available_releases': JSON.stringify({ available_releases: [8, 11, 17] }),
    '/v3/assets/latest/11/hotspot?architecture=x64&image_type=jdk&os=linux&vendor=eclipse': describeArchive('jdk'),
    '/v3/assets/latest/11/hotspot?architecture=x64&image_type=jre&os=linux&vendor=eclipse': describeArchive('jre'),
    '/files/jdk.tar.gz': archive('jdk'),
    '/files/jre.tar.gz': archive('jre'),
  };
}

async function startStandIn(): Promise<TestServer> {
  const server: TestServer = await startTestServer(({ url }, response) => {
    const content = { ...adoptium(server.origin), '/gradle-8.5-bin.zip': GRADLE, '/gradle-8.5-bin.zip.sha256': sha256(GRADLE) }[url];
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content);
  });
  return server;
}

async function kitFor(
  application: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  bindings = {},
): Promise<{ kit: BuildKit; maven: FakeMaven }> {
  const { repository, home } = distribution;
  const maven = createFakeMaven();
  maven.artifacts = { 'target/app.jar': JAR };
  const kit = createBuildKit({
    buildpack: javaBuildpack,
    buildpackDirectory: await createJavaBuildpackFolder(repository, home),
    application,
    run: maven.run,
    clock: FAKE_CLOCK,
    bindings,
    env: { TSPACK_DEBIAN_MIRROR: repository.mirrors.addresses.debian, ...env },
  });
  return { kit, maven };
}

const gradleApplication = (origin: string, more = '') => ({
  'build.gradle': "sourceCompatibility = '17'",
  'gradle/wrapper/gradle-wrapper.properties': `distributionUrl=${origin}/gradle-8.5-bin.zip\n${more}`,
  'src/main/java/a/Main.java': '',
});

describe('Gradle', () => {
  it('comes from where the wrapper says, builds, and keeps its caches but no credentials', async () => {
    await using server = await startStandIn();
    const bindings = { corp: { type: 'gradle', 'gradle.properties': 'corpPassword=very-secret-9\n' } };
    const { kit } = await kitFor(gradleApplication(server.origin), {}, bindings);
    using _kit = kit;
    kit.change('prepared.jar', JAR as unknown as string);
    const { exitCode, stdout, stderr, launch } = await kit.build();
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Gradle 8.5: asked for by gradle/wrapper/gradle-wrapper.properties');
    expect(stdout).toContain('asked for --no-daemon --console=plain assemble');
    expect(stdout).toContain('has properties');
    expect(launch?.processes[0]?.command).toEqual(['java', '-cp', '.', 'a.Main']);
    expect(readFileSync(join(kit.layersDirectory, 'gradle-caches/kept'), 'utf8')).toBe('kept\n');
    expect(existsSync(join(kit.layersDirectory, 'gradle/docs'))).toBe(false);
    const written = readdirSync(kit.layersDirectory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const entry of written) expect(readFileSync(join(entry.parentPath, entry.name), 'latin1')).not.toContain('very-secret-9');

    const asked = server.seen.length;
    expect((await kit.build()).stdout).toContain('Reusing the application');
    expect(server.seen).toHaveLength(asked);
  });

  it('says in one line why its distribution cannot be had', async () => {
    await using server = await startStandIn();
    const { kit } = await kitFor({
      ...gradleApplication(server.origin),
      'gradle/wrapper/gradle-wrapper.properties': `distributionUrl=${server.origin}/gradle-8.6-bin.zip\n`,
    });
    using _kit = kit;
    expect((await kit.build()).stderr).toMatch(
      /^Error: Cannot build with Gradle: its distribution cannot be fetched: .*404.* \[GRADLE_UNAVAILABLE\]\n {2}Commit the Gradle wrapper/,
    );
  });

  it('refuses a distribution with another checksum', async () => {
    await using server = await startStandIn();
    const { kit } = await kitFor(gradleApplication(server.origin, `distributionSha256Sum=${'0'.repeat(64)}\n`));
    using _kit = kit;
    expect((await kit.build()).exitCode).toBe(1);
    expect(existsSync(join(kit.layersDirectory, 'gradle.toml'))).toBe(false);
  });

  it('shows its output and one line when the compiler finds errors', async () => {
    await using server = await startStandIn();
    const { kit } = await kitFor({
      ...gradleApplication(server.origin),
      fail: 'Main.java:3: error: oh\n* What went wrong:\nCompilation failed; see the compiler error output\n',
    });
    using _kit = kit;
    const { stdout, stderr } = await kit.build();
    expect(stdout).toContain('Main.java:3: error: oh');
    expect(stderr).toContain('Cannot build with Gradle: the compiler found errors; the command was `gradle assemble` [JAVA_COMPILATION_FAILED]');
  });
});

describe('Adoptium', () => {
  const pom = '<project><artifactId>a</artifactId></project>';

  it('is asked when Debian has no such Java, and its archives become the layers', async () => {
    await using server = await startStandIn();
    const { kit } = await kitFor({ 'pom.xml': pom }, { BP_JVM_VERSION: '11', TSPACK_MIRROR_API_ADOPTIUM_NET: server.origin });
    using _kit = kit;
    const { exitCode, stdout } = await kit.build();
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('Java 11 from adoptium: asked for by "11" in BP_JVM_VERSION')]);
    expect(readFileSync(join(kit.layersDirectory, 'jre/bin/java'), 'utf8')).toBe('jre');
    expect(readFileSync(join(kit.layersDirectory, 'jdk/bin/java'), 'utf8')).toBe('jdk');
    expect(readFileSync(join(kit.layersDirectory, 'jre/usr/lib/jvm/java/lib/security/cacerts')).readUInt32BE(0)).toBe(0xfeedfeed);
    expect(existsSync(join(kit.layersDirectory, 'jre/usr/lib/jvm/java/lib/src.zip'))).toBe(false);
  });

  it('is asked for nothing when Debian has it', async () => {
    await using server = await startStandIn();
    const { kit } = await kitFor({ 'pom.xml': pom }, { BP_JVM_VERSION: '17', TSPACK_MIRROR_API_ADOPTIUM_NET: server.origin });
    using _kit = kit;
    expect((await kit.build()).exitCode).toBe(0);
    expect(server.seen).toEqual([]);
  });

  it('names what all sources offer when none has it', async () => {
    await using server = await startStandIn();
    const { kit } = await kitFor({ 'pom.xml': pom }, { BP_JVM_VERSION: '9', TSPACK_MIRROR_API_ADOPTIUM_NET: server.origin });
    using _kit = kit;
    expect((await kit.build()).stderr).toContain('debian offers 17.0.9, 21.0.4, 25; adoptium offers 8, 11, 17 [RUNTIME_UNAVAILABLE]');
  });
});

describe('the Maven wrapper', () => {
  it('takes a checksum from beside the distribution, and refuses one without', async () => {
    const distributionZip = zipFile({ 'apache-maven-3.9.11/boot/plexus-classworlds-2.9.jar': '', 'apache-maven-3.9.11/bin/m2.conf': '' });
    const sha512 = createHash('sha512').update(distributionZip).digest('hex');
    let hasChecksum = true;
    await using server = await startTestServer(({ url }, response) => {
      if (url === '/apache-maven-3.9.11-bin.zip') return void response.end(distributionZip);
      if (url === '/apache-maven-3.9.11-bin.zip.sha512') return void response.end(hasChecksum ? sha512 : 'nothing');
      response.writeHead(404).end();
    });
    const files = {
      'pom.xml': '<project><artifactId>a</artifactId></project>',
      '.mvn/wrapper/maven-wrapper.properties': `distributionUrl=${server.origin}/apache-maven-3.9.11-bin.zip\n`,
    };
    const { kit, maven } = await kitFor(files);
    using _kit = kit;
    expect(await kit.build()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Maven 3.9.11: asked for by .mvn/wrapper/maven-wrapper.properties') as string,
    });
    expect(maven.commands[0]).toContain(`-Dmaven.home=${join(kit.layersDirectory, 'maven')}`);
    hasChecksum = false;
    kit.change('.mvn/wrapper/maven-wrapper.properties', `distributionUrl=${server.origin}/apache-maven-3.9.11-bin.zip?\n`);
    expect((await kit.build()).exitCode).toBe(1);
  });
});
