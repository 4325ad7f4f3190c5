import { describe, expect, it } from 'vitest';
import { GoStruct, formatGoJson } from '../../src/foundation/go-json.ts';

describe('formatGoJson()', () => {
  it.each([
    ['sorts maps by bytes, also keys that look like numbers', { b: 1, '9': 2, '18': 3, B: 4, é: 5 }, '{"18":3,"9":2,"B":4,"b":1,"é":5}'],
    ['keeps the order of structs and leaves undefined out', new GoStruct({ z: 1, y: undefined, a: null }), '{"z":1,"a":null}'],
    ['escapes what Go escapes', '<a href="x">&\u2028\u2029\u0001\b\f\n\r\t\\', '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\\u0001\\b\\f\\n\\r\\t\\\\"'],
    ['writes numbers as Go', [1, 1.5, -0.000001, 1e-7, 1e21, 12345678901], '[1,1.5,-0.000001,1e-7,1e+21,12345678901]'],
    [
      'writes dates without empty fractions',
      [new Date('2020-01-02T03:04:05Z'), new Date('2020-01-02T03:04:05.120Z')],
      '["2020-01-02T03:04:05Z","2020-01-02T03:04:05.12Z"]',
    ],
    ['replaces lone surrogates', 'a\ud800b', '"a\ufffdb"'],
    ['writes nested values', { a: [{ c: true, b: {} }] }, '{"a":[{"b":{},"c":true}]}'],
  ])('%s', (_title, value, expected) => {
    expect(formatGoJson(value)).toBe(expected);
  });

  it('refuses what JSON does not have', () => {
    expect(() => formatGoJson({ a: Infinity })).toThrow(RangeError);
  });
});
