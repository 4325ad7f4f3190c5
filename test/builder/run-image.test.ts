import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRunImage, runImageKey } from '../../src/builder/index.ts';
import type { Architecture, BuilderEvent } from '../../src/builder/index.ts';
import { createLayerWriter, openBlobDirectory, validateImage } from '../../src/oci/index.ts';
import { fakePackages, listLayer, lockFakeBuilder } from '../support/fake-builder.ts';
import { useFakeDistribution } from '../support/fake-distribution.ts';

const distribution = useFakeDistribution();

async function make(
  options: {
    readonly place?: string;
    readonly architecture?: Architecture;
    readonly frozen?: boolean;
    readonly events?: (event: BuilderEvent) => void;
    readonly beforeAssembly?: () => void;
  } = {},
) {
  const { place = 'one', architecture = 'amd64', beforeAssembly, ...rest } = options;
  const directory = join(distribution.home, place);
  const { builder, supply } = await lockFakeBuilder(distribution.repository, directory, rest);
  beforeAssembly?.();
  const workDirectory = join(directory, 'work');
  const layerWriter = createLayerWriter(openBlobDirectory(join(directory, 'store')));
  return { builder, workDirectory, supply, result: await createRunImage({ builder, architecture, supply: supply(architecture), layerWriter, workDirectory }) };
}

describe('createRunImage()', () => {
  it('makes a valid image of one layer per group, with the labels of a base image', async () => {
    const { result, workDirectory } = await make();
    const { config } = result.image;
    expect(await validateImage(result.image)).toEqual([]);
    expect(config).toMatchObject({ os: 'linux', architecture: 'amd64', created: '1980-01-01T00:00:01Z' });
    expect(config.history?.map((entry) => entry.created_by)).toEqual(['data', 'libraries', 'rest'].map((name) => `tspack base image "own": ${name}`));
    expect(config.config?.User).toBe('1001:1000');
    expect(config.config?.Labels).toMatchObject({
      'io.buildpacks.base.distro.name': 'debian',
      'io.buildpacks.base.distro.version': '13',
      'io.buildpacks.base.released': '2026-06-01T12:00:00Z',
      'io.buildpacks.rebasable': 'true',
    });
    expect(readdirSync(workDirectory)).toEqual([]);
  });

  it('moves files below /usr, stores hard links as files, drops manuals and setuid bits, keeps copyrights', async () => {
    const { result } = await make();
    const [, libraries, rest] = await Promise.all(result.image.layers.map(listLayer));
    expect(libraries?.get('/usr/lib/libthing.so.1.0')).toMatchObject({ type: 'file', content: 'library', uid: 0, gid: 0 });
    expect(libraries?.get('/usr/lib/libthing-alias.so')).toMatchObject({ type: 'file', content: 'library' });
    expect(libraries?.get('/usr/lib/libthing.so.1')).toMatchObject({ type: 'symlink', linkTarget: 'libthing.so.1.0' });
    expect(libraries?.has('/var/lib/dpkg/status.d/libthing')).toBe(true);
    expect(rest?.get('/usr/bin/bash')).toMatchObject({ mode: 0o755, content: 'bash 1.0' });
    expect(rest?.get('/usr/bin/passwd')?.mode).toBe(0o755);
    expect(rest?.get('/bin')).toMatchObject({ type: 'symlink', linkTarget: 'usr/bin' });
    expect(rest?.get('/var/run')).toMatchObject({ type: 'symlink' });
    expect(rest?.get('/usr/bin/awk')).toMatchObject({ linkTarget: 'mawk' });
    expect(rest?.get('/etc/passwd')?.content).toContain('cnb:*:1001:1000::/home/cnb:/bin/bash');
    expect(rest?.get('/workspace')).toMatchObject({ type: 'directory', uid: 1001, gid: 1000 });
    expect(rest?.has('/usr/share/doc/shell/copyright')).toBe(true);
    for (const path of ['/usr/share/man/man1/bash.1.gz', '/usr/share/doc/shell/changelog.gz']) expect(rest?.has(path), path).toBe(false);
  });

  it('is the same image in another folder, under another umask', async () => {
    const first = await make();
    const umask = process.umask(0o077);
    try {
      const second = await make({ place: 'two' });
      expect(second.result.image.imageId).toBe(first.result.image.imageId);
    } finally {
      process.umask(umask);
    }
  });

  it('assembles other architectures, whose layers differ only where their packages do', async () => {
    const amd64 = await make();
    const arm64 = await make({ place: 'two', architecture: 'arm64' });
    expect(arm64.result.image.config.architecture).toBe('arm64');
    expect(arm64.result.image.layers[0]?.diffId).toBe(amd64.result.image.layers[0]?.diffId);
    const rest = await listLayer(arm64.result.image.layers[2]!);
    expect(rest.has('/lib')).toBe(true);
    expect(rest.has('/lib64')).toBe(false);
  });

  it('changes its key with the lock, and only then', async () => {
    const { builder, supply, result } = await make();
    expect(runImageKey(builder, supply().lock)).toBe(runImageKey(builder, result.lock));
    expect(runImageKey(builder, supply('arm64').lock)).not.toBe(runImageKey(builder, result.lock));
  });

  it('refuses a tampered package and leaves nothing behind', async () => {
    distribution.repository.faults.tamperedPackage = 'shell';
    await expect(make()).rejects.toMatchObject({ code: 'DOWNLOAD_DIGEST_MISMATCH' });
    expect(readdirSync(join(distribution.home, 'one', 'work'))).toEqual([]);
    expect(existsSync(join(distribution.home, 'one', 'store', 'blobs'))).toBe(false);
  });

  it('refuses a package that is not the one that the lock names', async () => {
    const swap = () => {
      const path = join(distribution.home, 'one', 'builders', 'own', 'lock.amd64.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace(/"name":"shell","version":"1.0"/, '"name":"shell","version":"1.1"'));
    };
    await expect(make({ beforeAssembly: swap })).rejects.toMatchObject({
      code: 'DEBIAN_PACKAGE_MISMATCH',
      message: expect.stringContaining('shell 1.0 amd64, want shell 1.1 amd64'),
    });
  });
});

describe('a lock that the archive has left behind', () => {
  it('is made anew from the signed index, with a notice, and remembered', async () => {
    const events: BuilderEvent[] = [];
    const { result, builder, supply } = await make({
      events: (event) => events.push(event),
      beforeAssembly: () => distribution.repository.publish('trixie', fakePackages('2.0')),
    });
    const rest = await listLayer(result.image.layers[2]!);
    expect(rest.get('/usr/bin/bash')?.content).toBe('bash 2.0');
    const notices = events.filter(({ kind }) => kind === 'packages-superseded');
    expect(notices).toEqual([
      {
        kind: 'packages-superseded',
        builder: 'own',
        architecture: 'amd64',
        changes: [
          { kind: 'upgraded', name: 'libthing', from: '1.0', to: '2.0' },
          { kind: 'upgraded', name: 'shell', from: '1.0', to: '2.0' },
        ],
      },
    ]);
    expect(supply().lock).toEqual(result.lock);
    expect(runImageKey(builder, supply().lock)).toBe(runImageKey(builder, result.lock));
    expect(readdirSync(join(distribution.home, 'one', 'work'))).toEqual([]);
  });

  it('is an error with a way out when frozen', async () => {
    const failing = make({ frozen: true, beforeAssembly: () => distribution.repository.publish('trixie', fakePackages('2.0')) });
    await expect(failing).rejects.toMatchObject({ code: 'BUILDER_LOCK_BEHIND', nextStep: expect.stringContaining('tspack builder update own') });
  });
});
