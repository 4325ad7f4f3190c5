import { describe, expect, it } from 'vitest';
import { forOlderGlibc } from '../../../src/executor/bubblewrap/older-glibc.ts';

const SYMBOL = 0x140;
const VERSIONS = 0x180;
const NEEDED = 0x1a0;
const NAMES = 0x200;

/** An ELF with one undefined symbol (the second of two), which asks for the first of two versions. */
function library(symbol: string, version: string): Buffer {
  const bytes = Buffer.alloc(0x400);
  const names = ['', symbol, version, 'GLIBC_2.14'];
  const offsets = names.map((_, index) => names.slice(0, index).join('\0').length + (index === 0 ? 0 : 1));
  bytes.write(names.join('\0'), NAMES, 'latin1');
  bytes.writeBigUInt64LE(0x280n, 40);
  bytes.writeUInt16LE(64, 58);
  bytes.writeUInt16LE(5, 60);
  const sections = [
    { type: 0, offset: 0, size: 0, link: 0 },
    { type: 11, offset: SYMBOL - 24, size: 48, link: 2 },
    { type: 3, offset: NAMES, size: 0x80, link: 0 },
    { type: 0x6fffffff, offset: VERSIONS, size: 4, link: 1 },
    { type: 0x6ffffffe, offset: NEEDED, size: 48, link: 2 },
  ];
  sections.forEach(({ type, offset, size, link }, index) => {
    const at = 0x280 + index * 64;
    bytes.writeUInt32LE(type, at + 4);
    bytes.writeBigUInt64LE(BigInt(offset), at + 24);
    bytes.writeBigUInt64LE(BigInt(size), at + 32);
    bytes.writeUInt32LE(link, at + 40);
  });
  bytes.writeUInt32LE(offsets[1]!, SYMBOL);
  bytes.writeUInt16LE(7, VERSIONS + 2);
  bytes.writeUInt16LE(2, NEEDED + 2);
  bytes.writeUInt32LE(16, NEEDED + 8);
  for (const [index, name] of [offsets[2]!, offsets[3]!].entries()) {
    const at = NEEDED + 16 + index * 16;
    bytes.writeUInt32LE(0x1000 + index, at);
    bytes.writeUInt16LE(7 - index, at + 6);
    bytes.writeUInt32LE(name, at + 8);
    bytes.writeUInt32LE(index === 0 ? 16 : 0, at + 12);
  }
  return bytes;
}

const nameAt = (bytes: Uint8Array, at: number): string => {
  const start = NAMES + Buffer.from(bytes).readUInt32LE(at);
  return Buffer.from(bytes.subarray(start, bytes.indexOf(0, start))).toString();
};

describe('forOlderGlibc()', () => {
  it('calls the old name, in whatever version there is, and asks for no version that is too new', () => {
    const before = library('__isoc23_strtol', 'GLIBC_2.38');
    const after = forOlderGlibc(before);
    expect(nameAt(after, SYMBOL)).toBe('strtol');
    expect(Buffer.from(after).readUInt16LE(VERSIONS + 2)).toBe(1);
    expect([NEEDED + 16, NEEDED + 32].map((at) => [nameAt(after, at + 8), Buffer.from(after).readUInt32LE(at)])).toEqual([
      ['GLIBC_2.14', 0x1001],
      ['GLIBC_2.14', 0x1001],
    ]);
    expect(nameAt(before, SYMBOL)).toBe('__isoc23_strtol');
  });

  it('leaves another library as it is', () => {
    const other = library('strtol', 'GLIBC_2.2.5');
    expect(Buffer.from(forOlderGlibc(other))).toEqual(other);
  });
});
