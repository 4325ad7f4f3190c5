import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBuilder, inspectBuilder, readBundledBuildpacks, unpackBuildImage } from '../../src/builder/index.ts';
import { parseBuilderMetadataLabel, parseModuleLayersLabel, parseOrderToml, parseRunToml } from '../../src/cnb/index.ts';
import { createLayerWriter, openBlobDirectory, validateImage } from '../../src/oci/index.ts';
import { startFakeAptRepository } from '../support/fake-apt-repository.ts';
import type { FakeAptRepository } from '../support/fake-apt-repository.ts';
import { FAKE_CLOCK, fakePackages, listLayer, lockFakeBuilder } from '../support/fake-builder.ts';

let repository: FakeAptRepository;
let home: string;
beforeAll(async () => {
  repository = await startFakeAptRepository({ trixie: fakePackages() });
});
afterAll(() => repository.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tspack-create-builder-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, content: string, mode = 0o644): void {
  const file = join(home, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

async function make(lifecycle = join(home, 'release')) {
  const { builder, supply } = await lockFakeBuilder(repository, home);
  write('buildpacks/shell/buildpack.toml', 'api = "0.12"\n[buildpack]\nid = "example/shell"\nversion = "1.2.3"\nname = "Shell"\n[[targets]]\nos = "linux"\n');
  write('buildpacks/shell/bin/detect', '#!/bin/sh\n', 0o775);
  write('release/lifecycle.toml', '[lifecycle]\nversion = "0.21.0"\n[apis.buildpack]\nsupported = ["0.12"]\n[apis.platform]\nsupported = ["0.14", "0.15"]\n');
  write('release/lifecycle/lifecycle', 'program', 0o755);
  write('node/node/bin/node', 'node', 0o755);
  const buildImage = await unpackBuildImage({ builder, architecture: 'amd64', supply: supply(), cacheDirectory: join(home, 'cache'), clock: FAKE_CLOCK });
  const buildpacks = readBundledBuildpacks(builder, join(home, 'buildpacks'));
  const image = await createBuilder({
    builder,
    architecture: 'amd64',
    buildImage,
    node: { directory: join(home, 'node'), nodeVersion: '24.0.0', npmVersion: '11.0.0' },
    buildpacks,
    lifecycle,
    layerWriter: createLayerWriter(openBlobDirectory(join(home, 'store'))),
    workDirectory: join(home, 'work'),
    createdBy: { name: 'tspack', version: '0.1.0' },
  });
  return { image, builder };
}

describe('createBuilder()', () => {
  it('makes a valid image with a lifecycle, the buildpacks and their order', async () => {
    const { image } = await make();
    expect(await validateImage(image)).toEqual([]);
    const [root, lifecycle, node, buildpack, configuration] = await Promise.all(image.layers.map(listLayer));
    expect(root?.get('/usr/bin/bash')).toMatchObject({ uid: 0, gid: 0, mode: 0o755 });
    expect(root?.get('/workspace')).toMatchObject({ uid: 1001, gid: 1000 });
    expect(root?.get('/home/cnb')).toMatchObject({ uid: 1001, gid: 1000 });
    expect(lifecycle?.get('/cnb/lifecycle/lifecycle')).toMatchObject({ mode: 0o755, content: 'program' });
    expect(lifecycle?.get('/lifecycle')?.linkTarget).toBe('/cnb/lifecycle');
    expect(node?.get('/cnb/tspack/node/bin/node')?.content).toBe('node');
    expect(buildpack?.get('/cnb/buildpacks/example_shell/1.2.3/bin/detect')).toMatchObject({ mode: 0o755 });
    expect(parseOrderToml(configuration?.get('/cnb/order.toml')?.content ?? '', 'order.toml').order).toEqual([
      { group: [{ id: 'example/shell', version: '1.2.3', optional: false }] },
    ]);
    expect(parseRunToml(configuration?.get('/cnb/run.toml')?.content ?? '', 'run.toml').images[0]?.image).toBe('example/run:1');
    expect(readdirSync(join(home, 'work'))).toEqual([]);
  });

  it('says in labels what is inside', async () => {
    const { image } = await make();
    const labels = image.config.config?.Labels ?? {};
    const metadata = parseBuilderMetadataLabel(labels['io.buildpacks.builder.metadata'] ?? '');
    expect(metadata.lifecycle).toMatchObject({ version: '0.21.0', apis: { platform: { supported: ['0.14', '0.15'] } } });
    expect(metadata.stack.runImage.image).toBe('example/run:1');
    const layer = parseModuleLayersLabel(labels['io.buildpacks.buildpack.layers'] ?? '')['example/shell']?.['1.2.3'];
    expect(layer).toMatchObject({ api: '0.12', layerDiffID: image.layers[3]?.diffId });
    expect(image.config.config).toMatchObject({ User: '1001:1000', WorkingDir: '/layers' });
    expect(image.config.config?.Env).toEqual(expect.arrayContaining(['CNB_USER_ID=1001', 'CNB_GROUP_ID=1000']));
  });

  it.each(['nothing', 'buildpacks'])('refuses %s as a lifecycle', async (path) => {
    await expect(make(join(home, path))).rejects.toMatchObject({ code: 'LIFECYCLE_INVALID' });
  });
});

describe('inspectBuilder()', () => {
  it('describes images, packages, buildpacks and order', async () => {
    const { builder } = await make();
    const inspected = inspectBuilder({
      builder,
      architecture: 'amd64',
      buildersDirectory: join(home, 'builders'),
      buildpacksDirectory: join(home, 'buildpacks'),
    });
    expect(inspected.runImage.packages.map(({ name }) => name)).toEqual(['base-passwd', 'ca-certificates', 'libthing', 'shell']);
    expect(inspected.buildImage).toMatchObject({ reference: 'example/build:1', released: '2026-06-01T12:00:00Z' });
    expect(inspected.runImage.downloadBytes).toBe(inspected.runImage.packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    expect(inspected.buildpacks).toEqual([{ id: 'example/shell', version: '1.2.3', name: 'Shell' }]);
    expect(inspected.nodeVersion).toBe('24.0.0');
  });
});

describe('readBundledBuildpacks()', () => {
  it('names the buildpack that is missing', async () => {
    const { builder } = await make();
    expect(() => readBundledBuildpacks(builder, join(home, 'elsewhere'))).toThrow(expect.objectContaining({ code: 'BUILDPACK_UNKNOWN' }));
  });
});
