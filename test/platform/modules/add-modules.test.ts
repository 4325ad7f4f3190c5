import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOciArchive, openLayoutStore, parseImageReference } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { resolveForeignBuilder } from '../../../src/platform/index.ts';
import type { ModulePorts, ModuleRequest, ModuleSelection, ResolvedBuilder } from '../../../src/platform/index.ts';
import { addModules } from '../../../src/platform/modules/add-modules.ts';
import { fileImage } from '../../support/file-image.ts';
import type { LayerFile } from '../../support/file-image.ts';
import { BUILDPACK_TOML, ForeignBuilderFixture, builderImage, buildpackFiles } from '../../support/foreign-builder-fixture.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

let fixture: ForeignBuilderFixture;
beforeEach(async () => {
  fixture = new ForeignBuilderFixture();
  await fixture.publish('example.org/run:1', await syntheticImage('run', { layers: 1, layerBytes: 10 }));
  await fixture.publish('example.org/builder:1', await builderImage());
});
afterEach(() => fixture.remove());

const uri = (text: string): ModuleRequest => ({ source: { kind: 'uri', uri: text, baseDirectory: fixture.directory }, optional: false });

async function add(selection: Partial<ModuleSelection>, ports: Partial<ModulePorts> = {}): Promise<ResolvedBuilder> {
  const request = fixture.request({ modules: { pre: [], post: [], ...selection } });
  return await addModules(await resolveForeignBuilder(request, fixture.ports()), request, fixture.ports(ports));
}

const group = (...uris: readonly string[]) => ({ group: uris.map(uri) });
const orderOf = ({ order }: ResolvedBuilder) => order.order.map((each) => each.group.map(({ id, version }) => `${id}@${version}`).join(' '));
const mountsOf = ({ buildpacks, extensions }: ResolvedBuilder) => [...buildpacks, ...extensions].map(({ sandboxPath }) => sandboxPath);

function writeFolder(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) {
    const path = fixture.at(name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (file.startsWith('bin/')) chmodSync(path, 0o755);
  }
  return name;
}

const folder = (id: string, version: string, more: Readonly<Record<string, string>> = {}) =>
  writeFolder(id.replace('/', '-'), { 'buildpack.toml': BUILDPACK_TOML(id, version), 'bin/detect': '#!/bin/sh\n', 'bin/build': '#!/bin/sh\n', ...more });

/** A package as pack makes them; each of `modules` in a layer of its own unless `flat`. */
async function packageImage(
  main: { readonly id: string; readonly version: string },
  modules: readonly (readonly [string, string])[],
  options: { readonly flat?: boolean; readonly more?: Readonly<Record<string, LayerFile>>; readonly lies?: object } = {},
): Promise<Image> {
  const files = modules.map(([id, version]) => buildpackFiles(id, version, options.more));
  const layers = options.flat === true ? [Object.assign({}, ...files) as Record<string, LayerFile>] : files;
  const bare = await fileImage(layers);
  const label: Record<string, Record<string, object>> = {};
  modules.forEach(([id, version], index) => {
    (label[id] ??= {})[version] = { api: '0.10', layerDiffID: bare.layers[options.flat === true ? 0 : index]!.diffId };
  });
  const Labels = {
    'io.buildpacks.buildpackage.metadata': JSON.stringify(main),
    'io.buildpacks.buildpack.layers': JSON.stringify({ ...label, ...options.lies }),
  };
  return await fileImage(layers, { Labels }, { os: 'linux', architecture: '' });
}

async function writeCnb(name: string, image: Image): Promise<string> {
  const { open } = await createOciArchive([{ image, references: [parseImageReference('example.org/package:1')] }], fixture.store.compressor);
  const chunks: Uint8Array[] = [];
  for await (const chunk of open()) chunks.push(chunk);
  writeFileSync(fixture.at(name), Buffer.concat(chunks));
  return name;
}

describe('addModules()', () => {
  it('leaves a builder alone when nothing is selected', async () => {
    const builder = await add({});
    expect(orderOf(builder)).toEqual(['acme/one@1.0.0']);
    expect(mountsOf(builder)).toEqual([]);
  });

  it('uses a folder in place, at the place of the specification, over the same version of the builder', async () => {
    const builder = await add(group(folder('acme/one', '1.0.0'), folder('acme/two', '3')));
    expect(orderOf(builder)).toEqual(['acme/one@1.0.0 acme/two@3']);
    expect(mountsOf(builder)).toEqual(['/cnb/buildpacks/acme_one/1.0.0', '/cnb/buildpacks/acme_two/3']);
    expect(builder.buildpacks[0]?.hostPath).toBe(fixture.at('acme-one'));
  });

  it('takes what the builder has, by id and version', async () => {
    expect(orderOf(await add(group('acme/one')))).toEqual(['acme/one@1.0.0']);
    expect(orderOf(await add(group('urn:cnb:builder:acme/one@1.0.0')))).toEqual(['acme/one@1.0.0']);
    const reference: ModuleRequest = { source: { kind: 'reference', id: 'acme/one' }, optional: true };
    expect((await add({ group: [reference] })).order.order[0]?.group).toEqual([{ id: 'acme/one', version: '1.0.0', optional: true }]);
    await expect(add(group('acme/one@2'))).rejects.toMatchObject({ code: 'BUILDPACK_NOT_FOUND', message: expect.stringContaining('version 1.0.0') });
    await expect(add(group('acme/onee'))).rejects.toMatchObject({ code: 'BUILDPACK_NOT_FOUND', nextStep: expect.stringContaining('acme/one') });
    await expect(add(group('urn:cnb:builder:other/thing'))).rejects.toMatchObject({ code: 'BUILDPACK_NOT_FOUND' });
  });

  it('puts buildpacks around the groups of the builder', async () => {
    expect(orderOf(await add({ pre: [uri(folder('acme/pre', '1'))], post: [uri(folder('acme/post', '1'))] }))).toEqual([
      'acme/pre@1 acme/one@1.0.0 acme/post@1',
    ]);
    expect(orderOf(await add(group('acme-pre', 'from=builder')))).toEqual(['acme/pre@1 acme/one@1.0.0']);
  });

  it('writes scripts of project.toml as buildpacks', async () => {
    const source = { kind: 'inline', id: 'acme/script', api: '0.9', shell: '/bin/bash', script: 'echo hello' } as const;
    const builder = await add({ group: [{ source, optional: false }] });
    expect(orderOf(builder)).toEqual(['acme/script@0.0.0']);
    const [module] = builder.buildpacks;
    expect(module?.sandboxPath).toBe('/cnb/buildpacks/acme_script/0.0.0');
    expect(readFileSync(join(module!.hostPath, 'bin/build'), 'utf8')).toBe('#!/bin/bash\n\necho hello\n');
    await expect(add({ group: [{ source: { ...source, api: '0.2' }, optional: false }] })).rejects.toMatchObject({ code: 'BUILDPACK_API_UNSUPPORTED' });
  });

  it.each([[false], [true]])('opens packages with all their members (flattened: %s)', async (flat) => {
    const image = await packageImage(
      { id: 'acme/all', version: '2' },
      [
        ['acme/all', '2'],
        ['acme/member', '1'],
        ['acme/member', '1.1'],
      ],
      { flat },
    );
    await fixture.publish('example.org/all:1', image);
    await openLayoutStore({ directory: fixture.at('layout'), compressor: fixture.store.compressor }).write(image, [parseImageReference('all:1')]);
    const places = ['/cnb/buildpacks/acme_all/2', '/cnb/buildpacks/acme_member/1', '/cnb/buildpacks/acme_member/1.1'];
    for (const form of ['example.org/all:1', 'docker://example.org/all:1', await writeCnb('all.cnb', image), 'layout', 'oci:layout', 'oci-archive:all.cnb']) {
      const builder = await add(group(form));
      expect(orderOf(builder), form).toEqual(['acme/all@2']);
      expect(mountsOf(builder), form).toEqual(places);
    }
  });

  it('asks the index of a registry', async () => {
    const image = await fixture.publish('example.org/one:1', await packageImage({ id: 'acme/reg', version: '1' }, [['acme/reg', '1']]));
    const address = `example.org/one@${image.manifest!.descriptor.digest}`;
    fixture.remote.set(address, image);
    writeFolder('index', { 're/g_/acme_unused': '', '3/re/acme_reg': `${JSON.stringify({ version: '1.0.0', addr: address })}\n` });
    expect(orderOf(await add(group('acme/reg'), { buildpackRegistry: fixture.at('index') }))).toEqual(['acme/reg@1']);
    expect(orderOf(await add(group('urn:cnb:registry:acme/reg@1.0.0'), { buildpackRegistry: fixture.at('index') }))).toEqual(['acme/reg@1']);
    await fixture.store.write(image, [parseImageReference('acme/reg')]);
    expect(orderOf(await add(group('acme/reg')))).toEqual(['acme/reg@1']);
    await expect(add(group('acme/reg@1.0.0'))).rejects.toMatchObject({ code: 'BUILDPACK_REGISTRY_UNSET' });
    await expect(add(group('urn:cnb:registry:acme/reg'))).rejects.toMatchObject({ code: 'BUILDPACK_REGISTRY_UNSET' });
  });

  it('brings what the package.toml beside a buildpack depends on', async () => {
    folder('acme/dependency', '1');
    const composite = { 'buildpack.toml': `${BUILDPACK_TOML('acme/both', '1')}[[order]]\n[[order.group]]\nid = "acme/dependency"\nversion = "1"\n` };
    writeFolder('both', { ...composite, 'package.toml': '[buildpack]\nuri = "."\n[[dependencies]]\nuri = "../acme-dependency"\n' });
    expect(mountsOf(await add(group('./both')))).toEqual(['/cnb/buildpacks/acme_both/1', '/cnb/buildpacks/acme_dependency/1']);
  });

  it('takes extensions', async () => {
    writeFolder('extension', { 'extension.toml': 'api = "0.10"\n[extension]\nid = "acme/ext"\nversion = "1"\n', 'bin/generate': '#!/bin/sh\n' });
    const builder = await add({ extensions: [uri('./extension')] });
    expect(mountsOf(builder)).toEqual(['/cnb/extensions/acme_ext/1']);
    expect(builder.order.orderExtensions).toEqual([{ group: [{ id: 'acme/ext', version: '1', optional: true }] }]);
    await expect(add(group('./extension'))).rejects.toMatchObject({ code: 'MODULE_INVALID', nextStep: 'Name it with --extension' });
  });

  it.each([
    ['an empty folder', () => (mkdirSync(fixture.at('empty')), './empty'), 'MODULE_INVALID', 'has no buildpack.toml'],
    ['no bin/build', () => (rmSync(fixture.at(folder('acme/x', '1'), 'bin/build')), './acme-x'), 'MODULE_INVALID', 'no bin/build'],
    [
      'a bin/build that is not executable',
      () => (chmodSync(fixture.at(folder('acme/x', '1'), 'bin/build'), 0o644), './acme-x'),
      'MODULE_INVALID',
      'not executable',
    ],
    ['Windows line ends', () => folder('acme/x', '1', { 'bin/build': '#!/bin/sh\r\necho\r\n' }), 'MODULE_INVALID', 'Windows line ends'],
    ['a path that is not there', () => './missing.tgz', 'MODULE_NOT_FOUND', 'no such file'],
    ['a file that is no archive', () => (writeFileSync(fixture.at('odd.tgz'), 'odd'), 'odd.tgz'), 'ARCHIVE_INVALID', ''],
    ['a descriptor that is no TOML', () => folder('acme/x', '1', { 'buildpack.toml': '[[' }), 'TOML_INVALID', ''],
    ['an unknown API', () => folder('acme/x', '1', { 'buildpack.toml': BUILDPACK_TOML('acme/x', '1', '0.2') }), 'BUILDPACK_API_UNSUPPORTED', ''],
  ])('refuses %s', async (_, make, code, message) => {
    await expect(add(group(make()))).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('refuses packages whose labels lie', async () => {
    const main = { id: 'acme/all', version: '2' };
    const members = [['acme/all', '2']] as const;
    const refused = async (image: Image, message: string) => {
      await fixture.publish('example.org/lies:1', image);
      rmSync(fixture.at('home/cache/pulled'), { recursive: true, force: true });
      await expect(add(group('example.org/lies:1'))).rejects.toMatchObject({ code: 'MODULE_INVALID', message: expect.stringContaining(message) });
    };
    await refused(await fileImage([{ file: '' }]), 'label io.buildpacks.buildpackage.metadata is missing');
    await refused(await packageImage({ id: 'acme/other', version: '2' }, members), 'which its layers do not hold');
    await refused(await packageImage(main, members, { lies: { 'acme/ghost': { '1': { layerDiffID: 'sha256:0' } } } }), 'which it does not have');
    const diffId = (await packageImage(main, members)).layers[0]!.diffId;
    await refused(await packageImage(main, members, { lies: { 'acme/ghost': { '1': { layerDiffID: diffId } } } }), 'is not there (acme_all');
    await refused(await packageImage(main, members, { more: { 'buildpack.toml': BUILDPACK_TOML('acme/else', '2') } }), 'holds acme/else@2');
    await refused(await packageImage(main, members, { more: { 'buildpack.toml': { link: '/etc/passwd' } } }), 'has no buildpack.toml');
  });

  it('never writes outside its folder for a package that wants to', async () => {
    const image = await packageImage({ id: 'acme/all', version: '2' }, [['acme/all', '2']]);
    const name = await writeCnb('cut.cnb', image);
    writeFileSync(fixture.at('cut.cnb'), readFileSync(fixture.at(name)).subarray(0, 3000));
    await expect(add(group('./cut.cnb'))).rejects.toMatchObject({ code: expect.stringMatching(/ARCHIVE|BLOB|MODULE|MANIFEST/) });
    expect(existsSync(fixture.at('home/cache/packages/rootfs'))).toBe(false);
  });
});
