import { lstatSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unpackBuildImage, unpackToolbox } from '../../src/builder/index.ts';
import { FAKE_CLOCK, fakePackages, lockFakeBuilder } from '../support/fake-builder.ts';
import { useFakeDistribution } from '../support/fake-distribution.ts';

const distribution = useFakeDistribution();

async function prepare() {
  const { builder, supply } = await lockFakeBuilder(distribution.repository, distribution.home);
  return { builder, architecture: 'amd64', supply: supply(), cacheDirectory: join(distribution.home, 'cache'), clock: FAKE_CLOCK } as const;
}

describe('unpackBuildImage()', () => {
  it('unpacks the packages with the fix-ups on disk, for the caller', async () => {
    const { root, env, labels, user } = await unpackBuildImage(await prepare());
    expect(readFileSync(join(root, 'usr/bin/bash'), 'utf8')).toBe('bash 1.0');
    expect(readlinkSync(join(root, 'bin'))).toBe('usr/bin');
    expect(readlinkSync(join(root, 'var/run'))).toBe('../run');
    expect(lstatSync(join(root, 'usr/bin/passwd')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(root, 'tmp')).mode & 0o7777).toBe(0o1777);
    expect(statSync(root).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).toContain('cnb:*:1001:1000:');
    expect(statSync(join(root, 'workspace')).uid).toBe(process.getuid?.());
    expect(env).toEqual({ CNB_GROUP_ID: '1000', CNB_STACK_ID: 'tspack.trixie', CNB_USER_ID: '1001', PATH: expect.stringContaining('/usr/bin') });
    expect(labels['io.buildpacks.base.id']).toBe('tspack.trixie');
    expect(user.name).toBe('cnb');
  });

  it('unpacks once, and two at once end with one folder', async () => {
    const options = await prepare();
    const [one, two] = await Promise.all([unpackBuildImage(options), unpackBuildImage(options)]);
    expect(one.root).toBe(two.root);
    expect(readdirSync(options.cacheDirectory)).toEqual([one.key]);
    const before = distribution.repository.requests.length;
    await unpackBuildImage(options);
    expect(distribution.repository.requests.length).toBe(before);
  });

  it('leaves no folder when a package is not what it should be', async () => {
    const options = await prepare();
    distribution.repository.faults.tamperedPackage = 'libthing';
    await expect(unpackBuildImage(options)).rejects.toMatchObject({ code: 'DOWNLOAD_DIGEST_MISMATCH' });
    expect(readdirSync(options.cacheDirectory)).toEqual([]);
    distribution.repository.faults.tamperedPackage = undefined;
    await expect(unpackBuildImage(options)).resolves.toBeDefined();
  });

  it('gives another key to other packages', async () => {
    const options = await prepare();
    const { key } = await unpackBuildImage(options);
    distribution.repository.publish('trixie', fakePackages('2.0'));
    rmSync(distribution.home, { recursive: true });
    expect((await unpackBuildImage(await prepare())).key).not.toBe(key);
  });
});

describe('unpackToolbox()', () => {
  it('starts programs through the loader and libraries of the toolbox', async () => {
    const { root, bubblewrap } = await unpackToolbox(await prepare());
    expect(bubblewrap).toEqual([
      join(root, 'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
      '--inhibit-cache',
      '--library-path',
      join(root, 'usr/lib/x86_64-linux-gnu'),
      join(root, 'usr/bin/bwrap'),
    ]);
  });
});
