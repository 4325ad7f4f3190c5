import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { discoverMirrors, readAptSources } from '../../src/debian/index.ts';
import { datedUrl } from '../../src/debian/mirrors.ts';

const now = new Date('2026-06-01T12:00:00Z');
const snapshot = 'https://dated.example/archive';

function discover(files: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}) {
  return discoverMirrors({ environment, aptSources: Object.entries(files).map(([path, text]) => ({ path, text })), snapshot, now });
}

const addresses = (files: Readonly<Record<string, string>>) => Object.values(discover(files).addresses);

describe('discoverMirrors()', () => {
  test('the variable wins, and the security archive is its sibling unless it has its own variable', () => {
    const files = { 'a.list': 'deb http://apt.example/debian trixie main' };
    expect(discover(files, { TSPACK_DEBIAN_MIRROR: 'http://m.example:8080/x/debian/' })).toMatchObject({
      origin: 'environment',
      addresses: { debian: 'http://m.example:8080/x/debian', 'debian-security': 'http://m.example:8080/x/debian-security' },
    });
    const own = { TSPACK_DEBIAN_MIRROR: 'http://m.example/debian', TSPACK_DEBIAN_SECURITY_MIRROR: 'https://s.example/sec' };
    expect(discover(files, own).addresses['debian-security']).toBe('https://s.example/sec');
    expect(() => discover(files, { TSPACK_DEBIAN_MIRROR: 'm.example' })).toThrow(expect.objectContaining({ code: 'DEBIAN_MIRROR_INVALID' }));
  });

  test('reads one-line and deb822 entries', () => {
    expect(
      addresses({
        '/etc/apt/sources.list':
          '# deb http://no.example/debian trixie main\ndeb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://d.example/debian/ trixie main contrib # x\ndeb-src http://src.example/debian trixie main\ndeb http://s.example/debian-security trixie-security main',
      }),
    ).toEqual(['https://d.example/debian', 'http://s.example/debian-security']);
    expect(
      addresses({
        '/etc/apt/sources.list.d/debian.sources':
          'Types: deb deb-src\nURIs: http://d.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\nEnabled: no\nTypes: deb\nURIs: http://off.example/debian-security\nSuites: bookworm-security\nComponents: main\n',
      }),
    ).toEqual(['http://d.example/debian', 'http://d.example/debian-security']);
  });

  test('takes no other distribution and no third party for Debian', () => {
    const others = [
      'deb http://archive.example/ubuntu noble main',
      'deb http://archive.example/ubuntu bookworm main',
      'deb http://mirror.example/raspbian bookworm main',
      'deb https://deb.example/node_20.x nodistro main',
      'deb https://pg.example/pub/repos/apt bookworm-pgdg main',
      'deb https://download.example/linux/debian bookworm stable',
      'deb [signed-by=/usr/share/keyrings/vendor.gpg] https://vendor.example/debian bookworm main',
      'deb cdrom:[Debian]/ bookworm main',
      'deb file:/srv/debian bookworm main',
    ];
    for (const line of others) expect(discover({ 'x.list': line })).toMatchObject({ origin: 'snapshot' });
    expect(addresses({ 'x.list': `${others.join('\n')}\ndeb http://vendor.example/product bookworm main\ndeb http://d.example/debian bookworm main` })[0]).toBe(
      'http://d.example/debian',
    );
  });

  test('follows mirror+file entries', () => {
    const files = {
      '/a.sources': 'Types: deb\nURIs: mirror+file:///etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main\n',
      '/etc/apt/mirrors/debian.list': '# near\nhttps://d.example/debian priority:1\n',
    };
    expect(addresses(files)[0]).toBe('https://d.example/debian');
  });

  test('falls back to the dated archive of now, and says so when there is none', () => {
    expect(discover({})).toEqual({
      origin: 'snapshot',
      addresses: {
        debian: 'https://dated.example/archive/debian/20260601T120000Z',
        'debian-security': 'https://dated.example/archive/debian-security/20260601T120000Z',
      },
      snapshot,
    });
    expect(() => discoverMirrors({ environment: {}, aptSources: [], snapshot: undefined, now })).toThrow(
      expect.objectContaining({ code: 'DEBIAN_MIRROR_UNKNOWN', nextStep: expect.stringContaining('TSPACK_DEBIAN_MIRROR') as string }),
    );
  });
});

test('datedUrl() is the archive at the time of the lock', () => {
  const source = { name: 'main', archive: 'debian' as const, suite: 'trixie', date: '2026-01-02T03:04:05Z' };
  expect(datedUrl(discover({}), source, 'pool/main/g/g++_1%3a2+b1~x.deb')).toBe(
    'https://dated.example/archive/debian/20260102T030405Z/pool/main/g/g++_1%253a2+b1~x.deb',
  );
});

describe('readAptSources()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'apt-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('reads what is there, in the order of names, and the mirror lists that it names', () => {
    mkdirSync(join(folder, 'sources.list.d'), { recursive: true });
    writeFileSync(join(folder, 'mirrors.list'), 'https://d.example/debian\n');
    writeFileSync(join(folder, 'sources.list.d', 'b.list'), `deb mirror+file:${folder}/mirrors.list trixie main\n`);
    writeFileSync(join(folder, 'sources.list.d', 'a.sources'), '');
    writeFileSync(join(folder, 'sources.list.d', 'ignored.txt'), 'x');
    expect(readAptSources(folder).map(({ path }) => path.slice(folder.length))).toEqual([
      '/sources.list.d/a.sources',
      '/sources.list.d/b.list',
      '/mirrors.list',
    ]);
    expect(readAptSources(join(folder, 'nowhere'))).toEqual([]);
  });
});
