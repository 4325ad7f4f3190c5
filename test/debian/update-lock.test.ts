import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { extractPackage, fetchPackages, httpTransport, updateLock } from '../../src/debian/index.ts';
import type { DebianContext, FetchedPackage, PackageLock } from '../../src/debian/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import type { HttpClient } from '../../src/http/index.ts';
import { FAKE_RELEASE_DATE, startFakeAptRepository } from '../support/fake-apt-repository.ts';
import type { FakeAptRepository, FakePackage } from '../support/fake-apt-repository.ts';

const now = new Date('2026-06-03T00:00:00Z');
const DAY = 24 * 60 * 60 * 1000;

const MAIN: readonly FakePackage[] = [
  { name: 'app', version: '1.0-1', fields: ['Depends: libtls (>= 3), data'] },
  { name: 'libtls', version: '3.0-1' },
  { name: 'data', version: '2026a', architecture: 'all' },
  { name: 'app', version: '1.0-1', architecture: 'arm64', fields: ['Depends: data'] },
];

let repository: FakeAptRepository;
let cacheDirectory: string;
let client: HttpClient;
let context: DebianContext;

beforeAll(async () => {
  repository = await startFakeAptRepository({ trixie: MAIN, 'trixie-security': [{ name: 'libtls', version: '3.0-1+deb13u1' }] });
});
afterAll(() => repository.close());

beforeEach(() => {
  for (const key of Object.keys(repository.faults)) delete repository.faults[key as keyof typeof repository.faults];
  repository.publish('trixie', MAIN);
  repository.requests.length = 0;
  cacheDirectory = mkdtempSync(join(tmpdir(), 'debian-cache-'));
  client = createHttpClient({ userAgent: 'test', clock: { now: () => now }, sleep: () => Promise.resolve() });
  context = { transport: httpTransport(client), mirrors: repository.mirrors, cacheDirectory };
  return () => {
    rmSync(cacheDirectory, { recursive: true, force: true });
    return client.close();
  };
});

function lockAt(options: { previous?: PackageLock; now?: Date; architecture?: string } = {}) {
  return updateLock(
    {
      suites: ['trixie', 'trixie-security'],
      architecture: 'amd64',
      sets: [{ name: 'run', packages: ['app'], exclude: [] }],
      now,
      keyringDirectory: repository.keyringDirectory,
      ...options,
    },
    context,
  );
}

async function fetchAll(lock: PackageLock): Promise<readonly FetchedPackage[]> {
  const found: FetchedPackage[] = [];
  for await (const each of fetchPackages({ packages: lock.packages, sources: lock.sources }, context)) found.push(each);
  return found.sort((a, b) => (a.package.name < b.package.name ? -1 : 1));
}

function cached(): readonly string[] {
  const folder = join(cacheDirectory, 'sha256');
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe('updateLock()', () => {
  test('locks the newest versions of all suites, from verified indexes', async () => {
    const { lock, changes } = await lockAt();
    expect(lock.packages.map(({ name, version, source }) => [name, version, source])).toEqual([
      ['app', '1.0-1', 'main'],
      ['data', '2026a', 'main'],
      ['libtls', '3.0-1+deb13u1', 'security'],
    ]);
    expect(lock.sources.map(({ suite, date }) => [suite, date])).toEqual([
      ['trixie', '2026-06-01T12:00:00Z'],
      ['trixie-security', '2026-06-01T12:00:00Z'],
    ]);
    expect(changes.map(({ kind }) => kind)).toEqual(['added', 'added', 'added']);
    expect((await lockAt({ previous: lock })).changes).toEqual([]);
  });

  test('locks for another architecture', async () => {
    const { lock } = await lockAt({ architecture: 'arm64' });
    expect(lock.packages.map(({ name, architecture }) => `${name} ${architecture}`)).toEqual(['app arm64', 'data all']);
  });

  test.each(['broken', 'foreign', 'missing'] as const)('believes nothing of a release whose signature is %s', async (signature) => {
    repository.faults.signature = signature;
    await expect(lockAt()).rejects.toMatchObject({ code: 'DEBIAN_SIGNATURE_INVALID' });
    expect(repository.requests).toEqual(['/debian/dists/trixie/InRelease']);
    expect(cached()).toEqual([]);
  });

  test('refuses another suite under the wanted name', async () => {
    repository.faults.codename = 'bookworm';
    await expect(lockAt()).rejects.toMatchObject({ code: 'DEBIAN_RELEASE_WRONG_SUITE' });
  });

  test('refuses a release that is past its Valid-Until, and takes it until then', async () => {
    repository.faults.validUntil = new Date(FAKE_RELEASE_DATE.getTime() + DAY);
    await expect(lockAt()).rejects.toMatchObject({ code: 'DEBIAN_RELEASE_EXPIRED' });
    await expect(lockAt({ now: new Date(FAKE_RELEASE_DATE.getTime() + DAY / 2) })).resolves.toBeDefined();
  });

  test('refuses a release that is older than the one the lock was made from', async () => {
    const { lock } = await lockAt();
    repository.faults.date = new Date(FAKE_RELEASE_DATE.getTime() - DAY);
    await expect(lockAt({ previous: lock })).rejects.toMatchObject({ code: 'DEBIAN_RELEASE_OLDER' });
    await expect(lockAt()).resolves.toBeDefined();
  });

  test('refuses a release of the future', async () => {
    repository.faults.date = new Date(now.getTime() + 2 * DAY);
    // The signature is of the future too: either reason will do, but it must be refused.
    await expect(lockAt()).rejects.toMatchObject({ code: expect.stringMatching(/^DEBIAN_(SIGNATURE|RELEASE)_INVALID$/) as string });
  });

  test('refuses an index that is not the signed one, and keeps nothing of it', async () => {
    repository.faults.tamperedIndex = true;
    await expect(lockAt()).rejects.toMatchObject({ code: 'DEBIAN_INDEX_MISMATCH' });
    expect(cached()).toEqual([]);
  });

  test('says which suite has no packages for an architecture', async () => {
    await expect(lockAt({ architecture: 'riscv64' })).rejects.toMatchObject({
      code: 'DEBIAN_INDEX_MISSING',
      message: expect.stringContaining('riscv64') as string,
    });
  });

  test('names the variable to set when the mirror of the apt configuration cannot be reached', async () => {
    const addresses = { debian: 'http://127.0.0.1:1/debian', 'debian-security': 'http://127.0.0.1:1/debian-security' };
    context = { ...context, mirrors: { origin: 'apt', addresses, snapshot: undefined } };
    await expect(lockAt()).rejects.toMatchObject({ code: 'DEBIAN_MIRROR_UNREACHABLE', nextStep: expect.stringContaining('TSPACK_DEBIAN_MIRROR') as string });
  });
});

describe('fetchPackages()', () => {
  test('downloads, verifies and keeps packages that then unpack', async () => {
    const { lock } = await lockAt();
    const found = await fetchAll(lock);
    expect(found.map((each) => [each.kind, each.kind === 'fetched' && each.fromCache])).toEqual([
      ['fetched', false],
      ['fetched', false],
      ['fetched', false],
    ]);
    const libtls = found.find((each) => each.package.name === 'libtls');
    const directory = mkdtempSync(join(cacheDirectory, 'root-'));
    if (libtls?.kind !== 'fetched') throw new Error('libtls was not fetched');
    await extractPackage({ path: libtls.path, directory });
    expect(readFileSync(join(directory, 'usr/share/libtls/version'), 'utf8')).toBe('3.0-1+deb13u1');
    repository.requests.length = 0;
    expect((await fetchAll(lock)).every((each) => each.kind === 'fetched' && each.fromCache)).toBe(true);
    expect(repository.requests).toEqual([]);
  });

  test('refuses a package with a changed byte and keeps nothing of it', async () => {
    const { lock } = await lockAt();
    const before = cached().length;
    repository.faults.tamperedPackage = 'app';
    const app = lock.packages.filter(({ name }) => name === 'app');
    await expect(fetchAll({ ...lock, packages: app })).rejects.toMatchObject({ code: 'DOWNLOAD_DIGEST_MISMATCH' });
    expect(cached()).toHaveLength(before);
  });

  test('downloads a cached package again that was damaged since', async () => {
    const { lock } = await lockAt();
    const [app] = await fetchAll(lock);
    if (app?.kind !== 'fetched') throw new Error('app was not fetched');
    const good = readFileSync(app.path);
    const damaged = Buffer.from(good);
    damaged[100]! ^= 1;
    writeFileSync(app.path, damaged);
    expect((await fetchAll(lock))[0]).toMatchObject({ kind: 'fetched', fromCache: false });
    expect(readFileSync(app.path).equals(good)).toBe(true);
  });

  test('resumes a download that breaks off', async () => {
    const { lock } = await lockAt();
    repository.faults.truncated = { name: 'app', times: 2 };
    expect((await fetchAll(lock)).map(({ kind }) => kind)).toEqual(['fetched', 'fetched', 'fetched']);
  });

  test('reports what the archive has replaced, and a new lock has the successor', async () => {
    const { lock } = await lockAt();
    repository.publish('trixie', [...MAIN.filter(({ name }) => name !== 'data'), { name: 'data', version: '2026b', architecture: 'all' }]);
    const superseded = (await fetchAll(lock)).filter(({ kind }) => kind === 'superseded');
    expect(superseded.map((each) => each.package.name)).toEqual(['data']);
    expect((await lockAt({ previous: lock })).changes).toEqual([{ kind: 'upgraded', name: 'data', from: '2026a', to: '2026b' }]);
  });

  test('takes what the mirror has dropped from the dated archive', async () => {
    const { lock } = await lockAt();
    repository.publish('trixie', []);
    const dated = await startFakeAptRepository({ trixie: MAIN });
    try {
      const snapshot = dated.mirrors.addresses.debian.replace('/debian', '');
      context = { ...context, mirrors: { ...repository.mirrors, snapshot } };
      expect((await fetchAll(lock)).map(({ kind }) => kind)).toEqual(['fetched', 'fetched', 'fetched']);
      expect(dated.requests).toContain('/debian/20260601T120000Z/pool/main/d/data/data_2026a_all.deb');
    } finally {
      await dated.close();
    }
  });

  test('asks a dated archive that cannot be reached only once', async () => {
    const { lock } = await lockAt();
    repository.publish('trixie', []);
    let asked = 0;
    const transport = httpTransport({
      request: (request) => {
        if (request.url.includes(':1/')) asked++;
        return client.request(request);
      },
    });
    const all = { packages: lock.packages, sources: lock.sources, concurrency: 1 };
    const kinds: string[] = [];
    for await (const each of fetchPackages(all, { ...context, transport, mirrors: { ...repository.mirrors, snapshot: 'http://127.0.0.1:1' } }))
      kinds.push(each.kind);
    expect(kinds.sort()).toEqual(['fetched', 'superseded', 'superseded']);
    expect(asked).toBe(1);
  });

  test('stops when it is aborted, and leaves no half file', async () => {
    const { lock } = await lockAt();
    const before = cached();
    const abort = new AbortController();
    abort.abort(new Error('stopped by the user'));
    context = { ...context, signal: abort.signal };
    await expect(fetchAll(lock)).rejects.toThrow('stopped by the user');
    expect(cached()).toEqual(before);
  });

  test('ends its downloads when the caller leaves the loop', async () => {
    const { lock } = await lockAt();
    for await (const each of fetchPackages({ packages: lock.packages, sources: lock.sources }, context)) {
      expect(each.kind).toBe('fetched');
      break;
    }
    expect(cached().filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
