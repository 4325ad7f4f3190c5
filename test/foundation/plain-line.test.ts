import { describe, expect, it } from 'vitest';
import { plainLine } from '../../src/foundation/index.ts';

describe('plainLine()', () => {
  it.each([
    ['two\nlines\r\n', 'two lines'],
    ['\u001b[31mred\u001b[0m \u009bC1 \u0000zero', '[31mred [0m  C1  zero'],
    ['as it is: größe 😀', 'as it is: größe 😀'],
    ['', ''],
  ])('makes %j a line', (text, line) => expect(plainLine(text, 100)).toBe(line));

  it('cuts what is too long', () => expect(plainLine('x'.repeat(1000), 300)).toBe('x'.repeat(300)));
});
