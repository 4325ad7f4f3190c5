import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatTable, truncate } from '../../src/cli/render/measure.ts';
import { ProgramOutput } from '../../src/cli/render/program-output.ts';
import { outputLine, visible } from '../../src/cli/render/untrusted.ts';

describe('visible()', () => {
  it('escapes what is no plain text', () => {
    expect(visible('a\u001b[31mb\n\t\u0000\u009b\u202e\u2028é😀')).toBe('a\\x1b[31mb\\x0a\\x09\\x00\\x9b\\u{202e}\\u{2028}é😀');
  });
});

describe('outputLine()', () => {
  it('keeps colours and drops every other sequence', () => {
    expect(outputLine('\u001b[1;38;5;200mx\u001b[m', true)).toBe('\u001b[1;38;5;200mx\u001b[m\u001b[0m');
    expect(outputLine('\u001b[1mx\u001b[m', false)).toBe('x');
    for (const hidden of [
      '\u001b[2J',
      '\u001b[10;20H',
      '\u001b[?25l',
      '\u001b]0;title\u0007',
      '\u001b]8;;http://x\u001b\\',
      '\u001bP1$r\u001b\\',
      '\u001bc',
      '\u001b(B',
      '\u009b2J',
      '\u001b]52;c;aGk=\u0007',
    ]) {
      expect(outputLine(`a${hidden}b`, true)).toBe('ab');
    }
  });

  it('escapes lone controls and a sequence that is cut', () => {
    expect(outputLine('a\u0008b\u0007\tc\u001b', true)).toBe('a\\x08b\\x07\tc\\x1b');
    expect(outputLine('a\u001b]0;never ends', true)).toBe('a');
    expect(outputLine('\u202eabc', true)).toBe('\\u{202e}abc');
    expect(outputLine('\0\0\0\u0001\u001b\u001b[1mx', true)).toBe('\\x00\\x00\\x00\\x01\\x1b\u001b[1mx\u001b[0m');
  });

  it('is done soon with a hostile line', () => {
    const started = performance.now();
    outputLine('\u001b]'.repeat(50_000), true);
    outputLine('\u001b['.repeat(50_000), true);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('ProgramOutput', () => {
  const collect = (chunks: readonly (string | Uint8Array)[]) => {
    const lines: string[] = [];
    const output = new ProgramOutput((shown) => lines.push(...shown.split('\n')), false);
    for (const chunk of chunks) output.add(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
    output.flush();
    return lines;
  };

  it('joins what was cut anywhere, characters and line ends too', () => {
    const euro = new TextEncoder().encode('€');
    expect(collect(['a', 'b\nc\r', '\nd', euro.slice(0, 1), euro.slice(1), '\n\ne'])).toEqual(['ab', 'c', 'd€', '', 'e']);
  });

  it('takes a lone carriage return for a line end', () => {
    expect(collect(['10%\r20%\r', '30%\n'])).toEqual(['10%', '20%', '30%']);
  });

  it('does not wait for the end of an endless line', () => {
    expect(collect(['x'.repeat(200_000)]).map((line) => line.length)).toEqual([65_536, 65_536, 65_536, 3_392]);
  });

  it('shows bytes that are no UTF-8 as replacement characters', () => {
    expect(collect([new Uint8Array([0x61, 0xff, 0x62])])).toEqual(['a\ufffdb']);
  });
});

describe('measures', () => {
  it('are short and clear', () => {
    expect([0, 999, 1000, 13_400_000, 999_960, 5e12].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '13.4 MB', '1.0 MB', '5.0 TB']);
    expect([0, 412, 59_940, 59_960, 72_000, 3_600_000].map(formatDuration)).toEqual(['0.0 s', '0.4 s', '59.9 s', '1 min 0 s', '1 min 12 s', '60 min 0 s']);
    expect(truncate('ab😀d', 3)).toBe('ab…');
    expect(
      formatTable([
        ['a', 'bb', 'c'],
        ['aaa', 'b'],
      ]),
    ).toBe('a    bb  c\naaa  b');
  });
});
