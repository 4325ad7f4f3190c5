import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareVersions } from '../../src/debian/index.ts';
import { satisfiesVersion } from '../../src/debian/version.ts';

// Written by `dpkg --compare-versions` for chosen and random pairs.
const golden = readFileSync(join(import.meta.dirname, '../golden/debian/versions.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' ') as [string, '<' | '=' | '>', string]);

describe('compareVersions()', () => {
  test('orders as dpkg does', () => {
    const sign = { '<': -1, '=': 0, '>': 1 };
    const wrong = golden.filter(([a, relation, b]) => Math.sign(compareVersions(a, b)) !== sign[relation]);
    expect(golden.length).toBeGreaterThan(300);
    expect(wrong).toEqual([]);
  });

  test('is the opposite the other way round', () => {
    for (const [a, , b] of golden) expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
  });
});

describe('satisfiesVersion()', () => {
  test.each([
    ['1.0', '<<', '1.1', true],
    ['1.0', '<=', '1.0-0', true],
    ['1.0~rc1', '>=', '1.0', false],
    ['1:1', '>>', '9', true],
    ['1.0', '=', '1.00', true],
  ] as const)('%s %s %s is %s', (version, relation, wanted, result) => {
    expect(satisfiesVersion(version, relation, wanted)).toBe(result);
  });
});
