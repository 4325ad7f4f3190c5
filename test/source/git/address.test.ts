import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/foundation/index.ts';
import { parseGitAddress } from '../../../src/source/git/address.ts';

describe('parseGitAddress()', () => {
  it.each([
    ['https://example.com/team/app.git', { url: 'https://example.com/team/app.git' }],
    ['https://example.com/team/app', { url: 'https://example.com/team/app' }],
    ['https://example.com/app.git#main', { url: 'https://example.com/app.git', ref: 'main' }],
    ['https://example.com/app.git#feature/x:packages/web/', { url: 'https://example.com/app.git', ref: 'feature/x', folder: 'packages/web' }],
    ['https://example.com/app.git#:./service', { url: 'https://example.com/app.git', folder: 'service' }],
    ['https://example.com/app.git#', { url: 'https://example.com/app.git' }],
    ['ssh://git@example.com:2222/app.git#v1', { url: 'ssh://git@example.com:2222/app.git', ref: 'v1' }],
    ['git@example.com:team/app.git#v1:web', { url: 'git@example.com:team/app.git', ref: 'v1', folder: 'web' }],
    ['git://example.com/app.git', { url: 'git://example.com/app.git' }],
    ['file:///srv/app.git#0123abc', { url: 'file:///srv/app.git', ref: '0123abc' }],
  ])('reads %s', (text, address) => {
    expect(parseGitAddress(text)).toEqual({ ...address, shown: text });
  });

  it.each(['.', 'app', './a@b:c', '/srv/a:b', 'app.tar', 'C:app', '-', 'ext::sh -c x', ''])('leaves the path %j alone', (text) => {
    expect(parseGitAddress(text)).toBeUndefined();
  });

  it('shows no credentials, wherever git may print them', () => {
    expect(parseGitAddress('https://user:s%3Acret99@example.com/app.git#x')).toMatchObject({
      url: 'https://user:s%3Acret99@example.com/app.git',
      shown: 'https://example.com/app.git#x',
    });
    expect(redact('fatal: s%3Acret99 or s:cret99 of user')).toBe('fatal: *** or *** of user');
    parseGitAddress('https://token-of-mine@example.com/app.git');
    expect(redact('token-of-mine')).toBe('***');
    parseGitAddress('ssh://gitolite@example.com/app.git');
    expect(redact('gitolite')).toBe('gitolite');
  });

  it.each([
    ['https://example.com/app.git#main:../../etc', /leads out of the repository/],
    ['https://example.com/app.git#--upload-pack=x', /no ref begins with "-"/],
    ['https://example.com/app-1.0.tar.gz', /archives are not downloaded/],
  ])('refuses %s', (text, message) => {
    expect(() => parseGitAddress(text)).toThrow(
      expect.objectContaining({ code: 'SOURCE_ADDRESS_INVALID', message: expect.stringMatching(message) as string }) as Error,
    );
  });
});
