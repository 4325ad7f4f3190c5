import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assembleBuilder, createPackage, folderModule } from '../../src/builder/index.ts';
import type { BuilderRecipe, PackagedModule } from '../../src/builder/index.ts';
import { parseBuilderMetadataLabel, parseModuleLayersLabel, parseBuilderToml } from '../../src/cnb/index.ts';
import { createLayerWriter, openBlobDirectory, validateImage } from '../../src/oci/index.ts';
import type { Image } from '../../src/oci/index.ts';
import { listLayer } from '../support/fake-builder.ts';
import { writeBuildpack, writeComposite, writeFolder } from '../support/module-folder.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

let home: string;
let warnings: string[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tspack-assemble-'));
  mkdirSync(join(home, 'work'));
  warnings = [];
  const programs = ['detector', 'restorer', 'analyzer', 'builder', 'exporter', 'launcher', 'creator'].map((name) => [`lifecycle/${name}`, name] as const);
  writeFolder(join(home, 'release'), {
    'lifecycle.toml': '[lifecycle]\nversion = "0.21.0"\n[apis.buildpack]\nsupported = ["0.10", "0.12"]\n[apis.platform]\nsupported = ["0.14", "0.15"]\n',
    ...Object.fromEntries(programs),
  });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const buildpack = (id: string, more?: string, version?: string) =>
  folderModule(writeBuildpack(join(home, 'in', `${id}${version ?? ''}`), id, version, more), 'buildpack');
const layerWriter = () => createLayerWriter(openBlobDirectory(join(home, 'store')));

async function baseImage(labels: Readonly<Record<string, string>> = {}, env: readonly string[] = ['CNB_USER_ID=1001', 'CNB_GROUP_ID=1000']): Promise<Image> {
  return await syntheticImage('base', { layers: 1, config: { config: { Env: env, User: '1001:1000', Labels: labels } } });
}

async function make(toml: string, modules: readonly PackagedModule[], more: Partial<BuilderRecipe> = {}): Promise<Image> {
  const image = await assembleBuilder({
    definition: parseBuilderToml(
      `${toml}\n[build]\nimage = "b"\n[[run.images]]\nimage = "run"\nmirrors = ["mirror"]\n[[run.images]]\nimage = "run2"\n`,
      'builder.toml',
    ),
    base: await baseImage(),
    buildpacks: modules,
    extensions: [],
    lifecycle: join(home, 'release'),
    flatten: [],
    labels: {},
    extraLayers: [],
    createdBy: { name: 'tspack', version: '1.2.3' },
    layerWriter: layerWriter(),
    workDirectory: join(home, 'work'),
    warn: (message) => warnings.push(message),
    ...more,
  });
  expect(await validateImage(image)).toEqual([]);
  expect(readdirSync(join(home, 'work'))).toEqual([]);
  return image;
}

const ORDER = (...ids: readonly string[]) =>
  `[[order]]\n${ids.map((id) => `[[order.group]]\nid = "${id.split('@')[0]}"\n${id.includes('@') ? `version = "${id.split('@')[1]}"\n` : ''}`).join('')}`;
const labelsOf = (image: Image) => image.config.config?.Labels ?? {};

async function fileOf(image: Image, path: string): Promise<string | undefined> {
  for (const layer of image.layers.slice(1)) {
    const entry = (await listLayer(layer)).get(path);
    if (entry !== undefined) return entry.content;
  }
  return undefined;
}

describe('assembleBuilder()', () => {
  it('writes files and labels with the bytes of pack', async () => {
    const env = '[[build.env]]\nname = "P"\nvalue = "x"\nsuffix = "append"\ndelim = ":"\n';
    const toml = `description = "Demo <builder>"\n${ORDER('demo/one')}${ORDER('demo/two@1.2.3')}[system.pre]\n[[system.pre.buildpacks]]\nid = "demo/two"\n`;
    const image = await make(toml, [buildpack('demo/two'), buildpack('demo/one')], { labels: { mine: '1' } });
    // As a builder that pack 0.40.0 made of such a builder.toml has them.
    expect(await fileOf(image, '/cnb/order.toml')).toBe(
      '[[order]]\n\n  [[order.group]]\n    id = "demo/one"\n    version = "1.2.3"\n\n[[order]]\n\n  [[order.group]]\n    id = "demo/two"\n    version = "1.2.3"\n',
    );
    expect(await fileOf(image, '/cnb/system.toml')).toBe(
      '[system]\n  [system.pre]\n\n    [[system.pre.buildpacks]]\n      id = "demo/two"\n      version = "1.2.3"\n',
    );
    expect(await fileOf(image, '/cnb/run.toml')).toBe('[[images]]\n  image = "run"\n  mirrors = ["mirror"]\n\n[[images]]\n  image = "run2"\n');
    expect(await fileOf(image, '/cnb/stack.toml')).toBe('[run-image]\n  image = "run"\n  mirrors = ["mirror"]\n');
    expect(labelsOf(image)).toMatchObject({
      mine: '1',
      'io.buildpacks.buildpack.order': '[{"group":[{"id":"demo/one"}]},{"group":[{"id":"demo/two","version":"1.2.3"}]}]',
      'io.buildpacks.buildpack.order-extensions': '[]',
      'io.buildpacks.buildpack.system': '{"pre":{"buildpacks":[{"id":"demo/two"}]},"post":{}}',
    });
    const metadata = labelsOf(image)['io.buildpacks.builder.metadata'] ?? '';
    expect(metadata).toContain('"images":[{"image":"run","mirrors":["mirror"]},{"image":"run2","mirrors":null}]');
    expect(metadata).toContain('"api":{"buildpack":"0.10","platform":"0.14"}');
    expect(parseBuilderMetadataLabel(metadata)).toMatchObject({ description: 'Demo <builder>', createdBy: { name: 'tspack', version: '1.2.3' } });
    expect(image.config.config).toMatchObject({ User: '1001:1000', WorkingDir: '/layers' });
    expect(await fileOf(await make(ORDER('demo/one'), [buildpack('demo/one')]), '/cnb/system.toml')).toBeUndefined();
    const configured = await make(ORDER('demo/one'), [buildpack('demo/one')], {
      definition: parseBuilderToml(`${ORDER('demo/one')}[build]\nimage = "b"\n${env}[[run.images]]\nimage = "run"\n`, 'builder.toml'),
    });
    expect(await fileOf(configured, '/cnb/build-config/env/P.append')).toBe('x');
    expect(await fileOf(configured, '/cnb/build-config/env/P.delim')).toBe(':');
  });

  it('makes the folders that platforms expect, with their owners', async () => {
    const image = await make(ORDER('demo/one'), [buildpack('demo/one')]);
    const folders = await listLayer(image.layers[1]!);
    expect(Object.fromEntries([...folders].map(([path, { uid, gid }]) => [path, `${uid}:${gid}`]))).toEqual({
      '/workspace': '1001:1000',
      '/layers': '1001:1000',
      '/cnb': '0:0',
      '/cnb/buildpacks': '0:0',
      '/cnb/extensions': '0:0',
      '/platform': '0:0',
      '/platform/env': '0:0',
      '/cnb/build-config': '0:0',
      '/cnb/build-config/env': '0:0',
    });
    expect((await listLayer(image.layers[2]!)).get('/lifecycle')?.linkTarget).toBe('/cnb/lifecycle');
  });

  it('flattens groups, and takes flattened packages apart', async () => {
    const members = [buildpack('demo/one'), buildpack('demo/two')];
    const all = folderModule(writeComposite(join(home, 'all'), 'demo/all', ['demo/one@1.2.3', 'demo/two@1.2.3']), 'buildpack');
    const apart = await make(ORDER('demo/all'), [all, ...members]);
    const flat = await createPackage({
      main: all,
      dependencies: members,
      flatten: { except: [] },
      labels: {},
      target: { os: 'linux', distros: [] },
      layerWriter: layerWriter(),
      workDirectory: join(home, 'work'),
    });
    const shared = [all, ...members].map(({ summary }): PackagedModule => ({ summary, content: { kind: 'layer', layer: flat.layers[0]! } }));
    expect((await make(ORDER('demo/all'), shared)).imageId).toBe(apart.imageId);
    const together = await make(ORDER('demo/all'), [all, ...members], { flatten: [['demo/one@1.2.3', 'demo/two@1.2.3']] });
    const label = parseModuleLayersLabel(labelsOf(together)['io.buildpacks.buildpack.layers'] ?? '');
    expect(label['demo/one']?.['1.2.3']?.layerDiffID).toBe(label['demo/two']?.['1.2.3']?.layerDiffID);
    expect(together.layers).toHaveLength(apart.layers.length - 1);
  });

  it('adds to a build image that is a builder, and hides what it replaces', async () => {
    const first = await make(ORDER('demo/one', 'demo/two'), [buildpack('demo/one'), buildpack('demo/two')]);
    writeFolder(join(home, 'in/demo/one'), { 'bin/build': '#!/bin/sh\necho newer\n' });
    const again = folderModule(join(home, 'in/demo/one'), 'buildpack');
    const image = await make(ORDER('demo/one', 'demo/two'), [again, buildpack('demo/two')], { base: first });
    const added = await Promise.all(image.layers.slice(first.layers.length).map(async (layer) => [...(await listLayer(layer)).keys()]));
    expect(added.flat()).toContain('/cnb/buildpacks/demo_one/.wh.1.2.3');
    expect(added.flat().filter((path) => path.startsWith('/cnb/buildpacks/demo_two'))).toEqual([]);
    expect(warnings).toEqual(['buildpack "demo/one@1.2.3" is on the build image already with other contents, and will be overwritten']);
    expect(Object.keys(parseModuleLayersLabel(labelsOf(image)['io.buildpacks.buildpack.layers'] ?? ''))).toEqual(['demo/one', 'demo/two']);
  });

  it('uses the later of two with one name, and says so', async () => {
    const one = buildpack('demo/one');
    const other = folderModule(writeFolder(writeBuildpack(join(home, 'other'), 'demo/one'), { more: 'x' }), 'buildpack');
    const image = await make(ORDER('demo/one'), [one, other]);
    expect(warnings).toEqual(['buildpack "demo/one@1.2.3" comes twice with different contents: the later one is used']);
    expect(await fileOf(image, '/cnb/buildpacks/demo_one/1.2.3/more')).toBe('x');
  });

  it.each([
    ['an unknown id', ORDER('demo/oen'), 'BUILDER_ORDER_INVALID', 'no versions of buildpack "demo/oen" were found on the builder'],
    ['an unknown version', ORDER('demo/one@9.9.9'), 'BUILDER_ORDER_INVALID', 'buildpack "demo/one" with version "9.9.9" was not found on the builder'],
    ['an unknown system buildpack', `${ORDER('demo/one')}[system.post]\n[[system.post.buildpacks]]\nid = "x"\n`, 'BUILDER_ORDER_INVALID', 'buildpack "x"'],
  ])('refuses %s', async (_title, toml, code, message) => {
    await expect(make(toml, [buildpack('demo/one')])).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it('asks which of two versions is meant', async () => {
    const modules = [buildpack('demo/one'), buildpack('demo/one', undefined, '2.0.0')];
    await expect(make(ORDER('demo/one'), modules)).rejects.toMatchObject({ code: 'BUILDER_ORDER_INVALID', nextStep: 'Say which: 1.2.3 or 2.0.0' });
    expect(await fileOf(await make(ORDER('demo/one@2.0.0'), modules), '/cnb/order.toml')).toContain('version = "2.0.0"');
  });

  it.each([
    ['another architecture', '[[targets]]\nos = "linux"\narch = "s390x"\n', 'it supports linux/s390x, and the build image is linux/amd64'],
    [
      'another distribution',
      '[[targets]]\nos = "linux"\n[[targets.distros]]\nname = "ubuntu"\nversion = "24.04"\n',
      'and the build image is linux/amd64 debian 13',
    ],
    ['another stack', '[[stacks]]\nid = "other"\n', 'it supports the stacks other, and the build image has "demo.stack"'],
    ['mixins', '[[stacks]]\nid = "demo.stack"\nmixins = ["git", "run:x", "build:curl"]\n', 'the build image lacks the mixins git'],
  ])('refuses a buildpack that needs %s', async (_title, more, message) => {
    const labels = {
      'io.buildpacks.base.distro.name': 'debian',
      'io.buildpacks.base.distro.version': '13',
      'io.buildpacks.stack.id': 'demo.stack',
      'io.buildpacks.stack.mixins': '["curl"]',
    };
    const made = make(ORDER('demo/one'), [buildpack('demo/one', more)], { base: await baseImage(labels) });
    await expect(made).rejects.toMatchObject({ code: 'BUILDER_MODULE_UNFIT', message: expect.stringContaining(message) as string });
  });

  it('refuses a buildpack for an API that the lifecycle does not know', async () => {
    const folder = writeFolder(join(home, 'old'), { 'buildpack.toml': 'api = "0.2"\n[buildpack]\nid = "old"\nversion = "1.0.0"\n' });
    await expect(make(ORDER('old'), [folderModule(folder, 'buildpack')])).rejects.toMatchObject({
      code: 'BUILDER_MODULE_UNFIT',
      message: expect.stringContaining('it is of Buildpack API 0.2, and lifecycle 0.21.0 knows 0.10, 0.12') as string,
    });
  });

  it('refuses a composite whose members are missing', async () => {
    const all = folderModule(writeComposite(join(home, 'all'), 'demo/all', ['demo/one@1.2.3']), 'buildpack');
    await expect(make(ORDER('demo/all'), [all])).rejects.toMatchObject({
      message: expect.stringContaining('"demo/one@1.2.3" of its order is not found') as string,
    });
  });

  it.each([[[]], [['CNB_USER_ID=1001']], [['CNB_USER_ID=root', 'CNB_GROUP_ID=1']]])('refuses a build image with %j', async (env) => {
    const made = make(ORDER('demo/one'), [buildpack('demo/one')], { base: await baseImage({}, env) });
    await expect(made).rejects.toMatchObject({ code: 'BUILD_IMAGE_INVALID' });
  });

  it('refuses a lifecycle that lacks programs, and the stack of another', async () => {
    rmSync(join(home, 'release/lifecycle/creator'));
    await expect(make(ORDER('demo/one'), [buildpack('demo/one')])).rejects.toMatchObject({
      code: 'LIFECYCLE_INVALID',
      message: expect.stringContaining('it has no creator') as string,
    });
  });
});
