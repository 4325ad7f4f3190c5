import { describe, expect, it } from 'vitest';
import { compileFilter } from '../../src/source/source-filter.ts';
import type { SourceFilter } from '../../src/source/index.ts';

const TREE = [
  '.git/',
  '.git/config',
  '.gitignore',
  'README.md',
  'cmd/',
  'cmd/main.go',
  'cmd/main_test.go',
  'dist/',
  'dist/out.js',
  'dist/keep/',
  'dist/keep/a',
  'go.mod',
];

/** What is taken of the tree, walked as staging does. */
function taken(filter: SourceFilter): readonly string[] {
  const { takes, mayTakeBelow } = compileFilter(filter);
  const closed: string[] = [];
  return TREE.filter((entry) => {
    const isDirectory = entry.endsWith('/');
    const path = entry.replace(/\/$/, '');
    if (closed.some((folder) => path.startsWith(`${folder}/`))) return false;
    const isTaken = takes(path, isDirectory);
    if (isDirectory && !isTaken && !mayTakeBelow(path)) closed.push(path);
    return isTaken;
  });
}

const without = (...left: readonly string[]) => TREE.filter((entry) => !left.some((prefix) => entry.startsWith(prefix)));

describe('compileFilter()', () => {
  it.each<readonly [string, SourceFilter, readonly string[]]>([
    ['nothing: all but version control', {}, without('.git/')],
    ['a folder', { exclude: ['dist/'] }, without('.git/', 'dist/')],
    ['an anchored file', { exclude: ['/go.mod'] }, without('.git/', 'go.mod')],
    ['a suffix anywhere', { exclude: ['*_test.go'] }, without('.git/', 'cmd/main_test.go')],
    ['comments and empty lines', { exclude: ['# all', '', '  '] }, without('.git/')],
    ['a pattern that takes back', { exclude: ['*.md', '!README.md'] }, without('.git/')],
    ['one that takes back below a folder, as pack', { exclude: ['dist/', '!dist/keep'] }, without('.git/', 'dist/out.js').filter((entry) => entry !== 'dist/')],
    ['everything but one folder, as pack', { exclude: ['*', '!cmd'] }, ['cmd/', 'cmd/main.go', 'cmd/main_test.go']],
    ['the last pattern that matches', { exclude: ['!cmd', '*.go'] }, without('.git/', 'cmd/main')],
    ['.git, taken back', { exclude: ['!.git'] }, TREE],
    ['.git and its content', { exclude: ['go.mod'] }, without('.git/', 'go.mod')],
    ['a list', { include: ['cmd/', 'go.mod', '*.md'] }, ['README.md', 'cmd/', 'cmd/main.go', 'cmd/main_test.go', 'go.mod']],
    ['a list that takes something out again', { include: ['*.go', '!*_test.go'] }, ['cmd/main.go']],
    ['everything', { include: ['*'] }, without('.git/')],
    ['.git by name', { include: ['/.git', 'go.mod'] }, ['.git/', '.git/config', 'go.mod']],
  ])('takes with %s', (_name, filter, expected) => expect(taken(filter)).toEqual(expected));

  it('refuses include beside exclude', () => {
    expect(() => compileFilter({ include: ['a'], exclude: ['b'] })).toThrow(expect.objectContaining({ code: 'SOURCE_FILTER_INVALID' }));
  });
});
