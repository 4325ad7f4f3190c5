import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TspackError } from '../../../src/foundation/index.ts';
import { compareVersions, findRegistered } from '../../../src/platform/modules/registry-index.ts';
import { mutate } from '../../support/mutate-text.ts';
import { seededRandom } from '../../support/random.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'tspack-index-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const DIGEST = `sha256:${'1'.repeat(64)}`;
const line = (version: string, more: object = {}) =>
  JSON.stringify({ ns: 'acme', name: 'node', version, yanked: false, addr: `example.org/acme/node-${version}@${DIGEST}`, ...more });

function write(path: string, ...lines: readonly string[]): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.map((each) => `${each}\n`).join(''));
}

const find = (name: string, version?: string) => findRegistered(directory, { namespace: 'acme', name, ...(version === undefined ? {} : { version }) });

describe('findRegistered()', () => {
  it('finds the version named, else the highest that was not withdrawn', () => {
    write('no/de/acme_node', line('1.9.0'), line('1.10.0'), line('1.10.0-rc.1'), line('2.0.0', { yanked: true }));
    expect(find('node').version).toBe('1.10.0');
    expect(find('node', '1.9.0')).toEqual({ version: '1.9.0', yanked: false, address: `example.org/acme/node-1.9.0@${DIGEST}` });
    expect(find('node', '2.0.0').yanked).toBe(true);
  });

  it('finds, or refuses as a broken index, whatever stands in a line', () => {
    const random = seededRandom(17);
    const codes = new Set<string>();
    for (let count = 0; count < 1000; count++) {
      write('no/de/acme_node', mutate(line('1.0.0'), random));
      try {
        find('node');
        codes.add('found');
      } catch (error) {
        codes.add(error instanceof TspackError ? String(error.code) : String(error));
      }
    }
    // Nothing else, such as words about the name of an image that the user never wrote.
    expect([...codes].filter((code) => code !== 'BUILDPACK_NOT_REGISTERED').sort()).toEqual(['BUILDPACK_REGISTRY_INVALID', 'found']);
  });

  it.each([
    ['a', '1/acme_a'],
    ['ab', '2/acme_ab'],
    ['abc', '3/ab/acme_abc'],
    ['abcd', 'ab/cd/acme_abcd'],
  ])('looks for %s in %s', (name, path) => {
    write(path, line('1.0.0'));
    expect(find(name).version).toBe('1.0.0');
  });

  it('says what to set without an index, and what there is in one', () => {
    expect(() => findRegistered(undefined, { namespace: 'acme', name: 'node' })).toThrow(
      expect.objectContaining({ code: 'BUILDPACK_REGISTRY_UNSET', nextStep: expect.stringContaining('TSPACK_BUILDPACK_REGISTRY') }),
    );
    expect(() => find('node')).toThrow(expect.objectContaining({ code: 'BUILDPACK_NOT_REGISTERED' }));
    write('no/de/acme_node', line('1.9.0'), line('2.0.0', { yanked: true }));
    expect(() => find('node', '3.0.0')).toThrow('there is 1.9.0, 2.0.0 (withdrawn)');
  });

  it.each([['not JSON'], ['null'], ['{"version":1,"addr":"x"}'], ['{"version":"1.0.0","addr":"example.org/acme/node:1"}']])('refuses the line %s', (text) => {
    write('no/de/acme_node', text);
    expect(() => find('node')).toThrow(expect.objectContaining({ code: 'BUILDPACK_REGISTRY_INVALID' }));
  });
});

describe('compareVersions()', () => {
  it('orders as semver.org does', () => {
    const ordered = [
      'not-a-version',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.2.0',
      '1.10.0',
    ];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
    expect(compareVersions('1.0.0+a', 'v1.0.0+b')).toBe(0);
  });
});
