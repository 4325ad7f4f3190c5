import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGitSource } from '../../../src/source/index.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'git-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const COMMIT = 'c'.repeat(40);
const OTHER = 'd'.repeat(40);
const TAG = 'e'.repeat(40);

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

const CHECKOUT = { '.git/HEAD': 'ref: refs/heads/feature/x\n', '.git/refs/heads/feature/x': `${COMMIT}\n` };

describe('readGitSource()', () => {
  it('reads commit and branch', () => {
    write(CHECKOUT);
    expect(readGitSource(folder)).toEqual({ commit: COMMIT, describe: COMMIT, refs: ['feature/x'] });
  });

  it('reads packed refs, and tags that lie beside them', () => {
    write({
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/packed-refs': [
        '# pack-refs with: peeled fully-peeled sorted',
        `${COMMIT} refs/heads/main`,
        `${COMMIT} refs/tags/light`,
        `${OTHER} refs/tags/old`,
        `${TAG} refs/tags/packed`,
        `^${COMMIT}`,
        '',
      ].join('\n'),
      '.git/refs/tags/team/loose': `${TAG}\n`,
      [`.git/objects/${TAG.slice(0, 2)}/${TAG.slice(2)}`]: deflateSync(`tag 90\0object ${COMMIT}\ntype commit\ntag loose\n`),
    });
    expect(readGitSource(folder)).toEqual({ commit: COMMIT, describe: 'packed', refs: ['main', 'packed', 'team/loose', 'light'] });
  });

  it('prefers the tag in its own file to the packed one', () => {
    write({ ...CHECKOUT, '.git/packed-refs': `${COMMIT} refs/tags/moved\n`, '.git/refs/tags/moved': OTHER });
    expect(readGitSource(folder)!.refs).toEqual(['feature/x']);
  });

  it('reads a commit that is checked out by itself', () => {
    write({ '.git/HEAD': `${COMMIT}\n`, '.git/refs/tags/v1': COMMIT });
    expect(readGitSource(folder)).toEqual({ commit: COMMIT, describe: 'v1', refs: ['v1'] });
  });

  it('follows a further work tree', () => {
    write({
      '.git': `gitdir: ${join(folder, 'main/.git/worktrees/two')}\n`,
      'main/.git/worktrees/two/HEAD': 'ref: refs/heads/two\n',
      'main/.git/worktrees/two/commondir': '../..\n',
      'main/.git/refs/heads/two': COMMIT,
    });
    expect(readGitSource(folder)).toMatchObject({ commit: COMMIT, refs: ['two'] });
  });

  it.each([
    ['https://example.com/app.git', 'https://example.com/app.git'],
    ['https://user:token@example.com/app.git', 'https://example.com/app.git'],
    ['https://token@example.com/app.git', 'https://example.com/app.git'],
    ['https://user:p@ss@example.com/app.git', 'https://example.com/app.git'],
    ['ssh://git:secret@example.com/app.git', 'ssh://git@example.com/app.git'],
    ['git@example.com:app.git', 'git@example.com:app.git'],
  ])('tells the remote %s without credentials', (url, told) => {
    write({ ...CHECKOUT, '.git/config': `[core]\n\turl = no\n[remote "fork"]\n\turl = x\n[remote "origin"]\n\turl = ${url}\n\turl = second\n` });
    expect(readGitSource(folder)!.url).toBe(told);
  });

  it.each<Readonly<Record<string, string>>>([
    {},
    { '.git/HEAD': 'ref: refs/heads/main\n' },
    { '.git/HEAD': 'ref: refs/heads/../../../outside\n', outside: 'no hash' },
    { '.git/HEAD': 'nonsense' },
    { '.git': 'gitdir: /no/such/folder' },
  ])('says nothing of %j', (files) => {
    write(files);
    expect(readGitSource(folder)).toBeUndefined();
  });
});
