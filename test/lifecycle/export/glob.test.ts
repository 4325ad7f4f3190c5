import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../../src/lifecycle/export/glob.ts';

describe('compileGlob()', () => {
  // As Go's filepath.Match answers.
  it.each([
    ['abc', 'abc', true],
    ['*', 'abc', true],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'ab/c', false],
    ['a*/b', 'abc/b', true],
    ['a*/b', 'a/c/b', false],
    ['**', 'a/b', false],
    ['a/**', 'a/b', true],
    ['a/**', 'a/b/c', false],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a?b', 'a/b', false],
    ['a[^a]b', 'a/b', true],
    ['[a-ζ]*', 'α', true],
    ['[\\]a]', ']', true],
    ['[\\-]', '-', true],
    ['[x\\-]', 'z', false],
    ['[\\-x]', 'a', false],
    ['[c-a]', 'b', false],
    ['.', 'a', false],
    ['./a//b', 'a/b', true],
    ['a/../b', 'b', true],
    ['/a', 'a', false],
    ['a+(b)', 'a+(b)', true],
    ['a.b', 'axb', false],
    ['{a,b}', 'a', false],
    ['a\nb*', 'a\nbc', true],
  ])('%j on %j: %s', (pattern, path, matches) => {
    expect(compileGlob(pattern)!(path)).toBe(matches);
  });

  it.each(['[', '[^', 'a[', '[]a]', '[-]', '[x-]', '[-x]', '[a-b-c]', '[^bc', 'a\\', '[\\', '[a\\'])('does not know the malformed %j', (pattern) => {
    expect(compileGlob(pattern)).toBeUndefined();
  });
});
