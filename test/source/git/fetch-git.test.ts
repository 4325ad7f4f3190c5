import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TspackError } from '../../../src/foundation/index.ts';
import { readGitSource } from '../../../src/source/index.ts';
import { parseGitAddress } from '../../../src/source/git/address.ts';
import { fetchGit } from '../../../src/source/git/fetch-git.ts';
import type { AddressInfo } from 'node:net';
import type { RunGit } from '../../../src/source/index.ts';
import { GitRepository, runGit } from '../../support/git-repository.ts';

let root: string;
let repository: GitRepository;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-git-'));
  repository = new GitRepository(join(root, 'repository'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const signal = new AbortController().signal;
const target = () => join(root, 'checkout');
const fetch = (text: string, run: RunGit = runGit, stop = signal) => fetchGit(parseGitAddress(text)!, target(), run, stop);
const fetched = () => readFileSync(join(target(), 'file'), 'utf8');

describe('fetchGit()', () => {
  it('checks out branches, tags and commits, and says of them what a clone would', async () => {
    const first = repository.commit({ file: 'first' });
    repository.git('tag', '--annotate', 'v1', '--message', 'v1');
    repository.git('tag', 'same');
    const second = repository.commit({ file: 'second' });
    repository.git('checkout', '--quiet', '-b', 'work/x', first);
    const third = repository.commit({ file: 'third' });
    repository.git('checkout', '--quiet', 'main');
    const { url } = repository;
    const cases = [
      ['', second, 'second', ['main']],
      ['#main', second, 'second', ['main']],
      ['#work/x', third, 'third', ['work/x']],
      ['#refs/heads/work/x', third, 'third', ['work/x']],
      ['#v1', first, 'first', ['v1', 'same']],
      ['#same', first, 'first', ['v1', 'same']],
      [`#${first}`, first, 'first', ['v1', 'same']],
      [`#${third.slice(0, 8)}`, third, 'third', []],
    ] as const;
    for (const [fragment, commit, content, refs] of cases) {
      await fetch(`${url}${fragment}`);
      expect({ fragment, content: fetched() }).toEqual({ fragment, content });
      expect(readGitSource(target())).toEqual({ commit, describe: refs.find((ref) => ref === 'v1') ?? commit, refs, url });
      rmSync(target(), { recursive: true });
    }
  });

  it('finds a commit that no ref points to in the history', async () => {
    const first = repository.commit({ file: 'first' });
    repository.commit({ file: 'second' });
    await fetch(`${repository.url}#${first.slice(0, 10)}`);
    expect(fetched()).toBe('first');
  });

  it('fetches one commit alone, and runs none of its hooks', async () => {
    for (const file of ['1', '2', '3']) repository.commit({ file });
    await fetch(repository.url);
    const { stdout } = await runGit(['-C', target(), 'rev-list', '--all', '--count'], signal);
    expect(stdout.trim()).toBe('1');
  });

  it('brings submodules', async () => {
    const library = new GitRepository(join(root, 'library'));
    library.commit({ part: 'of the library' });
    repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../library', 'vendor/library');
    repository.commit({ file: 'x' });
    await fetch(repository.url);
    expect(readFileSync(join(target(), 'vendor/library/part'), 'utf8')).toBe('of the library');
  });

  it.each([
    ['#mian', 'SOURCE_REF_NOT_FOUND', 'Did you mean "#main"?'],
    [`#${'a'.repeat(40)}`, 'SOURCE_REF_NOT_FOUND', 'Name a branch, a tag or a commit behind "#"'],
    ['-none', 'SOURCE_NOT_FOUND', expect.stringContaining('Correct the address') as string],
  ])('says what is not there: %s', async (more, code, nextStep) => {
    repository.commit({ file: 'x' });
    await expect(fetch(`${repository.url}${more}`)).rejects.toMatchObject({ code, nextStep });
  });

  it('says that a repository is empty', async () => {
    await expect(fetch(repository.url)).rejects.toMatchObject({ code: 'SOURCE_REF_NOT_FOUND', message: expect.stringContaining('has no commit') as string });
  });

  it('never asks for credentials, and shows none', async () => {
    const server = createServer((_request, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      for (const user of ['', 'user:wrong-secret@']) {
        const error = (await fetch(`http://${user}127.0.0.1:${port}/app.git`).catch((reason: unknown) => reason)) as TspackError;
        expect(error).toMatchObject({ code: 'SOURCE_UNAUTHORIZED' });
        expect(error.message).toContain(`http://127.0.0.1:${port}/app.git`);
        expect(error.message).not.toContain('wrong-secret');
      }
    } finally {
      server.close();
    }
  });

  it('calls a server that is away something to try again', async () => {
    await expect(fetch('http://127.0.0.1:9/app.git')).rejects.toMatchObject({ code: 'SOURCE_FETCH_FAILED', transient: true });
  });

  it('says that git is missing', async () => {
    const missing: RunGit = () => Promise.reject(new TspackError({ code: 'PROCESS_NOT_FOUND', message: 'Cannot run git: ENOENT' }));
    await expect(fetch(repository.url, missing)).rejects.toMatchObject({ code: 'GIT_MISSING' });
  });

  it('stops when it is told to', async () => {
    const server = createServer(() => undefined); // answers nothing, ever
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const stop = new AbortController();
    const reason = new Error('stopped');
    server.once('request', () => stop.abort(reason));
    try {
      await expect(fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/app.git`, runGit, stop.signal)).rejects.toBe(reason);
      expect(existsSync(target())).toBe(false);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
