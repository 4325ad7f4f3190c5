import { describe, expect, test } from 'vitest';
import { parseControl } from '../../src/debian/index.ts';
import { ControlParser } from '../../src/debian/control.ts';

const TEXT = 'Package: zlib1g\nVersion: 1:1.3\nDescription: short\n long\n .\n more\n\n# a comment\nPackage: b\nPACKAGE: c\nnonsense\n\n\n';

describe('parseControl()', () => {
  test('reads paragraphs, continuation lines and comments, and keeps the first of two equal fields', () => {
    const [first, second, ...rest] = parseControl(TEXT);
    expect(first?.get('description')).toBe('short\nlong\n.\nmore');
    expect(first?.get('version')).toBe('1:1.3');
    expect([...(second ?? [])]).toEqual([['package', 'b']]);
    expect(rest).toEqual([]);
  });

  test('gives the same wherever the text is cut', () => {
    const whole = parseControl(TEXT).map((fields) => [...fields]);
    for (let cut = 1; cut < TEXT.length; cut++) {
      const parser = new ControlParser();
      const parts = [...parser.push(TEXT.slice(0, cut)), ...parser.push(TEXT.slice(cut)), ...parser.finish()];
      expect(parts.map((fields) => [...fields])).toEqual(whole);
    }
  });

  test('keeps only the wanted fields, without their continuation lines leaking into others', () => {
    const parser = new ControlParser(new Set(['package', 'size']));
    const [fields] = [...parser.push('Package: a\nDescription: x\n y\nSize: 4\n'), ...parser.finish()];
    expect([...(fields ?? [])]).toEqual([
      ['package', 'a'],
      ['size', '4'],
    ]);
  });

  test('a key like __proto__ is just a key', () => {
    expect(parseControl('__proto__: x\n')[0]?.get('__proto__')).toBe('x');
  });
});
