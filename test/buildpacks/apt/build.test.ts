import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aptBuildpack } from '../../../buildpacks/apt/src/buildpack.ts';
import { updateBuilderLock } from '../../../src/builder/index.ts';
import { createBuildKit, type BuildKit } from '../../../src/sdk/testing/index.ts';
import { FAKE_CLOCK, fakeDebian, fakePackages, writeFakeBuilder } from '../../support/fake-builder.ts';
import type { FakePackage } from '../../support/fake-apt-repository.ts';
import { useFakeDistribution } from '../../support/fake-distribution.ts';
import { lockBuildpack } from '../../support/lock-buildpack.ts';

const distribution = useFakeDistribution();
const source = join(import.meta.dirname, '../../../buildpacks/apt');

const EXTRA: readonly FakePackage[] = [
  { name: 'tool', version: '1.0', fields: ['Depends: libtool, libthing, adduser'], entries: [{ path: './usr/bin/tool', mode: 0o755, content: 'tool' }] },
  { name: 'libtool', version: '1.0', entries: [{ path: './usr/lib/x86_64-linux-gnu/libtool.so.1', content: 'library' }] },
  {
    name: 'libtool-dev',
    version: '1.0',
    fields: ['Depends: libtool (= 1.0)'],
    entries: [
      { path: './usr/include/tool.h', content: 'header' },
      { path: './usr/lib/x86_64-linux-gnu/libtool.so', flag: '2', linkTarget: 'libtool.so.1' },
      {
        path: './usr/lib/x86_64-linux-gnu/pkgconfig/tool.pc',
        content: 'prefix=/usr\nlibdir = /usr/lib/x86_64-linux-gnu\nName: tool\nCflags: -I${prefix}/include\n',
      },
    ],
  },
  { name: 'broken', version: '2', fields: ['Depends: nowhere (>= 3)'] },
];

async function kitFor(aptfile: string, env: Readonly<Record<string, string>> = {}): Promise<BuildKit> {
  const { home, repository } = distribution;
  repository.publish('trixie', [...fakePackages(), ...EXTRA]);
  const debian = fakeDebian(repository, join(home, 'cache'));
  const { keyringDirectory } = repository;
  await updateBuilderLock({ builder: writeFakeBuilder(home), debian, clock: FAKE_CLOCK, keyringDirectory });
  const buildpackDirectory = await lockBuildpack(distribution, source, (packages) =>
    writeFileSync(join(packages, 'trixie.toml'), 'suites = ["trixie"]\nexclude = ["adduser"]\n[sets.run-image]\nof = "own"\n'),
  );
  return createBuildKit({
    buildpack: aptBuildpack,
    buildpackDirectory,
    application: { Aptfile: aptfile },
    clock: FAKE_CLOCK,
    env: { TSPACK_DEBIAN_MIRROR: repository.mirrors.addresses.debian, ...env },
  });
}

const inLayer = (kit: BuildKit, path: string) => existsSync(join(kit.layersDirectory, path));

describe('the apt buildpack', () => {
  it('installs what is asked for and what that needs, but not what the run image has', async () => {
    using kit = await kitFor('tool\nshell\n');
    const { exitCode, stdout, stderr, layers } = await kit.build();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('shell (Aptfile:2) is in the run image already');
    expect(stdout).toContain('tool 1.0');
    expect(stdout).toContain('with what they need: libtool\n');
    expect(layers.get('apt')).toMatchObject({ types: { launch: true, build: true, cache: true } });
    expect(['usr/bin/tool', 'var/lib/dpkg/status.d/tool', 'usr/lib/libthing.so.1'].map((path) => inLayer(kit, `apt/${path}`))).toEqual([true, true, false]);
    expect(readFileSync(join(kit.layersDirectory, 'apt/env/PATH.prepend'), 'utf8')).toBe(
      ['usr/sbin', 'usr/bin'].map((folder) => join(kit.layersDirectory, 'apt', folder)).join(':'),
    );
    expect(readFileSync(join(kit.layersDirectory, 'apt.sbom.cdx.json'), 'utf8')).toContain('pkg:deb/debian/libtool@1.0?arch=amd64');
  });

  it('keeps headers out of the image, and has compilers find them', async () => {
    using kit = await kitFor('libtool-dev');
    const { exitCode, layers } = await kit.build();
    expect(exitCode).toBe(0);
    expect(layers.get('apt')?.types).toEqual({ launch: true, build: false, cache: true });
    expect(layers.get('apt-build')?.types).toEqual({ launch: false, build: true, cache: true });
    expect(inLayer(kit, 'apt/usr/include/tool.h')).toBe(false);
    const root = join(kit.layersDirectory, 'apt-build');
    expect(readFileSync(join(root, 'usr/lib/x86_64-linux-gnu/libtool.so'), 'utf8')).toBe('library');
    expect(readFileSync(join(root, 'usr/lib/x86_64-linux-gnu/pkgconfig/tool.pc'), 'utf8')).toBe(
      `prefix=${root}/usr\nlibdir = ${root}/usr/lib/x86_64-linux-gnu\nName: tool\nCflags: -I\${prefix}/include\n`,
    );
    expect(readFileSync(join(root, 'env.build/CPATH.prepend'), 'utf8')).toContain(`${root}/usr/include:`);
  });

  it('asks nothing again until the Aptfile changes, and drops what is no longer wanted', async () => {
    using kit = await kitFor('libtool-dev');
    await kit.build();
    distribution.repository.requests.length = 0;
    expect((await kit.build()).stdout).toContain("Reusing packages: Aptfile, Debian's packages, layer format and architecture unchanged");
    expect(distribution.repository.requests).toEqual([]);
    kit.change('Aptfile', 'tool');
    const changed = await kit.build();
    expect(changed.stdout).toContain('Rebuilding packages: Aptfile changed');
    expect([...changed.layers.keys()]).toEqual(['apt']);
    kit.change('Aptfile', '# none\n');
    const none = await kit.build();
    expect(none.stdout + none.stderr).toContain('Aptfile names no package');
    expect([...none.layers.keys()]).toEqual([]);
  });

  it('makes no layer of the image when the run image has everything', async () => {
    using kit = await kitFor('shell');
    expect((await kit.build()).layers.get('apt')?.types).toEqual({ launch: false, build: false, cache: true });
  });

  it('explains names and versions that nobody has, with the line', async () => {
    using kit = await kitFor('tool\ntoool');
    expect((await kit.build()).stderr).toMatch(/Aptfile:2 needs toool, but no index has it \[DEBIAN_RESOLUTION_FAILED\]\n.*did you mean tool/);
    kit.change('Aptfile', 'tool=9.9');
    expect((await kit.build()).stderr).toMatch(/Aptfile:1 needs tool \(= 9\.9\), but tool 1\.0 will not do/);
    kit.change('Aptfile', 'broken');
    expect((await kit.build()).stderr).toMatch(/Aptfile:1 needs broken, broken 2 needs nowhere \(>= 3\), but no index has it/);
  });

  it('believes no index that somebody else signed, nor one older than its lock', async () => {
    using kit = await kitFor('tool');
    distribution.repository.faults.signature = 'foreign';
    expect((await kit.build()).stderr).toContain('[DEBIAN_SIGNATURE_INVALID]');
    distribution.repository.faults.signature = undefined;
    distribution.repository.faults.date = new Date('2026-02-01T00:00:00Z');
    const { stderr, layers } = await kit.build();
    distribution.repository.faults.date = undefined;
    expect(stderr).toContain('[DEBIAN_RELEASE_OLDER]');
    expect([...layers.keys()]).toEqual([]);
  });

  it('does not mix distributions', async () => {
    using kit = await kitFor('tool', { CNB_TARGET_DISTRO_NAME: 'ubuntu', CNB_TARGET_DISTRO_VERSION: '24.04' });
    expect((await kit.build()).stderr).toMatch(/Cannot install packages on ubuntu 24\.04: .*\[APT_DISTRIBUTION_UNSUPPORTED\]/);
  });
});
