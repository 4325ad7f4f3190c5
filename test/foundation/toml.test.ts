import { describe, expect, it } from 'vitest';
import { formatGoJson, formatToml, parseToml } from '../../src/foundation/index.ts';
import type { GoValue } from '../../src/foundation/index.ts';

describe('parseToml()', () => {
  it('keeps integers that no number holds exactly', () => {
    const table = parseToml(
      'small = 3\nbig = 9007199254740993\nlist = [[-9223372036854775808], [{ x = 1 }]]\n[nested]\nbig = 9223372036854775807\nday = 1979-05-27T07:32:00Z',
      'f',
    );
    expect(table).toEqual({
      small: 3,
      big: 9007199254740993n,
      list: [[-9223372036854775808n], [{ x: 1 }]],
      nested: { big: 9223372036854775807n, day: new Date('1979-05-27T07:32:00Z') },
    });
    expect(parseToml(formatToml(table), 'f')).toEqual(table);
    expect(formatGoJson((table as { nested: GoValue }).nested)).toBe('{"big":9223372036854775807,"day":"1979-05-27T07:32:00Z"}');
  });

  it.each(['a = 9223372036854775808', 'a = 0xFFFFFFFFFFFFFFFF', 'a = 9007199254740993\nb = 9223372036854775808'])(
    'refuses integers beyond 64 bits: %s',
    (text) => {
      expect(() => parseToml(text, 'f')).toThrow(expect.objectContaining({ code: 'TOML_INVALID' }) as Error);
    },
  );
});
