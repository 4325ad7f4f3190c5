import { describe, expect, it } from 'vitest';
import { parseDockerignore } from '../../src/dockerfile/dockerignore.ts';
import { compileGlob } from '../../src/dockerfile/glob.ts';
import { parseChmod } from '../../src/dockerfile/chmod.ts';

describe('parseDockerignore()', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'b/a', false],
    ['a', 'a/b/c', true],
    ['/a/', 'a', true],
    ['./a', 'a', true],
    ['*.md', 'a.md', true],
    ['*.md', 'b/a.md', false],
    ['**/*.md', 'b/c/a.md', true],
    ['**/*.md', 'a.md', true],
    ['a/*/c', 'a/b/c', true],
    ['# comment', '# comment', false],
    ['a\n!a/keep', 'a/keep', false],
    ['a\n!a/keep\na/keep', 'a/keep', true],
    ['*\n!src', 'src/x', false],
    ['*\n!src', 'test/x', true],
    ['[', '[', false],
    ['', 'a', false],
  ])('%j decides on %j', (text, path, ignored) => {
    expect(parseDockerignore(text).ignores(path)).toBe(ignored);
  });

  it('says whether a folder can be left out whole', () => {
    expect(parseDockerignore('a').mayPrune).toBe(true);
    expect(parseDockerignore('a\n!a/b').mayPrune).toBe(false);
  });
});

describe('compileGlob()', () => {
  it.each([
    ['a[0-9]', 'a5', true],
    ['a[^0-9]', 'a5', false],
    ['a[^0-9]', 'a/', false],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['é*', 'éa', true],
  ])('%j judges %j', (pattern, text, matches) => {
    expect(compileGlob(pattern)!.test(text)).toBe(matches);
  });

  it.each(['[', '[a', 'a\\', '[z-a]'])('refuses %j', (pattern) => {
    expect(compileGlob(pattern)).toBeUndefined();
  });
});

describe('parseChmod()', () => {
  it.each([
    ['755', 0o600, false, 0o755],
    ['0640', 0o777, false, 0o640],
    ['4755', 0o600, false, 0o4755],
    ['u+x', 0o644, false, 0o744],
    ['go-r', 0o644, false, 0o600],
    ['a=rX', 0o600, false, 0o444],
    ['a=rX', 0o700, true, 0o555],
    ['u=rwx,g=rx,o=', 0o666, false, 0o750],
    ['+x', 0o644, false, 0o755],
    ['u+s,+t', 0o755, false, 0o5755],
  ])('%s makes %o (folder: %s) %o', (text, mode, isDirectory, changed) => {
    expect(parseChmod(text)!(mode, isDirectory)).toBe(changed);
  });

  it.each(['', '888', 'u+z', 'x', '77777', 'u+x,'])('refuses %j', (text) => {
    expect(parseChmod(text)).toBeUndefined();
  });
});
