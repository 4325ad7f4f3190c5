import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  discoverMirrors,
  extractPackage,
  fetchPackages,
  formatPackageLock,
  httpTransport,
  parsePackageLock,
  readAptSources,
  updateLock,
} from '../../../src/debian/index.ts';
import type { DebianContext, PackageLock } from '../../../src/debian/index.ts';
import { systemClock } from '../../../src/foundation/index.ts';
import { createHttpClient, readProxySettings } from '../../../src/http/index.ts';

// The real archive: its signatures, indexes and packages. Skipped, with the reason, where no mirror can be reached.
const SUITES = ['trixie', 'trixie-updates', 'trixie-security'];
const scratch = mkdtempSync(join(tmpdir(), 'debian-mirror-'));
const client = createHttpClient({ userAgent: 'tspack-test', clock: systemClock, proxy: readProxySettings(process.env) });

async function findMirror(): Promise<DebianContext | string> {
  try {
    const mirrors = discoverMirrors({ environment: process.env, aptSources: readAptSources('/etc/apt'), snapshot: undefined, now: new Date() });
    const response = await client.request({ url: `${mirrors.addresses.debian}/dists/trixie/InRelease`, idleTimeoutMilliseconds: 20_000 });
    await response.discard();
    return { transport: httpTransport(client), mirrors, cacheDirectory: join(scratch, 'cache') };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const found = await findMirror();
const isRequired = process.env['TSPACK_TEST_REQUIRE'] === '1';
if (typeof found === 'string') console.warn(`SKIPPED: the tests of the real Debian archive, because ${found}`);

describe.skipIf(typeof found === 'string' && !isRequired)('the real Debian archive', () => {
  let context: DebianContext;
  beforeAll(() => {
    if (typeof found === 'string') throw new Error(found);
    context = found;
  });
  afterAll(async () => {
    rmSync(scratch, { recursive: true, force: true });
    await client.close();
  });

  const lockOf = (architecture: string, packages: readonly string[], suites = SUITES): Promise<{ lock: PackageLock }> =>
    updateLock({ suites, architecture, sets: [{ name: 'run', packages, exclude: ['debconf'] }], now: new Date() }, context);

  test.each([
    ['amd64', 62],
    ['arm64', 183],
  ])('locks, fetches and unpacks for %s', async (architecture, elfMachine) => {
    const { lock } = await lockOf(architecture, ['zlib1g', 'bash', 'perl-base', 'ca-certificates']);
    expect(lock.packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['bash', 'ca-certificates', 'libc6', 'libtinfo6', 'openssl', 'zlib1g']));
    expect(lock.sources.map(({ suite }) => suite).sort()).toEqual([...SUITES].sort());
    expect(parsePackageLock(formatPackageLock(lock), 'lock')).toEqual(lock);
    const root = join(scratch, `root-${architecture}`);
    mkdirSync(root);
    for await (const each of fetchPackages({ packages: lock.packages, sources: lock.sources }, context)) {
      if (each.kind === 'superseded') throw new Error(`the fresh lock is behind: ${each.url}`);
      await extractPackage({ path: each.path, directory: root, label: each.package.name });
    }
    const bash = readFileSync(join(root, 'usr/bin/bash'));
    expect(bash.toString('latin1', 1, 4)).toBe('ELF');
    expect(bash.readUInt16LE(18)).toBe(elfMachine);
  });

  test('unpacks exactly what dpkg-deb unpacks', async () => {
    const { lock } = await lockOf('amd64', ['perl-base', 'ca-certificates', 'tzdata', 'unzip']);
    for await (const each of fetchPackages({ packages: lock.packages, sources: lock.sources }, context)) {
      if (each.kind === 'superseded') throw new Error(`the fresh lock is behind: ${each.url}`);
      const [ours, theirs] = ['ours', 'theirs'].map((side) => join(scratch, side, each.package.name));
      mkdirSync(ours!, { recursive: true });
      mkdirSync(theirs!, { recursive: true });
      await extractPackage({ path: each.path, directory: ours! });
      execFileSync('dpkg-deb', ['-x', each.path, theirs!]);
      expect(listing(ours!)).toEqual(listing(theirs!));
    }
  });

  test.each(['bookworm', 'bookworm-security', 'trixie-backports'])('verifies %s with its own keys', async (suite) => {
    const anything = { bookworm: 'zlib1g', 'bookworm-security': 'libssl3', 'trixie-backports': 'rustc' }[suite]!;
    const failed = await lockOf('amd64', [anything], [suite]).then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code,
    );
    // A part of the archive alone may not satisfy dependencies; that comes after verification.
    expect([undefined, 'DEBIAN_RESOLUTION_FAILED']).toContain(failed);
  });
});

/** Every entry with its type, mode without setuid bits, and content. */
function listing(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const stat = lstatSync(path);
      const content = entry.isSymbolicLink() ? readlinkSync(path) : entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      const mode = entry.isSymbolicLink() ? '' : (stat.mode & 0o1777).toString(8);
      return `${path.slice(root.length)} ${entry.isDirectory() ? 'd' : entry.isFile() ? 'f' : 'l'} ${mode} ${stat.nlink > 1 && entry.isFile() ? 'linked' : ''} ${content}`;
    })
    .sort();
}
