import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchSource, locateSource } from '../../src/source/index.ts';
import { GitRepository, runGit } from '../support/git-repository.ts';
import { inPieces, rawTar } from '../support/raw-tar.ts';
import { zipFile } from '../support/zip-file.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-source-'));
  mkdirSync(join(root, 'work'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const TAR = rawTar([
  { name: 'run.sh', content: 'run', mode: 0o755 },
  { name: 'lib/link', flag: '2', linkName: '../run.sh' },
  { name: 'pipe', flag: '6' },
]);
const ZIP = zipFile([
  { path: 'run.sh', content: 'run', mode: 0o100755 },
  { path: 'lib/link', content: '../run.sh', mode: 0o120777 },
]);

function written(name: string, content: Uint8Array): string {
  writeFileSync(join(root, name), content);
  return name;
}

async function fetch(source: string | AsyncIterable<Uint8Array>, signal = new AbortController().signal) {
  const place = locateSource(source, root);
  if (place.kind === 'folder') throw new Error('it is a folder');
  return await fetchSource(place, join(root, 'work'), { runGit, signal });
}

describe('fetchSource()', () => {
  it.each<[string, () => string | AsyncIterable<Uint8Array>]>([
    ['a tar', () => written('app.tar', TAR)],
    ['a compressed tar, whatever it is called', () => written('app', gzipSync(TAR))],
    ['a zip', () => written('app.zip', ZIP)],
    ['a tar in a stream', () => inPieces(TAR)],
    ['a zip in a stream', () => inPieces(ZIP)],
  ])('unpacks %s', async (_what, source) => {
    const { folder, git } = await fetch(source());
    expect(git).toBeUndefined();
    expect(readFileSync(join(folder, 'run.sh'), 'utf8')).toBe('run');
    expect(statSync(join(folder, 'run.sh')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(folder, 'lib/link'))).toBe('../run.sh');
    expect(statSync(join(folder, 'pipe'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', Buffer.alloc(0), /it is empty/],
    ['an archive of nothing', rawTar([]), /it holds no file/],
    ['a zip of nothing', zipFile({}), /it holds no file/],
    ['a text', Buffer.from('hello '.repeat(200)), /as an archive/],
    ['a tar that is cut', TAR.subarray(0, 600), /ends too early/],
    ['a gzip that is cut', gzipSync(TAR).subarray(0, -20), /end of file/],
    ['a zip that is cut', ZIP.subarray(0, -30), /cut/],
    ['xz', Buffer.from('fd377a585a0000', 'hex'), /compressed with xz/],
    ['a path that leads out', rawTar([{ name: '../evil', content: 'x' }]), /"\.\.\/evil"/],
    ['a link that leads out', rawTar([{ name: 'evil', flag: '2', linkName: '/etc/passwd' }]), /leads outside/],
    ['an absolute path', rawTar([{ name: '/etc/evil', content: 'x' }]), /absolute/],
  ])('refuses %s', async (_what, content, message) => {
    const error = { code: 'SOURCE_ARCHIVE_INVALID', message: expect.stringMatching(message) as string, nextStep: expect.any(String) as string };
    await expect(fetch(written('app.tar', content))).rejects.toMatchObject(error);
  });

  it('passes on why a stream broke, and stops when it is told to', async () => {
    const cause = new Error('lost');
    async function* broken() {
      yield TAR.subarray(0, 100);
      throw cause;
    }
    await expect(fetch(broken())).rejects.toBe(cause);
    rmSync(join(root, 'work'), { recursive: true });
    mkdirSync(join(root, 'work'));
    await expect(fetch(written('app.zip', ZIP), AbortSignal.abort(cause))).rejects.toBe(cause);
  });

  describe('of a repository', () => {
    let repository: GitRepository;
    beforeEach(() => (repository = new GitRepository(join(root, 'repository'))));

    it('takes a folder of it, with the commit of the whole', async () => {
      const commit = repository.commit({ 'packages/web/index.html': 'home', 'packages/api/main': 'x' });
      const { folder, git } = await fetch(`${repository.url}#main:packages/web`);
      expect(readFileSync(join(folder, 'index.html'), 'utf8')).toBe('home');
      expect(git).toEqual({ commit, describe: commit, refs: ['main'], url: repository.url });
    });

    it.each([
      ['packages/wbe', 'Did you mean "packages/web"?'],
      ['packages/web/index.html', 'Name a folder of the repository behind the colon'],
      ['out', 'Name a folder of the repository behind the colon'],
      ['none/at/all', 'Name a folder of the repository behind the colon'],
    ])('refuses the folder %s', async (folder, nextStep) => {
      symlinkSync('/etc', join(repository.directory, 'out'));
      repository.commit({ 'packages/web/index.html': 'home' });
      await expect(fetch(`${repository.url}#main:${folder}`)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND', nextStep });
    });

    it('does not read a project.toml of this machine for it', async () => {
      symlinkSync('/etc/passwd', join(repository.directory, 'project.toml'));
      repository.commit({});
      await expect(fetch(repository.url)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    });
  });
});

describe('locateSource()', () => {
  it('takes what is no file for a folder', () => {
    expect(locateSource('.', root)).toEqual({ kind: 'folder', path: root });
    expect(locateSource('none', root)).toEqual({ kind: 'folder', path: join(root, 'none') });
    expect(locateSource('/dev/null', root)).toEqual({ kind: 'folder', path: '/dev/null' });
  });
});
