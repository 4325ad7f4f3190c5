import { describe, expect, it } from 'vitest';
import { ExpansionProblem, expandText, expandWord } from '../../src/dockerfile/expand.ts';

const VALUES: Readonly<Record<string, string>> = { a: 'value', empty: '', path: '/usr/local/lib/x.tar.gz', quote: 'a"b' };
const lookup = (name: string) => VALUES[name];

describe('expandWord()', () => {
  it.each([
    ['$a', 'value'],
    ['${a}', 'value'],
    ['x$a.y', 'xvalue.y'],
    ['$ab', ''],
    ['${a}b', 'valueb'],
    ['$missing', ''],
    ['$', '$'],
    ['a$', 'a$'],
    ['\\$a', '$a'],
    ['"$a b"', 'value b'],
    ["'$a b'", '$a b'],
    ['"\\$a"', '$a'],
    ['"\\a"', '\\a'],
    ['a\\ b', 'a b'],
    ['"$quote"', 'a"b'],
    ['${missing:-x}', 'x'],
    ['${empty:-x}', 'x'],
    ['${empty-x}', ''],
    ['${a:+x}', 'x'],
    ['${empty:+x}', ''],
    ['${empty+x}', 'x'],
    ['${missing+x}', ''],
    ['${missing:-$a}', 'value'],
    ['${missing:-${empty:-$a}}', 'value'],
    ['${a:?no}', 'value'],
    ['${path#*/}', 'usr/local/lib/x.tar.gz'],
    ['${path##*/}', 'x.tar.gz'],
    ['${path%.*}', '/usr/local/lib/x.tar'],
    ['${path%%.*}', '/usr/local/lib/x'],
    ['${path#nothing}', '/usr/local/lib/x.tar.gz'],
    ['${path/usr/opt}', '/opt/local/lib/x.tar.gz'],
    ['${a//a/A}', 'vAlue'],
    ['${path//l?b/X}', '/usr/local/X/x.tar.gz'],
    ['${a/l}', 'vaue'],
    ['${a/v/$a}', 'valuealue'],
  ])('makes %j %j', (word, value) => {
    expect(expandWord(word, lookup, '\\')).toBe(value);
  });

  it('escapes with what the directive says', () => {
    expect(expandWord('c:\\`$a', lookup, '`')).toBe('c:\\$a');
  });

  it.each([
    ['${', 'without the name'],
    ['${a', 'not closed'],
    ['${a:-b', 'lacks its "}"'],
    ['"a', 'not closed'],
    ["'a", 'not closed'],
    ['${a^b}', 'unknown modifier'],
    ['${missing:?give it}', 'missing is not set: give it'],
    ['${empty:?}', 'empty is not set'],
  ])('refuses %j', (word, problem) => {
    expect(() => expandWord(word, lookup, '\\')).toThrow(ExpansionProblem);
    expect(() => expandWord(word, lookup, '\\')).toThrow(problem);
  });
});

describe('expandText()', () => {
  it('leaves quotes alone', () => {
    expect(expandText(`"$a" 'b' \\$a \\n`, lookup, '\\')).toBe(`"value" 'b' $a \\n`);
  });
});
