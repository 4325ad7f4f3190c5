import { describe, expect, it } from 'vitest';
import type { AppFile } from '../../../src/lifecycle/export/app-files.ts';
import { sliceFiles } from '../../../src/lifecycle/export/slices.ts';

/** Files by path; the folders above them are made. */
function application(...paths: readonly string[]): ReadonlyMap<string, AppFile> {
  const files = new Map<string, AppFile>([['', { path: '', type: 'directory', mode: 0o755 }]]);
  for (const path of paths) {
    const parts = path.split('/');
    parts.forEach((_, index) => {
      const folder = parts.slice(0, index).join('/');
      files.set(folder, { path: folder, type: 'directory', mode: 0o755 });
    });
    files.set(path, { path, type: 'file', mode: 0o644 });
  }
  return files;
}
const slice = (files: ReadonlyMap<string, AppFile>, ...slices: readonly (readonly string[])[]) =>
  sliceFiles(
    files,
    slices.map((paths) => ({ paths })),
  ).map((list) => list.map(({ path }) => path || '.').join(' '));

describe('sliceFiles()', () => {
  it('is one list without slices, sorted by bytes', () => {
    expect(slice(application('b', 'a/c', 'a-b', 'a'.repeat(2)))).toEqual(['. a a-b a/c aa b']);
  });

  it('gives each file to the first slice that names it, and the rest to the last', () => {
    expect(slice(application('a', 'b', 'c'), ['a', 'b'], ['b', 'c'])).toEqual(['. a b', '. c', '']);
    expect(slice(application('a', 'b', 'c'), ['a'], ['b'])).toEqual(['. a', '. b', '. c']);
  });

  it('takes folders whole, and puts the folders above into the slice', () => {
    expect(slice(application('d/e/f', 'd/g', 'h'), ['d/e'])).toEqual(['. d d/e d/e/f', '. d d/g h']);
  });

  it('counts a folder as taken once all that it holds is', () => {
    expect(slice(application('d/a', 'd/b', 'h'), ['d/*'])).toEqual(['. d d/a d/b', '. h']);
  });

  it('leaves a slice empty that matches nothing, or nothing any more', () => {
    expect(slice(application('a'), ['none'], [], ['a'], ['a'], ['../a', '/a'])).toEqual(['', '', '. a', '', '', '']);
  });

  it('refuses a malformed pattern', () => {
    expect(() => slice(application('a'), ['['])).toThrow(expect.objectContaining({ code: 'SLICE_PATTERN_INVALID' }));
  });
});
