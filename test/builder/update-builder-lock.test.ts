import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builderLockPath, readBuilderLock, updateBuilderLock } from '../../src/builder/index.ts';
import { FAKE_CLOCK, fakeDebian, fakePackages, writeFakeBuilder } from '../support/fake-builder.ts';
import { useFakeDistribution } from '../support/fake-distribution.ts';

const distribution = useFakeDistribution();

const update = () =>
  updateBuilderLock({
    builder: writeFakeBuilder(distribution.home),
    debian: fakeDebian(distribution.repository, join(distribution.home, 'downloads')),
    clock: FAKE_CLOCK,
    keyringDirectory: distribution.repository.keyringDirectory,
  });

describe('updateBuilderLock()', () => {
  it('locks every set for every architecture, exclusions included', async () => {
    const updated = await update();
    expect(updated.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64']);
    const lock = readBuilderLock(writeFakeBuilder(distribution.home), 'amd64');
    expect(lock.packages.map(({ name, sets }) => `${name}: ${sets.join(' ')}`)).toEqual([
      'base-passwd: build run',
      'ca-certificates: run',
      'libthing: build run toolbox',
      'shell: build run',
    ]);
    expect(lock.excluded).toEqual([{ name: 'debconf', sets: ['build', 'run'] }]);
  });

  it('says what moved since the last time, and nothing when nothing did', async () => {
    await update();
    const before = readFileSync(builderLockPath(writeFakeBuilder(distribution.home), 'amd64'), 'utf8');
    expect((await update()).flatMap(({ changes }) => changes)).toEqual([]);
    expect(readFileSync(builderLockPath(writeFakeBuilder(distribution.home), 'amd64'), 'utf8')).toBe(before);
    distribution.repository.publish('trixie', fakePackages('1.1'));
    const [amd64] = await update();
    expect(amd64?.changes).toEqual([
      { kind: 'upgraded', name: 'libthing', from: '1.0', to: '1.1' },
      { kind: 'upgraded', name: 'shell', from: '1.0', to: '1.1' },
    ]);
  });

  it('writes no lock when one architecture cannot be resolved', async () => {
    distribution.repository.publish(
      'trixie',
      fakePackages().filter(({ name, architecture }) => name !== 'libthing' || architecture !== 'arm64'),
    );
    await expect(update()).rejects.toThrow('libthing');
    expect(existsSync(builderLockPath(writeFakeBuilder(distribution.home), 'amd64'))).toBe(false);
  });
});

describe('readBuilderLock()', () => {
  it('tells to make a lock that is missing', () => {
    expect(() => readBuilderLock(writeFakeBuilder(distribution.home), 'arm64')).toThrow(
      expect.objectContaining({ code: 'BUILDER_LOCK_MISSING', nextStep: 'Run tspack builder update own' }),
    );
  });
});
