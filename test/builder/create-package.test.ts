import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPackage, folderModule } from '../../src/builder/index.ts';
import type { CreatePackageOptions, PackagedModule } from '../../src/builder/index.ts';
import { parseModuleLayersLabel } from '../../src/cnb/index.ts';
import { createLayerWriter, openBlobDirectory, validateImage } from '../../src/oci/index.ts';
import type { Image } from '../../src/oci/index.ts';
import { listLayer } from '../support/fake-builder.ts';
import { writeBuildpack, writeComposite, writeFolder } from '../support/module-folder.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tspack-package-'));
  mkdirSync(join(home, 'work'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const buildpack = (id: string, more?: string) => folderModule(writeBuildpack(join(home, id), id, '1.2.3', more), 'buildpack');
const composite = (id: string, ...members: readonly string[]) => folderModule(writeComposite(join(home, id), id, members), 'buildpack');

async function make(main: PackagedModule, dependencies: readonly PackagedModule[] = [], more: Partial<CreatePackageOptions> = {}): Promise<Image> {
  const image = await createPackage({
    main,
    dependencies,
    labels: {},
    target: { os: 'linux', arch: 'amd64', distros: [] },
    layerWriter: createLayerWriter(openBlobDirectory(join(home, 'store'))),
    workDirectory: join(home, 'work'),
    ...more,
  });
  expect(await validateImage(image)).toEqual([]);
  expect(readdirSync(join(home, 'work'))).toEqual([]);
  return image;
}

/** The modules of a package as another package would take them. */
function modulesOf(image: Image, { summary }: PackagedModule): PackagedModule {
  const layer = image.layers.find(({ diffId }) => diffId === layersLabel(image)[summary.info.id]?.[summary.info.version]?.layerDiffID);
  if (layer === undefined) throw new Error(`${summary.info.id} has no layer`);
  return { summary, content: { kind: 'layer', layer } };
}

const layersLabel = (image: Image) => parseModuleLayersLabel(image.config.config?.Labels?.['io.buildpacks.buildpack.layers'] ?? '{}');

describe('createPackage()', () => {
  it('puts a buildpack at its place, with the modes that pack gives', async () => {
    const main = buildpack('demo/hello');
    const folder = join(home, 'demo/hello');
    chmodSync(join(folder, 'bin/build'), 0o644);
    writeFolder(folder, { 'sub/tool.sh': 'x', '.hidden/file': 'y' });
    chmodSync(join(folder, 'sub/tool.sh'), 0o611);
    symlinkSync('buildpack.toml', join(folder, 'link'));
    const image = await make(main);
    const entries = await listLayer(image.layers[0]!);
    const below = '/cnb/buildpacks/demo_hello/1.2.3';
    expect([...entries.keys()]).toEqual([
      '/cnb/buildpacks/demo_hello',
      ...['', '/.hidden', '/.hidden/file', '/bin', '/bin/build', '/bin/detect', '/buildpack.toml', '/link', '/sub', '/sub/tool.sh'].map((path) => below + path),
    ]);
    const modes = Object.fromEntries([...entries].map(([path, { mode }]) => [path.slice(below.length), mode.toString(8)]));
    expect(modes).toMatchObject({
      '/bin/build': '755',
      '/bin/detect': '755',
      '/buildpack.toml': '644',
      '/link': '755',
      '/sub/tool.sh': '755',
      '/.hidden': '755',
    });
    expect([...entries.values()].every(({ uid, gid }) => uid === 0 && gid === 0)).toBe(true);
  });

  it('labels it as pack does, byte for byte', async () => {
    const image = await make(buildpack('demo/hello'));
    expect(image.config).toMatchObject({ os: 'linux', architecture: 'amd64', created: '1980-01-01T00:00:01Z' });
    // Taken from a package that pack 0.40.0 made of such a folder.
    expect(image.config.config?.Labels).toEqual({
      'io.buildpacks.buildpack.layers': `{"demo/hello":{"1.2.3":{"api":"0.10","targets":[{"os":"linux","arch":"amd64"}],"layerDiffID":"${image.layers[0]!.diffId}","homepage":"https://example.com/?a=1\\u0026b=2","name":"Hello \\u0026 \\u003cco\\u003e"}}}`,
      'io.buildpacks.buildpackage.metadata':
        '{"id":"demo/hello","name":"Hello \\u0026 \\u003cco\\u003e","version":"1.2.3","homepage":"https://example.com/?a=1\\u0026b=2","stacks":[{"id":"*"}]}',
    });
  });

  it('makes the same image again, whatever the umask and the times are', async () => {
    const first = await make(buildpack('demo/hello'));
    writeFileSync(join(home, 'demo/hello/buildpack.toml'), 'later');
    const again = buildpack('demo/hello');
    for (const name of ['bin/detect', 'bin/build']) chmodSync(join(home, 'demo/hello', name), 0o700);
    chmodSync(join(home, 'demo/hello/buildpack.toml'), 0o600);
    expect((await make(again)).imageId).toBe(first.imageId);
  });

  it('gives each member of a composite a layer, in order of the names', async () => {
    const members = [buildpack('demo/two'), buildpack('demo/one')];
    const image = await make(composite('demo/all', 'demo/one@1.2.3', 'demo/two@1.2.3'), members);
    const ids = await Promise.all(image.layers.map(async (layer) => [...(await listLayer(layer)).keys()][0]));
    expect(ids).toEqual(['/cnb/buildpacks/demo_all', '/cnb/buildpacks/demo_one', '/cnb/buildpacks/demo_two']);
    expect(layersLabel(image)['demo/all']?.['0.0.1']?.order).toHaveLength(1);
    // A composite without targets declares none, and the label says no stacks that nobody declared.
    expect(layersLabel(image)['demo/all']?.['0.0.1']).not.toHaveProperty('targets');
  });

  it('flattens all into one layer, or all but some', async () => {
    const members = [buildpack('demo/one'), buildpack('demo/two')];
    const main = composite('demo/all', 'demo/one@1.2.3', 'demo/two@1.2.3');
    const flat = await make(main, members, { flatten: { except: [] } });
    expect(flat.layers).toHaveLength(1);
    expect(new Set(Object.values(layersLabel(flat)).flatMap((versions) => Object.values(versions).map(({ layerDiffID }) => layerDiffID))).size).toBe(1);
    const partly = await make(main, members, { flatten: { except: ['demo/one@1.2.3'] } });
    expect(partly.layers).toHaveLength(2);
    const own = partly.layers.find(({ diffId }) => diffId === layersLabel(partly)['demo/one']?.['1.2.3']?.layerDiffID);
    expect([...(await listLayer(own!)).keys()].every((path) => path.startsWith('/cnb/buildpacks/demo_one'))).toBe(true);
  });

  it('keeps the layers of packages that it is made of, also flattened ones', async () => {
    const members = [buildpack('demo/one'), buildpack('demo/two')];
    const inner = composite('demo/inner', 'demo/one@1.2.3', 'demo/two@1.2.3');
    const flat = await make(inner, members, { flatten: { except: [] } });
    const outer = composite('demo/outer', 'demo/inner@0.0.1');
    const image = await make(
      outer,
      [inner, ...members].map((module) => modulesOf(flat, module)),
    );
    expect(image.layers.map(({ diffId }) => diffId)).toContain(flat.layers[0]!.diffId);
    expect(image.layers).toHaveLength(2);
    // Made flat from layers, it has the bytes that folders give.
    const fromLayers = await make(
      outer,
      [inner, ...members].map((module) => modulesOf(flat, module)),
      { flatten: { except: [] } },
    );
    const fromFolders = await make(outer, [inner, ...members], { flatten: { except: [] } });
    expect(fromLayers.imageId).toBe(fromFolders.imageId);
  });

  it('packages extensions', async () => {
    const folder = writeFolder(join(home, 'ext'), {
      'extension.toml': 'api = "0.10"\n[extension]\nid = "demo/ext"\nversion = "0.1.0"\n[[targets]]\nos = "linux"\n',
      'bin/generate': '#!/bin/sh\n',
    });
    const image = await make(folderModule(folder, 'extension'));
    expect([...(await listLayer(image.layers[0]!)).keys()][1]).toBe('/cnb/extensions/demo_ext/0.1.0');
    expect(image.config.config?.Labels).toEqual({
      'io.buildpacks.extension.layers': `{"demo/ext":{"0.1.0":{"api":"0.10","targets":[{"os":"linux","arch":""}],"layerDiffID":"${image.layers[0]!.diffId}"}}}`,
      'io.buildpacks.buildpackage.metadata': '{"id":"demo/ext","version":"0.1.0","stacks":null}',
    });
  });

  it.each([
    [
      'a reference to nothing',
      () => make(composite('demo/all', 'demo/one@1.2.3')),
      'buildpack "demo/all@0.0.1" references buildpack "demo/one@1.2.3" which is not present',
    ],
    [
      'a dependency for nothing',
      () => make(buildpack('demo/one'), [buildpack('demo/two')]),
      'buildpack "demo/two@1.2.3" is not used by buildpack "demo/one@1.2.3"',
    ],
    [
      'stacks without a common one',
      () =>
        make(composite('demo/all', 'demo/one@1.2.3', 'demo/two@1.2.3'), [
          buildpack('demo/one', '[[stacks]]\nid = "a"\n'),
          buildpack('demo/two', '[[stacks]]\nid = "b"\n'),
        ]),
      'have no stack in common',
    ],
  ])('refuses %s', async (_title, run, message) => {
    await expect(run()).rejects.toMatchObject({ code: 'PACKAGE_INVALID', message: expect.stringContaining(message) as string });
  });

  it.each([
    ['an order and targets', '[[targets]]\nos = "linux"\n[[order]]\n[[order.group]]\nid = "a"\nversion = "1"\n', 'cannot have both'],
    ['a wrong type', '[[targets]]\nos = 1\n', 'targets[0].os'],
  ])('refuses a descriptor with %s', (_title, more, problem) => {
    expect(() => buildpack('demo/bad', more)).toThrow(problem);
  });

  it('packages a buildpack for an API that tspack does not build with', async () => {
    const folder = writeFolder(join(home, 'old'), {
      'buildpack.toml': 'api = "0.2"\n[buildpack]\nid = "old"\nversion = "1.0.0"\n[[stacks]]\nid = "s"\nmixins = ["m"]\n',
    });
    const image = await make(folderModule(folder, 'buildpack'));
    expect(layersLabel(image).old?.['1.0.0']).toMatchObject({ api: '0.2', stacks: [{ id: 's', mixins: ['m'] }] });
  });
});
