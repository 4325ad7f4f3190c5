import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/foundation/index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-files-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('makeDirectory()', () => {
  it('makes what is missing, with the mode for the last one, and again does nothing', () => {
    makeDirectory(join(root, 'a/b/c'), 0o700);
    makeDirectory(join(root, 'a/b/c'));
    expect(statSync(join(root, 'a/b/c')).mode & 0o777).toBe(0o700);
  });

  it('fails where a file is in the way, at the end or before', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => makeDirectory(join(root, 'file'))).toThrow(/EEXIST/);
    expect(() => makeDirectory(join(root, 'file/below'))).toThrow(/ENOTDIR/);
  });

  it.skipIf(!existsSync('/proc/self'))('ends where no folder can be made', () => {
    expect(() => makeDirectory('/proc/tspack/below')).toThrow(/ENOENT|EACCES/);
  });
});
