import { describe, expect, it } from 'vitest';
import { CapturedOutput } from '../../src/lifecycle/captured-output.ts';

describe('CapturedOutput', () => {
  it('keeps short output as it is', () => {
    const output = new CapturedOutput();
    for (const text of ['one\n', '', 'two é\n']) output.write(Buffer.from(text));
    expect(output.text()).toBe('one\ntwo é\n');
  });

  it('keeps beginning and end of long output in bounded memory, and says what is missing', () => {
    const output = new CapturedOutput();
    const line = Buffer.from(`${'x'.repeat(1023)}\n`);
    output.write(Buffer.from('first\n'));
    for (let count = 0; count < 5000; count++) output.write(line);
    output.write(Buffer.from('last\n'));
    const text = output.text();
    expect(text.startsWith('first\nxxx')).toBe(true);
    expect(text.endsWith('x\nlast\n')).toBe(true);
    const dropped = Number(/\[(\d+) bytes left out\]/.exec(text)?.[1]);
    expect(dropped).toBeGreaterThan(3_900_000);
    expect(text.length - `\n[${dropped} bytes left out]\n`.length + dropped).toBe(5000 * 1024 + 11);
    expect(text.length).toBeLessThan(1_100_000);
  });

  it('does not keep the buffers of its writer', () => {
    const output = new CapturedOutput();
    const chunk = Buffer.from('kept');
    output.write(chunk);
    chunk.fill('x');
    expect(output.text()).toBe('kept');
  });
});
