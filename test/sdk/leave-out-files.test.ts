import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaveOutFiles, readKeepFiles } from '../../src/sdk/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-leave-'));
  for (const file of ['a.src', 'pages/index.html', 'pages/deep/x.html', 'lib/b.src', 'out/c.txt']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  mkdirSync(join(root, 'uploads'));
});
afterEach(() => rmSync(root, { recursive: true }));

const leaveOut = (keep: string | undefined) =>
  leaveOutFiles(root, {
    usedUp: (_, name) => name.endsWith('.src'),
    usedUpFolder: (path) => path === 'out',
    keep: readKeepFiles(keep === undefined ? {} : { BP_KEEP_FILES: keep }),
  });
const files = () =>
  readdirSync(root, { recursive: true })
    .map(String)
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();

describe('leaveOutFiles()', () => {
  it('removes what is used up, and folders that are empty then, but none that was empty before', () => {
    expect(leaveOut(undefined)).toEqual({ removed: 2, left: 2 });
    expect(readdirSync(root).sort()).toEqual(['pages', 'uploads']);
  });

  it.each([
    ['pages', ['pages/deep/x.html', 'pages/index.html']],
    ['pages/*.html:a.*', ['a.src', 'pages/index.html']],
    ['out/', ['out/c.txt']],
    ['**', ['a.src', 'lib/b.src', 'out/c.txt', 'pages/deep/x.html', 'pages/index.html']],
    ['', []],
  ])('with globs "%s" leaves only what they match', (keep, left) => {
    leaveOut(keep);
    expect(files()).toEqual(left);
  });
});
