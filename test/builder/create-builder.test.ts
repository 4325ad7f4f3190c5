import { chmodSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBuilder, inspectBuilder, readBundledBuildpacks, unpackBuildImage } from '../../src/builder/index.ts';
import { parseBuilderMetadataLabel, parseModuleLayersLabel, parseOrderToml, parseRunToml } from '../../src/cnb/index.ts';
import { createLayerWriter, openBlobDirectory, validateImage } from '../../src/oci/index.ts';
import { FAKE_CLOCK, listLayer, lockFakeBuilder } from '../support/fake-builder.ts';
import { useFakeDistribution } from '../support/fake-distribution.ts';

const distribution = useFakeDistribution();

function write(path: string, content: string, mode = 0o644): void {
  const file = join(distribution.home, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

async function make(lifecycle = join(distribution.home, 'release')) {
  const { builder, supply } = await lockFakeBuilder(distribution.repository, distribution.home);
  write('buildpacks/shell/buildpack.toml', 'api = "0.12"\n[buildpack]\nid = "example/shell"\nversion = "1.2.3"\nname = "Shell"\n[[targets]]\nos = "linux"\n');
  write('buildpacks/shell/bin/detect', '#!/bin/sh\n', 0o775);
  write('release/lifecycle.toml', '[lifecycle]\nversion = "0.21.0"\n[apis.buildpack]\nsupported = ["0.12"]\n[apis.platform]\nsupported = ["0.14", "0.15"]\n');
  for (const program of ['lifecycle', 'detector', 'restorer', 'analyzer', 'builder', 'exporter', 'launcher', 'creator']) {
    write(`release/lifecycle/${program}`, 'program', 0o755);
  }
  write('node/node/bin/node', 'node', 0o755);
  rmSync(join(distribution.home, 'release/lifecycle/node'), { force: true });
  linkSync(join(distribution.home, 'node/node/bin/node'), join(distribution.home, 'release/lifecycle/node'));
  const buildImage = await unpackBuildImage({
    builder,
    architecture: 'amd64',
    supply: supply(),
    cacheDirectory: join(distribution.home, 'cache'),
    clock: FAKE_CLOCK,
  });
  const buildpacks = readBundledBuildpacks(builder, join(distribution.home, 'buildpacks'));
  const image = await createBuilder({
    builder,
    architecture: 'amd64',
    buildImage,
    node: { directory: join(distribution.home, 'node'), nodeVersion: '24.0.0', npmVersion: '11.0.0' },
    buildpacks,
    lifecycle,
    layerWriter: createLayerWriter(openBlobDirectory(join(distribution.home, 'store'))),
    workDirectory: join(distribution.home, 'work'),
    createdBy: { name: 'tspack', version: '0.1.0' },
  });
  return { image, builder };
}

describe('createBuilder()', () => {
  it('makes a valid image with a lifecycle, the buildpacks and their order', async () => {
    const { image } = await make();
    expect(await validateImage(image)).toEqual([]);
    const [root, folders, lifecycle, node, buildpack, order, , run] = await Promise.all(image.layers.map(listLayer));
    expect(root?.get('/usr/bin/bash')).toMatchObject({ uid: 0, gid: 0, mode: 0o755 });
    expect(folders?.get('/workspace')).toMatchObject({ uid: 1001, gid: 1000 });
    expect(folders?.get('/platform/env')).toMatchObject({ uid: 0, gid: 0 });
    expect(root?.get('/home/cnb')).toMatchObject({ uid: 1001, gid: 1000 });
    expect(lifecycle?.get('/cnb/lifecycle/lifecycle')).toMatchObject({ mode: 0o755, content: 'program' });
    expect(lifecycle?.get('/lifecycle')?.linkTarget).toBe('/cnb/lifecycle');
    expect(node?.get('/cnb/tspack/node/bin/node')?.content).toBe('node');
    expect(lifecycle?.get('/cnb/lifecycle/node')?.linkTarget).toBe('/cnb/tspack/node/bin/node');
    expect(buildpack?.get('/cnb/buildpacks/example_shell/1.2.3/bin/detect')).toMatchObject({ mode: 0o755 });
    expect(parseOrderToml(order?.get('/cnb/order.toml')?.content ?? '', 'order.toml').order).toEqual([
      { group: [{ id: 'example/shell', version: '1.2.3', optional: false }] },
    ]);
    expect(parseRunToml(run?.get('/cnb/run.toml')?.content ?? '', 'run.toml').images[0]?.image).toBe('example/run:1');
    expect(readdirSync(join(distribution.home, 'work'))).toEqual([]);
  });

  it('says in labels what is inside', async () => {
    const { image } = await make();
    const labels = image.config.config?.Labels ?? {};
    const metadata = parseBuilderMetadataLabel(labels['io.buildpacks.builder.metadata'] ?? '');
    expect(metadata.lifecycle).toMatchObject({ version: '0.21.0', apis: { platform: { supported: ['0.14', '0.15'] } } });
    expect(metadata.stack.runImage.image).toBe('example/run:1');
    const layer = parseModuleLayersLabel(labels['io.buildpacks.buildpack.layers'] ?? '')['example/shell']?.['1.2.3'];
    expect(layer).toMatchObject({ api: '0.12', layerDiffID: image.layers[4]?.diffId });
    expect(image.config.config).toMatchObject({ User: '1001:1000', WorkingDir: '/layers' });
    expect(image.config.config?.Env).toEqual(expect.arrayContaining(['CNB_USER_ID=1001', 'CNB_GROUP_ID=1000']));
  });

  it.each(['nothing', 'buildpacks'])('refuses %s as a lifecycle', async (path) => {
    await expect(make(join(distribution.home, path))).rejects.toMatchObject({ code: 'LIFECYCLE_INVALID' });
  });
});

describe('inspectBuilder()', () => {
  it('describes images, packages, buildpacks and order', async () => {
    const { builder } = await make();
    const inspected = inspectBuilder({
      builder,
      architecture: 'amd64',
      buildersDirectory: join(distribution.home, 'builders'),
      buildpacksDirectory: join(distribution.home, 'buildpacks'),
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
    expect(() => readBundledBuildpacks(builder, join(distribution.home, 'elsewhere'))).toThrow(expect.objectContaining({ code: 'BUILDPACK_UNKNOWN' }));
  });
});
