import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { updateBuilderLock, updateBuildpackLocks } from '../../src/builder/index.ts';
import { parsePackageLock } from '../../src/debian/index.ts';
import { FAKE_CLOCK, fakeDebian, fakePackages, writeFakeBuilder } from '../support/fake-builder.ts';
import { useFakeDistribution } from '../support/fake-distribution.ts';

const distribution = useFakeDistribution();

const SERVER = ['amd64', 'arm64'].map((architecture) => ({
  name: 'server',
  version: '2.0',
  architecture,
  fields: ['Depends: shell, libthing, libserver, debconf, init'],
}));
const LIBRARIES = ['libserver', 'init', 'debconf'].map((name) => ({ name, version: '1', architecture: 'all' }));

/** Locks `definition` of a buildpack, on the builder `own` of the fake distribution. */
async function lock(definition: string) {
  const { home, repository } = distribution;
  repository.publish('trixie', [...fakePackages(), ...SERVER, ...LIBRARIES]);
  const debian = fakeDebian(repository, join(home, 'downloads'));
  const { keyringDirectory } = repository;
  const directory = join(home, 'buildpack');
  mkdirSync(join(directory, 'packages'), { recursive: true });
  writeFileSync(join(directory, 'packages/trixie.toml'), definition);
  await updateBuilderLock({ builder: writeFakeBuilder(home), debian, clock: FAKE_CLOCK, keyringDirectory });
  return updateBuildpackLocks({ directory, buildersDirectory: home, debian, clock: FAKE_CLOCK, keyringDirectory });
}

const namesOf = (path: string) => parsePackageLock(readFileSync(path, 'utf8'), path).packages.map(({ name, sets }) => `${name}: ${sets.join(' ')}`);

describe('updateBuildpackLocks()', () => {
  it('leaves out what the run image has and what the builder and the definition exclude', async () => {
    const updated = await lock('suites = ["trixie"]\non = "own"\nexclude = ["init"]\n[sets.server]\npackages = ["server"]\n');
    expect(updated.map(({ suite, architecture }) => `${suite} ${architecture}`)).toEqual(['trixie amd64', 'trixie arm64']);
    expect(namesOf(join(distribution.home, 'buildpack/packages/trixie.amd64.json'))).toEqual(['libserver: server', 'server: server']);
    expect(updated[1]?.lock.excluded.map(({ name }) => name)).toEqual(['debconf', 'init', 'libthing', 'shell']);
  });

  it('holds everything without a builder, and what a set names itself in any case', async () => {
    await lock('suites = ["trixie"]\n[sets.all]\npackages = ["server"]\n[sets.own]\npackages = ["init"]\nexclude = ["init"]\n');
    expect(namesOf(join(distribution.home, 'buildpack/packages/trixie.arm64.json'))).toEqual([
      'debconf: all',
      'init: all own',
      'libserver: all',
      'libthing: all',
      'server: all',
      'shell: all',
    ]);
  });

  it('says nothing and writes the same when nothing moved', async () => {
    const definition = 'suites = ["trixie"]\non = "own"\n[sets.server]\npackages = ["server"]\n';
    const [first] = await lock(definition);
    const text = readFileSync(first!.path, 'utf8');
    expect((await lock(definition)).flatMap(({ changes }) => changes)).toEqual([]);
    expect(readFileSync(first!.path, 'utf8')).toBe(text);
  });

  it('writes no lock when a set cannot be resolved', async () => {
    await expect(lock('suites = ["trixie"]\n[sets.server]\npackages = ["server"]\n[sets.bad]\npackages = ["servr"]\n')).rejects.toMatchObject({
      code: 'DEBIAN_RESOLUTION_FAILED',
      nextStep: expect.stringContaining('server') as unknown,
    });
    expect(existsSync(join(distribution.home, 'buildpack/packages/trixie.amd64.json'))).toBe(false);
  });

  it('names every problem of a definition', async () => {
    await expect(lock('suites = "trixie"\nsuit = 1\n[sets.a]\npackage = ["x"]\n')).rejects.toMatchObject({
      code: 'DEBIAN_DEFINITION_INVALID',
      message: expect.stringMatching(/suit is not known.*suites is "trixie".*sets\.a\.package is not known.*sets\.a\.packages is undefined/) as unknown,
    });
  });
});
