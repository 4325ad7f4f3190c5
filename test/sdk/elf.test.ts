import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readElfNeeds } from '../../src/sdk/index.ts';
import { folderWith } from '../buildpacks/python/folder.ts';

describe('readElfNeeds()', () => {
  it.skipIf(!existsSync('/bin/sh'))('reads a real program', () => {
    expect(readElfNeeds('/bin/sh')?.needed).toContain('libc.so.6');
  });

  it.each([
    ['nothing', ''],
    ['text', 'print(1)\n'.repeat(20)],
    ['the beginning of one', Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]), Buffer.alloc(20)])],
    ['a header that points nowhere', Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]), Buffer.alloc(26), Buffer.alloc(32, 0xff)])],
  ])('finds nothing in %s', (_, content) => {
    using folder = folderWith({ 'a.so': content });
    expect(readElfNeeds(join(folder.path, 'a.so'))).toBeUndefined();
  });
});
