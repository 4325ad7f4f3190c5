import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { debianPackagesKey, defineBuildpack, detected, installDebianPackages, setDebianPaths, type InstalledPackages } from '../../src/sdk/index.ts';
import { createBuildKit, type BuildKit } from '../../src/sdk/testing/index.ts';
import { FAKE_CLOCK } from '../support/fake-builder.ts';
import type { FakePackage } from '../support/fake-apt-repository.ts';
import { useFakeDistribution } from '../support/fake-distribution.ts';
import { lockBuildpack } from '../support/lock-buildpack.ts';

const distribution = useFakeDistribution();

const packages = (version: string): readonly FakePackage[] => [
  ...['amd64', 'arm64'].map((architecture) => ({
    name: 'server',
    version,
    architecture,
    fields: ['Depends: libserver (>= 1), elsewhere', 'Source: serve (1)', 'Homepage: https://example.org/'],
    entries: [
      { path: './bin/', flag: '5' },
      { path: './bin/server', mode: 0o755, content: `server ${version}` },
      { path: './usr/share/server/lib.so', flag: '2', linkTarget: '/lib/libserver.so.1' },
      { path: './usr/share/server/zone', flag: '2', linkTarget: '/usr/share/zoneinfo/UTC' },
      { path: './usr/share/server/page.html', content: 'hello' },
      { path: './usr/share/man/man8/server.8.gz', content: 'manual' },
      {
        path: './usr/share/doc/server/copyright',
        content: 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: Expat and GPL-2+\n',
      },
    ],
  })),
  {
    name: 'libserver',
    version: '1:1.0+x',
    architecture: 'all',
    entries: [
      { path: './lib/libserver.so.1', content: 'library' },
      { path: './usr/share/doc/libserver/copyright', content: 'see /usr/share/common-licenses/LGPL-2.1.' },
    ],
  },
  { name: 'elsewhere', version: '1', architecture: 'all' },
];

/** A buildpack with the set `server`, locked from the fake repository, that installs it. */
async function kitFor(options: { readonly exclude?: readonly string[]; readonly set?: string; readonly env?: Record<string, string> } = {}) {
  const { repository } = distribution;
  repository.publish('trixie', packages('2.0'));
  const directory = await lockBuildpack(distribution, join(import.meta.dirname, '../fixtures/sdk-buildpack'), (folder) =>
    writeFileSync(join(folder, 'trixie.toml'), 'suites = ["trixie"]\nexclude = ["elsewhere"]\n[sets.server]\npackages = ["server"]\n'),
  );
  const installed: InstalledPackages[] = [];
  const set = { suite: 'trixie', set: options.set ?? 'server' };
  const buildpack = defineBuildpack({
    detect: () => detected(),
    async build(context) {
      await context.layer({
        name: 'server',
        types: { launch: true, cache: true },
        inputs: [{ name: 'packages', value: debianPackagesKey(context, set) }],
        async create(layer) {
          const rules = { drop: ['usr/share/server/*.html'] };
          installed.push(await installDebianPackages(context, { ...set, directory: layer.path, rules, exclude: options.exclude ?? [] }));
          setDebianPaths(layer, 'launch', context.target.architecture);
          return {};
        },
      });
    },
  });
  const env = { TSPACK_DEBIAN_MIRROR: repository.mirrors.addresses.debian, ...options.env };
  return { kit: createBuildKit({ buildpack, buildpackDirectory: directory, application: {}, env, clock: FAKE_CLOCK }), installed };
}

const tree = (kit: BuildKit) =>
  readdirSync(join(kit.layersDirectory, 'server'), { recursive: true, encoding: 'utf8' })
    .filter((path) => !lstatSync(join(kit.layersDirectory, 'server', path)).isDirectory())
    .sort();

describe('installDebianPackages()', () => {
  it('unpacks the locked packages below usr/, with their licence and state, and nothing that nobody reads', async () => {
    const { kit } = await kitFor();
    using _kit = kit;
    expect(await kit.build()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(tree(kit)).toEqual([
      'env.launch/LD_LIBRARY_PATH.delim',
      'env.launch/LD_LIBRARY_PATH.prepend',
      'env.launch/PATH.delim',
      'env.launch/PATH.prepend',
      'usr/bin/server',
      'usr/lib/libserver.so.1',
      'usr/share/doc/libserver/copyright',
      'usr/share/doc/server/copyright',
      'usr/share/server/lib.so',
      'usr/share/server/zone',
      'var/lib/dpkg/status.d/libserver',
      'var/lib/dpkg/status.d/server',
    ]);
    expect(readFileSync(join(kit.layersDirectory, 'server/var/lib/dpkg/status.d/server'), 'utf8')).toMatch(/^Package: server\nStatus: install ok installed\n/);
  });

  it('makes links among the packages relative, and leaves those to the image', async () => {
    const { kit } = await kitFor();
    using _kit = kit;
    await kit.build();
    const link = (name: string) => readlinkSync(join(kit.layersDirectory, 'server/usr/share/server', name));
    expect(link('lib.so')).toBe('../../lib/libserver.so.1');
    expect(link('zone')).toBe('/usr/share/zoneinfo/UTC');
  });

  it('describes them with licences, hashes and edges', async () => {
    const { kit, installed } = await kitFor();
    using _kit = kit;
    await kit.build();
    const [libserver, server] = installed[0]!.components;
    expect(libserver).toMatchObject({ purl: 'pkg:deb/debian/libserver@1%3A1.0%2Bx?arch=all&distro=debian-13', licences: ['LGPL-2.1-only'], dependsOn: [] });
    expect(server).toMatchObject({
      purl: 'pkg:deb/debian/server@2.0?arch=amd64&distro=debian-13&upstream=serve',
      homepage: 'https://example.org/',
      licences: ['GPL-2.0-or-later', 'MIT'],
      hashes: [{ algorithm: 'SHA-256', hex: installed[0]!.packages[1]!.sha256 }],
      dependsOn: [libserver!.purl],
    });
  });

  it('asks for nothing while the lock is the same', async () => {
    const { kit } = await kitFor();
    using _kit = kit;
    await kit.build();
    distribution.repository.requests.length = 0;
    expect((await kit.build()).stdout).toContain('Reusing server: packages unchanged');
    expect(distribution.repository.requests).toEqual([]);
  });

  it('leaves out what is not wanted this time', async () => {
    const { kit, installed } = await kitFor({ exclude: ['libserver'] });
    using _kit = kit;
    await kit.build();
    expect(installed[0]!.packages.map(({ name }) => name)).toEqual(['server']);
  });

  it('takes the mirror of a binding', async () => {
    const { kit, installed } = await kitFor({ env: { TSPACK_DEBIAN_MIRROR: '' } });
    using _kit = kit;
    const bound = join(distribution.home, 'bindings/mirror');
    mkdirSync(bound, { recursive: true });
    writeFileSync(join(bound, 'type'), 'dependency-mirror');
    writeFileSync(join(bound, 'debian'), `${distribution.repository.mirrors.addresses.debian}\n`);
    kit.setEnv('TSPACK_DEBIAN_MIRROR', undefined);
    kit.setEnv('SERVICE_BINDING_ROOT', join(distribution.home, 'bindings'));
    expect(await kit.build()).toMatchObject({ exitCode: 0 });
    expect(installed).toHaveLength(1);
  });

  it('resolves the set anew when the archive has moved on, and says what is installed instead', async () => {
    const { kit, installed } = await kitFor();
    using _kit = kit;
    distribution.repository.publish('trixie', packages('2.1'));
    const { exitCode, stderr } = await kit.build();
    expect(exitCode).toBe(0);
    expect(stderr).toContain('The archive no longer has server 2.0, which this buildpack has locked; installing server 2.1 instead');
    expect(installed[0]!.packages.map(({ name, version }) => `${name} ${version}`)).toEqual(['libserver 1:1.0+x', 'server 2.1']);
  });

  it('tells when nothing may be asked, and when there is no lock', async () => {
    const { kit } = await kitFor();
    using _kit = kit;
    kit.setEnv('TSPACK_OFFLINE', '1');
    expect((await kit.build()).stderr).toContain('[DOWNLOAD_OFFLINE]');
    kit.setEnv('CNB_TARGET_ARCH', 's390x');
    expect((await kit.build()).stderr).toMatch(/Cannot install packages of "trixie" for s390x: .*\[DEBIAN_LOCK_MISSING\]/);
  });

  it('never leaves a layer behind after a failure', async () => {
    const { kit } = await kitFor();
    using _kit = kit;
    distribution.repository.faults.tamperedPackage = 'server';
    const { exitCode, stderr, layers } = await kit.build();
    expect({ exitCode, layers: [...layers.keys()] }).toEqual({ exitCode: 1, layers: [] });
    expect(stderr).toContain('[DOWNLOAD_DIGEST_MISMATCH]');
  });

  it('calls a set that the lock does not have a fault of the buildpack', async () => {
    const { kit } = await kitFor({ set: 'servr' });
    using _kit = kit;
    expect((await kit.build()).stderr).toContain('has no packages of the set "servr"');
  });
});
