import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileKind, isFile, isFolder } from '../../src/sdk/index.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'file-kind-'));
  mkdirSync(join(place, 'folder'));
  writeFileSync(join(place, 'file'), '');
  symlinkSync('file', join(place, 'link'));
  symlinkSync('nowhere', join(place, 'dangling'));
  symlinkSync('loop', join(place, 'loop'));
});
afterEach(() => rmSync(place, { recursive: true }));

describe('fileKind()', () => {
  it.each([
    ['file', 'file'],
    ['link', 'file'],
    ['folder', 'folder'],
    ['missing', undefined],
    ['file/below', undefined],
    ['dangling', undefined],
    ['loop', undefined],
  ])('says of %s: %s', (name, kind) => {
    expect(fileKind(place, name)).toBe(kind);
    expect(isFile(place, name)).toBe(kind === 'file');
    expect(isFolder(join(place, name))).toBe(kind === 'folder');
  });

  it('knows what is neither', () => expect(fileKind('/dev/null')).toBe('other'));
});
