import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeTarHeader } from '../../src/archive/tar-header.ts';
import type { TarHeader } from '../../src/archive/tar-header.ts';

/** Size and digest of what Go 1.26's `archive/tar` writes for each header. */
type Golden = TarHeader & { readonly name: string; readonly bytes: number; readonly sha256: string };
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/archive/tar-headers.json'), 'utf8')) as readonly Golden[];

describe('encodeTarHeader()', () => {
  it.each(golden.map((header) => [header.name, header] as const))('writes what Go writes: %s', (_name, { bytes, sha256, ...header }) => {
    const blocks = encodeTarHeader(header);
    expect(blocks.length).toBe(bytes);
    expect(createHash('sha256').update(blocks).digest('hex')).toBe(sha256);
  });

  it.each(['relative', '/trailing/', '/nul\0', ''])('refuses the path %j', (path) => {
    expect(() => encodeTarHeader({ path, type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtimeSeconds: 0 })).toThrow('absolute');
  });

  it('refuses a symlink without a target, and a target without a symlink', () => {
    const header = { path: '/x', mode: 0, uid: 0, gid: 0, size: 0, mtimeSeconds: 0 };
    expect(() => encodeTarHeader({ ...header, type: 'symlink' })).toThrow('link target');
    expect(() => encodeTarHeader({ ...header, type: 'file', linkTarget: 'y' })).toThrow('link target');
  });
});
