import { describe, expect, it } from 'vitest';
import { findJsonProblem, parseJsonFile } from '../../src/sdk/index.ts';

describe('findJsonProblem()', () => {
  it.each([
    ['{\n  "name": "x",\n}', 3, 1, 'want a key in double quotes, got "}"'],
    ['{"a": 1 "b": 2}', 1, 9, 'want "," or "}", got """'],
    ['{"a" 1}', 1, 6, 'want ":" after a key, got "1"'],
    ['{"a": tru}', 1, 7, 'want a value, got "t"'],
    ['{"a": 01}', 1, 7, 'want a value, got "0"'],
    ['["a", "b', 1, 7, 'a string is not closed'],
    ['{"a": [1, 2}', 1, 12, 'want "," or "]", got "}"'],
    ['{"a": 1', 1, 8, 'want "," or "}", got the end of the file'],
    ['', 1, 1, 'want a value, got the end of the file'],
    ['{}\n{}', 2, 1, 'want the end of the file, got "{"'],
    ['{"a": "\\x"}', 1, 9, 'unknown escape in a string'],
    ['// comment\n{}', 1, 1, 'want a value, got "/"'],
    ["{'a': 1}", 1, 2, 'want a key in double quotes, got "\'"'],
  ])('finds the mistake in %j', (text, line, column, message) => {
    expect(findJsonProblem(text)).toEqual({ line, column, message });
    expect(() => JSON.parse(text)).toThrow();
  });

  it('does not run out of stack on deep nesting', () => {
    expect(findJsonProblem('['.repeat(200_000)).column).toBe(200_001);
  });
});

describe('parseJsonFile()', () => {
  it('reads a text with a byte order mark', () => {
    expect(parseJsonFile('\uFEFF{"a":[1,{}]}', 'x.json')).toEqual({ a: [1, {}] });
  });

  it('names file, line and column', () => {
    expect(() => parseJsonFile('{\n"a": }', 'package.json')).toThrow('Cannot read package.json:2:6: want a value, got "}"');
  });
});
