import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readClassFile } from '../../../buildpacks/java/src/runnable/class-file.ts';
import { findArtifact, type ArtifactSearch } from '../../../buildpacks/java/src/runnable/find-artifact.ts';
import { parseManifest } from '../../../buildpacks/java/src/runnable/jar.ts';
import { layOut, type BuildFacts } from '../../../buildpacks/java/src/runnable/lay-out.ts';
import { emptyApplication, keepOutput, removeSources } from '../../../buildpacks/java/src/runnable/procfile-layout.ts';
import { parseLayersIndex } from '../../../buildpacks/java/src/runnable/spring-boot.ts';
import { servletPackages } from '../../../buildpacks/java/src/runnable/web-application.ts';
import type { BuildContext } from '../../../src/sdk/index.ts';
import { javaClass } from '../../support/java-class.ts';
import { zipFile } from '../../support/zip-file.ts';

let root: string;
let laidOut: string;
const lines: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'java-runnable-'));
  laidOut = join(root, 'laid-out');
  lines.length = 0;
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

const jar = (manifest: string, files: Readonly<Record<string, string | Uint8Array>> = {}) =>
  zipFile({ ...(manifest === '' ? {} : { 'META-INF/MANIFEST.MF': `Manifest-Version: 1.0\r\n${manifest}\r\n\r\n` }), ...files });
const search = (options: Partial<ArtifactSearch> = {}): ArtifactSearch => ({
  modules: ['.'],
  output: 'target',
  archives: 'target',
  pattern: undefined,
  ...options,
});
const noFacts: BuildFacts = { classes: undefined, mainClass: undefined, copyLibraries: undefined };
const context = (env: Readonly<Record<string, string>> = {}) => ({ env, log: { line: (text: string) => lines.push(text) } }) as unknown as BuildContext;
const files = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

describe('readClassFile()', () => {
  it('reads name, version and main method', () => {
    expect(readClassFile(javaClass('com.example.Main', { feature: 21, main: true }))).toEqual({ name: 'com.example.Main', feature: 21, hasMain: true });
    expect(readClassFile(javaClass('a.B', { feature: 8 }))).toEqual({ name: 'a.B', feature: 8, hasMain: false });
  });

  it('takes damaged and other files for none', () => {
    expect(readClassFile(Buffer.from('not a class'))).toBeUndefined();
    for (let length = 8; length < 60; length += 7) expect(readClassFile(javaClass('a.B', { main: true }).subarray(0, length))).toBeUndefined();
  });
});

describe('parseManifest()', () => {
  it('joins continued lines and stops at the first section', () => {
    expect(parseManifest('Main-Class: com.exam\r\n ple.Main\r\nA-B: c\r\n\r\nName: x\r\nMain-Class: y\r\n')).toEqual({
      'Main-Class': 'com.example.Main',
      'A-B': 'c',
    });
  });
});

describe('findArtifact()', () => {
  it('prefers what says most about how it wants to be started', () => {
    write({
      'target/app.jar': jar('', { 'a/B.class': javaClass('a.B') }),
      'target/app-sources.jar': jar('Main-Class: a.B'),
      'target/original-app.jar': jar('Main-Class: a.B'),
    });
    expect(findArtifact(root, search())).toEqual({ path: 'target/app.jar', kind: 'jar' });
    write({ 'target/other.jar': jar('Main-Class: a.B') });
    expect(findArtifact(root, search())).toEqual({ path: 'target/other.jar', kind: 'executable-jar' });
    write({ 'target/other-jar-with-dependencies.jar': jar('Main-Class: a.B') });
    expect(findArtifact(root, search()).path).toBe('target/other-jar-with-dependencies.jar');
    write({ 'target/app.war': jar('', { 'WEB-INF/web.xml': '' }) });
    expect(findArtifact(root, search())).toEqual({ path: 'target/app.war', kind: 'war' });
    write({ 'target/boot.jar': jar('Main-Class: org.springframework.boot.loader.launch.JarLauncher\r\nStart-Class: a.B') });
    expect(findArtifact(root, search())).toEqual({ path: 'target/boot.jar', kind: 'spring-boot' });
    write({ 'target/quarkus-app/quarkus-run.jar': jar('Main-Class: q.Q') });
    expect(findArtifact(root, search())).toEqual({ path: 'target/quarkus-app', kind: 'quarkus' });
  });

  it('takes the only module that has something to start, and names several', () => {
    write({ 'lib/target/lib.jar': jar(''), 'web/target/web.jar': jar('Main-Class: a.B') });
    expect(findArtifact(root, search({ modules: ['.', 'lib', 'web'] })).path).toBe('web/target/web.jar');
    write({ 'batch/target/batch.jar': jar('Main-Class: a.B') });
    expect(() => findArtifact(root, search({ modules: ['.', 'batch', 'web'] }))).toThrow(
      expect.objectContaining({
        code: 'JAVA_ARTIFACT_AMBIGUOUS',
        message: expect.stringContaining('batch/target/batch.jar and web/target/web.jar') as string,
      }) as Error,
    );
  });

  it('follows the pattern of the user, and says when nothing fits', () => {
    write({ 'target/a.jar': jar('Main-Class: a.B'), 'target/deep/b.jar': jar('Main-Class: a.B') });
    expect(findArtifact(root, search({ pattern: 'target/*/b.?ar' })).path).toBe('target/deep/b.jar');
    expect(() => findArtifact(root, search({ pattern: 'target/c.jar' }))).toThrow(expect.objectContaining({ code: 'JAVA_ARTIFACT_MISSING' }) as Error);
  });
});

describe('layOut()', () => {
  it('unpacks a Spring Boot jar into the layers of its index, and tells classes from resources', async () => {
    const index =
      '- "dependencies":\n  - "BOOT-INF/lib/a.jar"\n- "spring-boot-loader":\n  - "org/"\n- "snapshot-dependencies":\n  - "BOOT-INF/lib/b-SNAPSHOT.jar"\n- "application":\n  - "BOOT-INF/classes/"\n';
    write({
      'target/app.jar': jar(
        'Main-Class: org.springframework.boot.loader.launch.JarLauncher\r\nSpring-Boot-Classes: BOOT-INF/classes/\r\nSpring-Boot-Lib: BOOT-INF/lib/\r\nSpring-Boot-Layers-Index: BOOT-INF/layers.idx',
        {
          'BOOT-INF/classes/com/a/B.class': javaClass('com.a.B'),
          'BOOT-INF/classes/application.properties': '',
          'BOOT-INF/lib/a.jar': jar('', { 'x/Y.class': javaClass('x.Y') }),
          'BOOT-INF/lib/b-SNAPSHOT.jar': jar(''),
          'BOOT-INF/layers.idx': index,
          'org/springframework/boot/loader/launch/JarLauncher.class': javaClass('x'),
        },
      ),
    });
    const runnable = await layOut(context(), root, { path: 'target/app.jar', kind: 'spring-boot' }, laidOut, noFacts);
    expect(runnable).toMatchObject({
      command: ['java', '-cp', '.', 'org.springframework.boot.loader.launch.JarLauncher'],
      slices: [['BOOT-INF/lib/a.jar'], ['org'], ['BOOT-INF/lib/b-SNAPSHOT.jar'], ['BOOT-INF/classes/com/a/*.class']],
      classCount: 3,
      libraries: ['BOOT-INF/lib'],
    });
    expect(existsSync(join(laidOut, 'BOOT-INF/classes/application.properties'))).toBe(true);
  });

  it('keeps the folder of Quarkus as it is', async () => {
    write({
      'target/quarkus-app/quarkus-run.jar': jar('Main-Class: q'),
      'target/quarkus-app/lib/main/a-1.jar': jar(''),
      'target/quarkus-app/lib/main/b-1-SNAPSHOT.jar': jar(''),
      'target/quarkus-app/lib/boot/c.jar': jar(''),
      'target/quarkus-app/quarkus/generated-bytecode.jar': jar(''),
      'target/quarkus-app/app/app.jar': jar(''),
    });
    const { slices, command } = await layOut(context(), root, { path: 'target/quarkus-app', kind: 'quarkus' }, laidOut, noFacts);
    expect(slices).toEqual([['lib/boot/*.jar'], ['lib/main/a-1.jar'], ['lib/main/b-1-SNAPSHOT.jar'], ['quarkus']]);
    expect(command.slice(-2)).toEqual(['-jar', 'quarkus-run.jar']);
  });

  it('unpacks a jar that holds its libraries, with what the module compiled as a slice', async () => {
    write({
      'target/all.jar': jar('Main-Class: com.a.Main\r\nAdd-Opens: java.base/java.lang java.base/java.util', {
        'com/a/Main.class': javaClass('com.a.Main', { main: true }),
        'org/lib/L.class': javaClass('org.lib.L'),
      }),
      'target/classes/com/a/Main.class': javaClass('com.a.Main', { main: true }),
    });
    const facts = { ...noFacts, classes: join(root, 'target/classes'), copyLibraries: () => Promise.reject(new Error('it is complete')) };
    expect(await layOut(context(), root, { path: 'target/all.jar', kind: 'executable-jar' }, laidOut, facts)).toMatchObject({
      command: ['java', '--add-opens=java.base/java.lang=ALL-UNNAMED', '--add-opens=java.base/java.util=ALL-UNNAMED', '-cp', '.', 'com.a.Main'],
      slices: [['com/a/*.class']],
    });
  });

  it('leaves a jar whole whose content depends on being one', async () => {
    write({ 'target/m.jar': jar('Main-Class: a.B\r\nMulti-Release: true', { 'META-INF/versions/11/a/B.class': javaClass('a.B') }) });
    const runnable = await layOut(context(), root, { path: 'target/m.jar', kind: 'executable-jar' }, laidOut, noFacts);
    expect(runnable).toMatchObject({ command: ['java', '-jar', 'm.jar'], slices: [['m.jar']] });
    expect(lines).toEqual(['m.jar stays one file, because it has classes for several versions of Java']);
  });

  it('takes the libraries that a manifest names, in their order', async () => {
    write({
      'target/app.jar': jar('Main-Class: a.B\r\nClass-Path: lib/z.jar lib/a-1-SNAPSHOT.jar lib/none.jar', { 'a/B.class': javaClass('a.B') }),
      'target/lib/z.jar': jar(''),
      'target/lib/a-1-SNAPSHOT.jar': jar(''),
    });
    expect(await layOut(context(), root, { path: 'target/app.jar', kind: 'executable-jar' }, laidOut, noFacts)).toMatchObject({
      command: ['java', '-cp', 'classes:libs/z.jar:libs/a-1-SNAPSHOT.jar', 'a.B'],
      slices: [['libs/z.jar'], ['libs/a-1-SNAPSHOT.jar'], ['classes/a/*.class']],
    });
  });

  it('asks the build for the libraries of a plain jar, and finds its main class', async () => {
    write({ 'target/app.jar': jar('', { 'a/Main.class': javaClass('a.Main', { main: true }), 'a/B.class': javaClass('a.B') }) });
    const copyLibraries = (directory: string) => {
      mkdirSync(directory);
      writeFileSync(join(directory, 'lib.jar'), jar(''));
      return Promise.resolve();
    };
    expect(await layOut(context(), root, { path: 'target/app.jar', kind: 'jar' }, laidOut, { ...noFacts, copyLibraries })).toMatchObject({
      command: ['java', '-cp', 'classes:libs/*', 'a.Main'],
      libraries: ['libs'],
    });
  });

  it.each([
    [{ 'a/B.class': javaClass('a.B') }, {}, 'JAVA_MAIN_CLASS_MISSING'],
    [{ 'a/B.class': javaClass('a.B', { main: true }), 'C.class': javaClass('C', { main: true }) }, {}, 'JAVA_MAIN_CLASS_AMBIGUOUS'],
  ])('says when there is no one main class', async (content, env, code) => {
    write({ 'target/app.jar': jar('', content) });
    await expect(layOut(context(env), root, { path: 'target/app.jar', kind: 'jar' }, laidOut, noFacts)).rejects.toMatchObject({ code });
    await rm();
    const chosen = await layOut(context({ BP_JAVA_MAIN_CLASS: 'a.B' }), root, { path: 'target/app.jar', kind: 'jar' }, laidOut, noFacts);
    expect(chosen.command.at(-1)).toBe('a.B');
  });
  const rm = () => Promise.resolve(rmSync(laidOut, { recursive: true }));

  it('reads the start script of a Gradle distribution', async () => {
    write({
      'build/install/app/bin/app':
        '#!/bin/sh\nCLASSPATH=$APP_HOME/lib/app.jar:$APP_HOME/lib/z.jar\nset -- \\\n        -classpath "$CLASSPATH" \\\n        com.a.Main \\\n        "$@"\n',
      'build/install/app/bin/app.bat': '',
      'build/install/app/lib/app.jar': jar('', { 'com/a/Main.class': javaClass('com.a.Main') }),
      'build/install/app/lib/z.jar': jar(''),
    });
    const artifact = findArtifact(root, search({ output: 'build', archives: 'build/libs' }));
    expect(artifact).toEqual({ path: 'build/install/app', kind: 'distribution' });
    expect((await layOut(context(), root, artifact, laidOut, noFacts)).command).toEqual(['java', '-cp', 'classes:libs/z.jar', 'com.a.Main']);
  });
});

describe('servletPackages()', () => {
  it.each([
    ['jakarta', { 'WEB-INF/web.xml': '<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee"/>' }],
    ['javax', { 'WEB-INF/web.xml': '<web-app xmlns="http://xmlns.jcp.org/xml/ns/javaee"/>' }],
    ['javax', { 'WEB-INF/classes/a/S.class': javaClass('a.S', { mentions: ['javax/servlet/http/HttpServlet'] }) }],
    ['jakarta', { 'WEB-INF/lib/spring-web.jar': zipFile({ 'w/F.class': javaClass('w.F', { mentions: ['jakarta/servlet/Filter'] }) }) }],
    ['jakarta', { 'index.jsp': '' }],
  ] as const)('finds %s', (expected, content) => {
    write(content);
    expect(servletPackages(root)).toBe(expected);
  });
});

describe('parseLayersIndex()', () => {
  it('keeps layers without paths', () => {
    expect(parseLayersIndex('- "a":\r\n  - "x/"\r\n- "b":\r\n')).toEqual([
      { name: 'a', paths: ['x/'] },
      { name: 'b', paths: [] },
    ]);
  });
});

describe('an application with a Procfile', () => {
  it('keeps artifacts where they are, and nothing of sources and tools', () => {
    write({
      'pom.xml': '',
      'src/main/java/A.java': '',
      mvnw: '',
      '.mvn/jvm.config': '',
      'data/x.csv': '',
      Procfile: '',
      'target/app.jar': 'jar',
      'target/app-sources.jar': '',
      'target/lib/a.jar': 'a',
      'target/classes/A.class': '',
      'target/maven-status/x': '',
      'web/pom.xml': '',
      'web/src/B.java': '',
      'web/target/web.war': 'war',
    });
    keepOutput(root, search({ modules: ['.', 'web'] }), laidOut);
    expect(files(laidOut)).toEqual(['target/app.jar', 'target/lib/a.jar', 'web/target/web.war']);
    rmSync(laidOut, { recursive: true });
    removeSources(root, ['.', 'web']);
    expect(files(root)).toEqual(['Procfile', 'data/x.csv']);
  });
});

describe('emptyApplication()', () => {
  it('keeps the Procfile and what the user names', () => {
    write({ Procfile: '', 'config/app.yml': '', 'config/dev.yml': '', 'data/a/b.txt': '', 'src/A.java': '' });
    emptyApplication(root, 'config/app.yml:data:none/*');
    expect(files(root)).toEqual(['Procfile', 'config/app.yml', 'data/a/b.txt']);
    expect(readFileSync(join(root, 'Procfile'), 'utf8')).toBe('');
  });
});
