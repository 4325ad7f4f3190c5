import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gradleFailed, mavenFailed } from '../../../buildpacks/java/src/errors.ts';
import { readMavenWrapper } from '../../../buildpacks/java/src/maven/maven-distribution.ts';
import { globalSettings, prepareMavenSettings, readJvmConfig } from '../../../buildpacks/java/src/maven/maven-settings.ts';
import { mavenArguments } from '../../../buildpacks/java/src/maven/run-maven.ts';
import { parseProperties } from '../../../buildpacks/java/src/properties.ts';
import { redact } from '../../../src/foundation/index.ts';
import type { Binding, BuildContext } from '../../../src/sdk/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'java-maven-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function bound(type: string, files: Readonly<Record<string, string>>): Binding {
  for (const [name, content] of Object.entries(files)) write(join('binding', name), content);
  return { name: 'repo', type, provider: undefined, directory: join(root, 'binding'), keys: Object.keys(files), read: (key) => files[key] };
}

const context = (bindings: readonly Binding[], env: Readonly<Record<string, string>> = {}) =>
  ({ bindings, env, log: { line: () => undefined } }) as unknown as BuildContext;

describe('mavenArguments()', () => {
  it.each([
    [{}, undefined, ['-Dmaven.test.skip=true', 'package']],
    [{ BP_MAVEN_BUILD_ARGUMENTS: 'verify -Da="b c"' }, undefined, ['verify', '-Da=b c']],
    [
      { BP_MAVEN_ACTIVE_PROFILES: 'prod,web', BP_MAVEN_ADDITIONAL_BUILD_ARGUMENTS: '-X' },
      'apps/web',
      ['--projects', 'apps/web', '--also-make', '--activate-profiles', 'prod,web', '-Dmaven.test.skip=true', 'package', '-X'],
    ],
  ] as const)('%j', (env, module, expected) => {
    expect(mavenArguments(env as Record<string, string>, module)).toEqual(expected);
  });
});

describe('prepareMavenSettings()', () => {
  it('uses the settings of a binding where they lie, and redacts their secrets', async () => {
    const settings = '<settings><servers><server><id>corp</id><username>bot</username><password>hunter2-secret</password></server></servers></settings>';
    const binding = bound('maven', { type: 'maven', 'settings.xml': settings, 'settings-security.xml': '<settingsSecurity/>' });
    const { arguments: args } = await prepareMavenSettings(context([binding]), root);
    expect(args).toEqual(['--settings', join(root, 'binding/settings.xml'), `-Dsettings.security=${join(root, 'binding/settings-security.xml')}`]);
    expect(redact('it said hunter2-secret')).not.toContain('hunter2');
  });

  it('refuses settings that are no XML, with the place', async () => {
    const binding = bound('maven', { type: 'maven', 'settings.xml': '<settings>\n<servers>\n</settings>' });
    await expect(prepareMavenSettings(context([binding]), root)).rejects.toMatchObject({
      code: 'XML_INVALID',
      message: expect.stringContaining('settings.xml of the binding "repo":3:') as string,
    });
  });

  it('never looks into a home, and puts mirror and proxy into global settings', async () => {
    const { arguments: args } = await prepareMavenSettings(context([], { TSPACK_MAVEN_MIRROR: 'https://mirror.test/a?b&c' }), root);
    expect(args).toEqual(['--settings', join(root, 'settings.xml'), '--global-settings', join(root, 'global-settings.xml')]);
    expect(readFileSync(join(root, 'global-settings.xml'), 'utf8')).toBe(
      '<settings><mirrors><mirror><id>mirror</id><mirrorOf>central</mirrorOf><url>https://mirror.test/a?b&amp;c</url></mirror></mirrors></settings>\n',
    );
  });
});

describe('globalSettings()', () => {
  it('writes proxies with their users, and nothing without any', () => {
    expect(globalSettings({})).toBeUndefined();
    expect(globalSettings({ https_proxy: 'http://me:p%40ss@proxy.test:3128', no_proxy: 'localhost,.corp' })).toBe(
      '<settings><proxies><proxy><id>https</id><protocol>https</protocol><host>proxy.test</host><port>3128</port><username>me</username><password>p@ss</password><nonProxyHosts>localhost|*.corp</nonProxyHosts></proxy></proxies></settings>\n',
    );
  });
});

describe('readMavenWrapper()', () => {
  it('reads address, version and checksum', () => {
    expect(readMavenWrapper(root)).toBeUndefined();
    write('.mvn/wrapper/maven-wrapper.properties', 'distributionUrl=https\\://repo.test/apache-maven-3.9.11-bin.zip\ndistributionSha256Sum = AB\n');
    expect(readMavenWrapper(root)).toEqual({ url: 'https://repo.test/apache-maven-3.9.11-bin.zip', version: '3.9.11', sha256: 'AB' });
  });
});

describe('readJvmConfig()', () => {
  it('takes words of all lines', () => {
    write('.mvn/jvm.config', '-Xmx1g\n  --add-opens java.base/java.lang=ALL-UNNAMED\n');
    expect(readJvmConfig(root)).toEqual(['-Xmx1g', '--add-opens', 'java.base/java.lang=ALL-UNNAMED']);
  });
});

describe('parseProperties()', () => {
  it('reads separators, escapes, continued lines and comments', () => {
    expect({ ...parseProperties('a=1\nb : 2\nc 3\n# no\n! no\nlong = x\\\n   y\nurl=https\\://h\nk\\=ey=v\nu=\\u00e9\nempty=\n') }).toEqual({
      a: '1',
      b: '2',
      c: '3',
      long: 'xy',
      url: 'https://h',
      'k=ey': 'v',
      u: 'é',
      empty: '',
    });
  });
});

describe('mavenFailed()', () => {
  it.each([
    [
      "[ERROR] COMPILATION ERROR : \n[ERROR] /workspace/src/main/java/a/B.java:[12,8] ';' expected\n",
      'JAVA_COMPILATION_FAILED',
      'first at src/main/java/a/B.java:12',
    ],
    [
      '[ERROR] Could not transfer artifact a:b:jar:1 from/to corp (https://corp.test/maven): status code: 401, reason phrase: Unauthorized (401)',
      'MAVEN_UNAUTHORIZED',
      'corp at https://corp.test/maven',
    ],
    [
      '[ERROR] Could not transfer artifact a:b:pom:1 from/to corp (https://corp.test/m): Connect to corp.test:443 failed: Connection refused',
      'MAVEN_UNREACHABLE',
      'corp at https://corp.test/m',
    ],
    ['[ERROR] PKIX path building failed: unable to find valid certification path', 'MAVEN_UNREACHABLE', 'certificate is not trusted'],
    ['[ERROR] Could not find artifact org.none:none:jar:9 in central (https://c.test)', 'MAVEN_ARTIFACT_MISSING', 'org.none:none:jar:9'],
    ['[ERROR] Cannot access central in offline mode and the artifact a:b:1 has not been downloaded', 'MAVEN_OFFLINE', 'TSPACK_OFFLINE'],
    [
      '[ERROR] Failed to execute goal x:y: something else',
      'MAVEN_FAILED',
      'it ended with 1: Failed to execute goal x:y: something else; the command was `mvn package`',
    ],
    ['', 'MAVEN_FAILED', 'it ended with 1; the command was `mvn package`'],
  ])('tells %j', (tail, code, message) => {
    expect(mavenFailed(tail, 'it ended with 1', 'mvn package')).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});

describe('gradleFailed()', () => {
  it.each([
    [
      '> Task :compileJava FAILED\nA.java:3: error: x\n* What went wrong:\nCompilation failed; see the compiler output',
      'JAVA_COMPILATION_FAILED',
      'found errors',
    ],
    ["* What went wrong:\nCould not GET 'https://x.test'. Received status code 401 from server: Unauthorized", 'GRADLE_UNAUTHORIZED', 'refused'],
    ["* What went wrong:\nTask 'bootJar' not found", 'GRADLE_FAILED', "it ended with 1: Task 'bootJar' not found"],
  ])('tells %j', (tail, code, message) => {
    expect(gradleFailed(tail, 'it ended with 1', 'gradle assemble')).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});
