import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findVersionRequests, newestCompilerFor, parseJavaVersion, pomVersionRequests } from '../../../buildpacks/java/src/java-version.ts';
import { readPom } from '../../../buildpacks/java/src/project/pom.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'java-version-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

const project = (content: string) => `<project>\n<artifactId>app</artifactId>\n${content}\n</project>\n`;
const compiler = (configuration: string) =>
  `<build><plugins><plugin><artifactId>maven-compiler-plugin</artifactId><configuration>${configuration}</configuration></plugin></plugins></build>`;

describe('parseJavaVersion()', () => {
  it.each([
    ['17', 17, undefined],
    ['1.8', 8, undefined],
    ['1.7.0_80', 7, undefined],
    ['21.0.4', 21, '21.0.4'],
    ['21.0.4-tem', 21, '21.0.4'],
    ['temurin-17.0.9+9', 17, '17.0.9'],
    ['openjdk64-11.0.2', 11, '11.0.2'],
    ['17.*', 17, undefined],
    ['[17,18)', 17, undefined],
    ['25', 25, undefined],
  ])('reads %s', (text, feature, exact) => {
    expect(parseJavaVersion({ text, source: '.java-version' })).toEqual({ feature, exact });
  });

  it.each(['', 'latest', '3', 'jdk'])('refuses "%s"', (text) => {
    expect(() => parseJavaVersion({ text, source: 'system.properties' })).toThrow(
      expect.objectContaining({ code: 'JAVA_VERSION_INVALID', message: expect.stringContaining('system.properties') as string }) as Error,
    );
  });
});

describe('newestCompilerFor()', () => {
  it('knows which compilers have dropped old language levels', () => {
    expect([5, 6, 7, 8, 21].map(newestCompilerFor)).toEqual([8, 11, 19, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});

describe('findVersionRequests()', () => {
  const none = { javaVersion: undefined, sdkmanrc: undefined, toolVersions: undefined, systemProperties: undefined };

  it('orders what names a version before what code is compiled for', () => {
    const requests = findVersionRequests(
      { BP_JVM_VERSION: '25' },
      {
        javaVersion: '# comment\n21\n',
        sdkmanrc: '# enable auto-env\njava=21.0.4-tem\n',
        toolVersions: 'nodejs 22\njava temurin-17.0.9+9\n',
        systemProperties: 'java.runtime.version = 11\n',
      },
      [
        { text: '8', source: 'pom.xml:3 maven.compiler.source', kind: 'target' },
        { text: '17', source: 'pom.xml:9 maven-toolchains-plugin', kind: 'version' },
      ],
    );
    expect(requests.map(({ text, source }) => [text, source])).toEqual([
      ['25', 'BP_JVM_VERSION'],
      ['21', '.java-version'],
      ['21.0.4-tem', '.sdkmanrc'],
      ['temurin-17.0.9+9', '.tool-versions'],
      ['11', 'system.properties'],
      ['17', 'pom.xml:9 maven-toolchains-plugin'],
      ['8', 'pom.xml:3 maven.compiler.source'],
    ]);
  });

  it('finds nothing in files that say nothing', () => {
    expect(findVersionRequests({}, { ...none, javaVersion: '\n', sdkmanrc: 'gradle=8', systemProperties: 'a=b' }, [])).toEqual([]);
  });
});

describe('pomVersionRequests()', () => {
  it('reads plugin configuration and properties with their lines, and replaces properties', async () => {
    write({
      'pom.xml': project(
        `<properties>\n<jdk>17</jdk>\n<maven.compiler.source>\${jdk}</maven.compiler.source>\n</properties>\n${compiler('<release>11</release>')}`,
      ),
    });
    expect(pomVersionRequests(await readPom(root))).toEqual([
      { text: '11', source: 'pom.xml:7 release of maven-compiler-plugin', kind: 'target' },
      { text: '17', source: 'pom.xml:5 maven.compiler.source', kind: 'target' },
    ]);
  });

  it('leaves out what only files elsewhere tell', async () => {
    write({ 'pom.xml': project('<properties><maven.compiler.release>${from.parent}</maven.compiler.release></properties>') });
    expect(pomVersionRequests(await readPom(root))).toEqual([]);
  });

  it('inherits from parents in the application, and a module wins over them', async () => {
    write({
      'pom.xml': `<project><artifactId>parent</artifactId><properties><java.version>17</java.version><maven.compiler.release>17</maven.compiler.release></properties></project>`,
      'web/pom.xml': `<project><parent><groupId>g</groupId><artifactId>parent</artifactId><version>1</version></parent><artifactId>web</artifactId><properties><java.version>21</java.version></properties></project>`,
    });
    const pom = await readPom(root, 'web/pom.xml');
    expect(pom).toMatchObject({ groupId: 'g', artifactId: 'web', version: '1', packaging: 'jar' });
    expect(pomVersionRequests(pom).map(({ text, source }) => [text, source])).toEqual([
      ['17', 'pom.xml:1 maven.compiler.release'],
      ['21', 'web/pom.xml:1 java.version'],
    ]);
  });

  it('knows the JDK of the toolchains plugin as a version', async () => {
    write({
      'pom.xml': project(
        '<build><plugins><plugin><artifactId>maven-toolchains-plugin</artifactId><configuration><toolchains><jdk><version>21</version></jdk></toolchains></configuration></plugin></plugins></build>',
      ),
    });
    expect(pomVersionRequests(await readPom(root))).toEqual([{ text: '21', source: 'pom.xml:3 maven-toolchains-plugin', kind: 'version' }]);
  });
});

describe('readPom()', () => {
  it.each([
    ['<project>\n<artifactId>a</artifactId>\n</projekt>', 'XML_INVALID', 'pom.xml:3:'],
    ['<settings/>', 'JAVA_POM_INVALID', 'pom.xml:1: want the element "project", got "settings"'],
    ['<project/>', 'JAVA_POM_INVALID', 'pom.xml:1: there is no artifactId'],
  ])('refuses %j with file and line', async (text, code, message) => {
    write({ 'pom.xml': text });
    await expect(readPom(root)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it('ends when parents name each other, and never leaves the application', async () => {
    write({
      'pom.xml': '<project><parent><relativePath>../../etc</relativePath></parent><artifactId>a</artifactId></project>',
      'x/pom.xml': '<project><parent><relativePath>../y</relativePath></parent><artifactId>x</artifactId></project>',
      'y/pom.xml': '<project><parent><relativePath>../x/pom.xml</relativePath></parent><artifactId>y</artifactId></project>',
    });
    expect((await readPom(root)).chain).toHaveLength(1);
    expect((await readPom(root, 'x/pom.xml')).chain).toHaveLength(20);
  });
});
