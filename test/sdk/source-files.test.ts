import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestFiles, listFiles } from '../../src/sdk/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-files-'));
  mkdirSync(join(root, 'installed'));
  mkdirSync(join(root, 'lib/installed'), { recursive: true });
  for (const file of ['a.txt', 'installed/x', 'lib/installed/y']) writeFileSync(join(root, file), file);
  symlinkSync('a.txt', join(root, 'link'));
});
afterEach(() => rmSync(root, { recursive: true }));

const digest = () => digestFiles(root, listFiles(root));

describe('listFiles()', () => {
  it('leaves out what is named, at the top alone', () => {
    expect([...listFiles(root, ['installed']).keys()].sort()).toEqual(['a.txt', 'lib', 'lib/installed', 'lib/installed/y', 'link']);
  });
});

describe('digestFiles()', () => {
  it('does not depend on times', () => {
    const before = digest();
    utimesSync(join(root, 'a.txt'), 1, 1);
    expect(digest()).toBe(before);
  });

  it.each([
    ['content', () => writeFileSync(join(root, 'a.txt'), 'b.txt')],
    ['the right to execute', () => chmodSync(join(root, 'a.txt'), 0o755)],
    ['a name', () => writeFileSync(join(root, 'new'), '')],
    ['the target of a link', () => (rmSync(join(root, 'link')), symlinkSync('lib', join(root, 'link')))],
  ])('depends on %s', (_, change) => {
    const before = digest();
    change();
    expect(digest()).not.toBe(before);
  });
});
