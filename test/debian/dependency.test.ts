import { describe, expect, test } from 'vitest';
import { formatDependencyGroup, parseDependencies } from '../../src/debian/dependency.ts';

const parse = (field: string) => parseDependencies(field, 'amd64').map(formatDependencyGroup);

describe('parseDependencies()', () => {
  test('reads alternatives, versions and qualifiers', () => {
    expect(parse('libc6 (>= 2.38), python3:any, awk|mawk (<<2:1.0~x) ,')).toEqual(['libc6 (>= 2.38)', 'python3:any', 'awk | mawk (<< 2:1.0~x)']);
  });

  test('reads the obsolete relations as policy 7.1 says', () => {
    expect(parse('a (< 1), b (> 2)')).toEqual(['a (<= 1)', 'b (>= 2)']);
  });

  test('drops what is for other architectures', () => {
    expect(parse('a [amd64 arm64], b [!amd64], c [i386] | d [linux-any], e [any-arm64]')).toEqual(['a', 'd']);
  });

  test('ignores build profiles', () => {
    expect(parse('a <!nocheck> <cross>')).toEqual(['a']);
  });

  test.each(['a (>= )', 'a (~ 1)', 'a b', '(>= 1)', 'a (>= 1'])('refuses %j', (field) => {
    expect(() => parse(field)).toThrow(expect.objectContaining({ code: 'DEBIAN_DEPENDENCY_INVALID' }));
  });
});
