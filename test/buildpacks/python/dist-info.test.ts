import { describe, expect, it } from 'vitest';
import { describeDistributions, parseMetadata } from '../../../buildpacks/python/src/dist-info.ts';
import { markerEnvironment } from '../../../buildpacks/python/src/markers.ts';

const environment = markerEnvironment('3.13.5', 'amd64');

describe('parseMetadata()', () => {
  it.each([
    ['License-Expression: MIT OR ISC\nLicense: other', ['MIT OR ISC']],
    ['License: BSD-3-Clause', ['BSD-3-Clause']],
    [`License: ${'The whole text. '.repeat(20)}\nClassifier: License :: OSI Approved :: Apache Software License`, ['Apache Software License']],
    ['License: UNKNOWN', []],
  ])('finds the licence in %j', (text, licences) => {
    expect(parseMetadata(`Name: x\nVersion: 1\n${text}\n`, 'f').licences).toEqual(licences);
  });

  it('finds the homepage, and reads no further than the header', () => {
    const text =
      'Name: x\r\nVersion: 1\r\nSummary: a\r\n  long one\r\nProject-URL: Changes, https://x.test/c\r\nProject-URL: Source, https://x.test/s\r\nRequires-Dist: y (>=1)\r\n\r\nName: z\r\n';
    expect(parseMetadata(text, 'f')).toMatchObject({
      name: 'x',
      summary: 'a long one',
      homepage: 'https://x.test/s',
      requires: [{ name: 'y', specifier: '>=1' }],
    });
  });
});

describe('describeDistributions()', () => {
  it('draws edges to what is there, for this environment and for extras that are installed', () => {
    const distribution = (name: string, requires: string) => parseMetadata(`Name: ${name}\nVersion: 1.0\n${requires}`, `${name}/METADATA`);
    const all = [
      distribution(
        'Web_App',
        'Requires-Dist: six\nRequires-Dist: tzdata ; sys_platform == "win32"\nRequires-Dist: fast ; extra == "speed"\nRequires-Dist: gone',
      ),
      ...['six', 'tzdata', 'fast'].map((name) => distribution(name, '')),
    ];
    expect(describeDistributions(all, environment, { six: 'ab' })).toMatchObject([
      { name: 'web-app', purl: 'pkg:pypi/web-app@1.0', dependsOn: ['pkg:pypi/six@1.0', 'pkg:pypi/fast@1.0'] },
      { name: 'six', hashes: [{ algorithm: 'SHA-256', hex: 'ab' }] },
      { name: 'tzdata', hashes: [] },
      { name: 'fast' },
    ]);
  });
});
