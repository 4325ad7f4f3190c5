import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gradleArguments } from '../../../buildpacks/java/src/gradle/build-gradle.ts';
import { readGradleWrapper } from '../../../buildpacks/java/src/gradle/gradle-distribution.ts';
import { gradleMainClass, gradleVersionRequests, usesApplicationPlugin } from '../../../buildpacks/java/src/gradle/gradle-script.ts';
import { newestJavaFor } from '../../../buildpacks/java/src/gradle/gradle-versions.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'java-gradle-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

describe('gradleVersionRequests()', () => {
  it.each([
    ['build.gradle', 'java {\n  toolchain {\n    languageVersion = JavaLanguageVersion.of(21)\n  }\n}', '21', 'build.gradle:3 toolchain', 'version'],
    ['build.gradle.kts', 'java { toolchain { languageVersion.set(JavaLanguageVersion.of(17)) } }', '17', 'build.gradle.kts:1 toolchain', 'version'],
    ['build.gradle.kts', 'kotlin {\n jvmToolchain(25)\n}', '25', 'build.gradle.kts:2 jvmToolchain', 'version'],
    ['build.gradle', "sourceCompatibility = '11'", '11', 'build.gradle:1 sourceCompatibility', 'target'],
    ['build.gradle', 'targetCompatibility = JavaVersion.VERSION_1_8', '1.8', 'build.gradle:1 targetCompatibility', 'target'],
    ['build.gradle', 'tasks.withType(JavaCompile) { options.release = 17 }', '17', 'build.gradle:1 release', 'target'],
  ] as const)('reads %s: %j', (file, content, text, source, kind) => {
    write(file, content);
    expect(gradleVersionRequests(root, undefined)[0]).toEqual({ text, source, kind });
  });

  it('asks the module before the root', () => {
    write('build.gradle', "sourceCompatibility = '11'");
    write('web/build.gradle', "sourceCompatibility = '17'");
    expect(gradleVersionRequests(root, 'web').map(({ text }) => text)).toEqual(['17', '11']);
  });
});

describe('newestJavaFor()', () => {
  it('knows what each version of Gradle runs on', () => {
    expect(['4.10', '5.6', '7.0', '7.6.4', '8.4', '8.5', '8.14.3', '9.0', '9.1', '9.9', '10.0'].map(newestJavaFor)).toEqual([
      undefined,
      11,
      16,
      19,
      20,
      21,
      24,
      24,
      25,
      undefined,
      undefined,
    ]);
  });
});

describe('readGradleWrapper()', () => {
  const file = 'gradle/wrapper/gradle-wrapper.properties';

  it('reads address, version and checksum', () => {
    write(file, `distributionUrl=https\\://gradle.test/distributions/gradle-8.10.2-bin.zip\ndistributionSha256Sum=${'a'.repeat(64)}\n`);
    expect(readGradleWrapper(root)).toEqual({ url: 'https://gradle.test/distributions/gradle-8.10.2-bin.zip', version: '8.10.2', sha256: 'a'.repeat(64) });
  });

  it.each([
    [undefined, 'GRADLE_UNAVAILABLE'],
    ['', 'GRADLE_WRAPPER_INVALID'],
    ['distributionUrl=gradle-8.zip', 'GRADLE_WRAPPER_INVALID'],
    ['distributionUrl=https\\://x.test/other.zip', 'GRADLE_WRAPPER_INVALID'],
    ['distributionUrl=https\\://x.test/gradle-8.5-bin.zip\ndistributionSha256Sum=12', 'GRADLE_WRAPPER_INVALID'],
  ])('refuses %j', (content, code) => {
    if (content !== undefined) write(file, content);
    expect(() => readGradleWrapper(root)).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('gradleArguments()', () => {
  it.each([
    [{}, undefined, false, ['assemble']],
    [{}, undefined, true, ['assemble', 'installDist']],
    [{ BP_GRADLE_ADDITIONAL_BUILD_ARGUMENTS: '--info' }, 'apps/web', false, [':apps:web:assemble', '--info']],
    [{ BP_GRADLE_BUILD_ARGUMENTS: 'bootJar -Pv="1 2"' }, undefined, true, ['bootJar', '-Pv=1 2']],
  ] as const)('%j', (env, module, isApplication, expected) => {
    expect(gradleArguments(env as Record<string, string>, module, isApplication)).toEqual(expected);
  });
});

describe('build scripts', () => {
  it.each([
    ['build.gradle', "plugins {\n    id 'application'\n}\napplication { mainClass = 'com.a.Main' }", true, 'com.a.Main'],
    ['build.gradle.kts', 'plugins {\n    application\n}\napplication { mainClass.set("com.a.MainKt") }', true, 'com.a.MainKt'],
    ['build.gradle', "apply plugin: 'application'\nmainClassName = 'a.B'", true, 'a.B'],
    ['build.gradle', "plugins { id 'java' }", false, undefined],
  ])('%s: %j', (file, content, isApplication, mainClass) => {
    write(file, content);
    expect([usesApplicationPlugin(root, undefined), gradleMainClass(root, undefined)]).toEqual([isApplication, mainClass]);
  });
});
