import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeLibraries } from '../../../buildpacks/java/src/sbom/describe-libraries.ts';
import { spdxLicence } from '../../../buildpacks/java/src/sbom/licence-names.ts';
import { zipFile } from '../../support/zip-file.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'java-sbom-'));
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

const describeAll = async (folders: readonly string[], repository?: { kind: 'maven' | 'gradle'; directory: string }) =>
  await describeLibraries(join(root, 'app'), '/workspace', folders, repository);
const plain = zipFile({ 'a.txt': 'a' });

describe('describeLibraries()', () => {
  it("takes names, licences, hashes and edges from Maven's local repository and the parents in it", async () => {
    const parent = '<project><licenses><license><name>Apache License, Version 2.0</name></license></licenses><url>https://a.test</url></project>';
    const pom =
      '<project><parent><groupId>org.a</groupId><artifactId>parent</artifactId><version>5</version></parent><artifactId>core</artifactId><description>The\n core</description>' +
      '<dependencies><dependency><groupId>${project.groupId}</groupId><artifactId>util</artifactId></dependency>' +
      '<dependency><groupId>org.a</groupId><artifactId>util</artifactId><scope>test</scope></dependency></dependencies></project>';
    write({
      'app/libs/core-1.0.jar': plain,
      'app/libs/org.a.util-2.jar': zipFile({}),
      'repo/org/a/core/1.0/core-1.0.jar': plain,
      'repo/org/a/core/1.0/core-1.0.pom': pom,
      'repo/org/a/parent/5/parent-5.pom': parent,
      'repo/org/a/util/2/util-2.jar': '',
      'repo/org/a/util/2/util-2.pom': 'not xml',
    });
    expect(await describeAll(['libs'], { kind: 'maven', directory: join(root, 'repo') })).toEqual([
      {
        type: 'library',
        name: 'org.a:core',
        version: '1.0',
        id: 'pkg:maven/org.a/core@1.0',
        purl: 'pkg:maven/org.a/core@1.0',
        description: 'The core',
        homepage: 'https://a.test',
        licences: ['Apache-2.0'],
        hashes: [
          { algorithm: 'SHA-1', hex: createHash('sha1').update(plain).digest('hex') },
          { algorithm: 'SHA-256', hex: createHash('sha256').update(plain).digest('hex') },
        ],
        locations: ['/workspace/libs/core-1.0.jar'],
        dependsOn: ['pkg:maven/org.a/util@2'],
      },
      expect.objectContaining({ purl: 'pkg:maven/org.a/util@2', licences: [], dependsOn: [], locations: ['/workspace/libs/org.a.util-2.jar'] }),
    ]);
  });

  it("reads Gradle's cache", async () => {
    write({
      'app/libs/core-1.0.jar': plain,
      'repo/org.a/core/1.0/0123/core-1.0.jar': plain,
      'repo/org.a/core/1.0/4567/core-1.0.pom': '<project><licenses><license><name>MIT</name></license></licenses></project>',
    });
    expect(await describeAll(['libs'], { kind: 'gradle', directory: join(root, 'repo') })).toMatchObject([
      { purl: 'pkg:maven/org.a/core@1.0', licences: ['MIT'] },
    ]);
  });

  it('believes the descriptions in jars, those that a jar holds of others too, and else the name', async () => {
    const described = (artifactId: string, version: string) => ({
      [`META-INF/maven/org.b/${artifactId}/pom.properties`]: `version=${version}\ngroupId=org.b\nartifactId=${artifactId}\n`,
      [`META-INF/maven/org.b/${artifactId}/pom.xml`]: '<project><licenses><license><name>EPL 2.0</name></license></licenses></project>',
    });
    write({
      'app/libs/outer-3.jar': zipFile({ ...described('outer', '3'), ...described('inner', '4') }),
      'app/libs/nobody-9.9-rc1.jar': plain,
      'app/libs/broken.jar': 'no zip',
      'app/META-INF/maven/org.b/shaded/pom.properties': 'version=7\ngroupId=org.b\nartifactId=shaded\n',
    });
    const found = await describeAll(['libs']);
    expect(found.map(({ name, version, purl, licences }) => [name, version, purl, licences])).toEqual([
      ['broken', '', undefined, []],
      ['nobody', '9.9-rc1', undefined, []],
      ['org.b:outer', '3', 'pkg:maven/org.b/outer@3', ['EPL-2.0']],
      ['org.b:inner', '4', 'pkg:maven/org.b/inner@4', ['EPL-2.0']],
      ['org.b:shaded', '7', 'pkg:maven/org.b/shaded@7', []],
    ]);
  });
});

describe('spdxLicence()', () => {
  it.each([
    ['The Apache Software License, Version 2.0', 'Apache-2.0'],
    ['MIT License', 'MIT'],
    ['The New BSD License', 'BSD-3-Clause'],
    ['EDL 1.0', 'BSD-3-Clause'],
    ['Eclipse Public License v2.0', 'EPL-2.0'],
    ['GPL2 w/ CPE', 'GPL-2.0-only WITH Classpath-exception-2.0'],
    ['GNU Lesser General Public License v2.1', 'LGPL-2.1-only'],
    ['Our own licence', 'Our own licence'],
  ])('%s', (name, expected) => {
    expect(spdxLicence(name, '')).toBe(expected);
  });

  it('looks at the address when there is no name', () => {
    expect(spdxLicence('', 'https://www.apache.org/licenses/LICENSE-2.0.txt')).toBe('Apache-2.0');
  });
});
