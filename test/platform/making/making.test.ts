import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBuilderMetadataLabel, parseModuleLayersLabel } from '../../../src/cnb/index.ts';
import { formatImageReference, parseImageReference } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { createBuilderImage, inspectModule, newModule, packageModule } from '../../../src/platform/index.ts';
import type { CreateBuilderImageOptions, MakingPorts, PackageModuleOptions } from '../../../src/platform/index.ts';
import { listLayer } from '../../support/fake-builder.ts';
import { ForeignBuilderFixture, LINUX } from '../../support/foreign-builder-fixture.ts';
import { writeBuildpack, writeComposite, writeFolder } from '../../support/module-folder.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

let fixture: ForeignBuilderFixture;
/** What was published: images and indexes, by name. */
let published: Map<string, Image | string>;
beforeEach(() => {
  fixture = new ForeignBuilderFixture();
  published = new Map();
  const programs = ['detector', 'restorer', 'analyzer', 'builder', 'exporter', 'launcher', 'creator'].map((name) => [`lifecycle/${name}`, name] as const);
  const apis = '[apis.buildpack]\nsupported = ["0.10"]\n[apis.platform]\nsupported = ["0.15"]\n';
  writeFolder(fixture.at('release'), { 'lifecycle.toml': `[lifecycle]\nversion = "0.21.0"\n${apis}`, ...Object.fromEntries(programs) });
  mkdirSync(fixture.at('builders'));
});
afterEach(() => fixture.remove());

const task = () => ({ events: (event: (typeof fixture.events)[number]) => void fixture.events.push(event), signal: new AbortController().signal });
const messages = (level: string) => fixture.events.flatMap((event) => (event.kind === 'message' && event.level === level ? [event.message] : []));

function ports(): MakingPorts {
  const unused = () => Promise.reject(new Error('the test has no bundled builders'));
  return {
    bundled: {
      home: fixture.home,
      store: fixture.store,
      buildersDirectory: fixture.at('builders'),
      buildpacksDirectory: fixture.at('buildpacks'),
      createSupply: () => {
        throw new Error('the test has no bundled builders');
      },
      npmRegistry: unused,
      download: unused,
      clock: { now: () => fixture.now },
    },
    program: fixture.at('program'),
    modules: fixture.ports(),
    registry: () =>
      Promise.resolve({
        read: () => Promise.resolve(undefined),
        repository: ({ repository }) => ({
          verifyPushAccess: () => (repository.startsWith('closed/') ? Promise.reject(new Error(`no access to ${repository}`)) : Promise.resolve()),
        }),
        write: (image, references) => {
          for (const reference of references) published.set(formatImageReference(reference), image);
          return Promise.resolve(image.manifest!.descriptor);
        },
        writeIndex: ({ bytes }, references) => {
          for (const reference of references) published.set(formatImageReference(reference), Buffer.from(bytes).toString());
          return Promise.resolve();
        },
      }),
    daemon: () => Promise.reject(new Error('the test has no daemon')),
    lifecycle: { programs: fixture.at('lifecycle'), launcher: () => fixture.at('launcher') },
    hostPlatform: LINUX,
    version: '1.2.3',
  };
}

const shared = { outputs: [], tags: [], labels: {}, targets: [], appendNameSuffix: false, insecureRegistries: [] };

function packaging(more: Partial<PackageModuleOptions> = {}) {
  const options: PackageModuleOptions = {
    ...shared,
    name: 'package',
    kind: 'buildpack',
    format: 'image',
    path: fixture.at('bp'),
    flatten: false,
    flattenExclude: [],
    ...more,
  };
  return packageModule(options, ports(), task());
}

function building(more: Partial<CreateBuilderImageOptions> = {}) {
  return createBuilderImage({ ...shared, name: 'builder', config: fixture.at('builder.toml'), flatten: [], ...more }, ports(), task());
}

async function stored(name: string, platform = LINUX): Promise<Image> {
  const image = await fixture.store.read(parseImageReference(name), platform);
  if (image === undefined) throw new Error(`${name} is not in the store`);
  return image;
}

describe('packageModule()', () => {
  it('puts a package for each target of the buildpack into the local store', async () => {
    writeBuildpack(fixture.at('bp'), 'demo/one', '1.2.3', '[[targets]]\nos = "linux"\narch = "amd64"\n[[targets]]\nos = "linux"\narch = "arm64"\n');
    const { images } = await packaging({ tags: ['package:1'] });
    expect(images.map(({ platform, places }) => [platform, places])).toEqual([
      ['linux/amd64', ['local store']],
      ['linux/arm64', ['local store']],
    ]);
    for (const architecture of ['amd64', 'arm64']) {
      const image = await stored('package', { os: 'linux', architecture });
      expect(image.config.architecture).toBe(architecture);
      expect((await stored('package:1', { os: 'linux', architecture })).imageId).toBe(image.imageId);
    }
  });

  it('publishes several targets as one index, with tags of their own when asked', async () => {
    writeBuildpack(fixture.at('bp'), 'demo/one');
    const result = await packaging({
      name: 'example.org/p:1',
      outputs: [{ kind: 'registry' }],
      targets: ['linux/amd64', 'linux/arm64:debian@13'],
      appendNameSuffix: true,
    });
    expect([...published.keys()]).toEqual(['example.org/p:1-linux-amd64', 'example.org/p:1-linux-arm64-debian-13', 'example.org/p:1']);
    const index = JSON.parse(published.get('example.org/p:1') as string) as { manifests: { digest: string; platform: object }[] };
    expect(index.manifests.map(({ digest }) => digest)).toEqual(result.images.map(({ manifestDigest }) => manifestDigest));
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux', 'os.version': '13' },
    ]);
    expect(result.indexDigest).toMatch(/^sha256:/);
  });

  it('takes what is in the folder for a target, with the descriptor of the root', async () => {
    writeBuildpack(fixture.at('bp'), 'demo/one');
    writeFolder(fixture.at('bp/linux/amd64'), { 'bin/build': 'for amd64', 'zz/file': 'x' });
    await packaging({ targets: ['linux/amd64'] });
    const entries = await listLayer((await stored('package')).layers[0]!);
    const below = '/cnb/buildpacks/demo_one/1.2.3';
    expect([...entries.keys()].slice(1)).toEqual(['', '/bin', '/bin/build', '/buildpack.toml', '/zz', '/zz/file'].map((path) => below + path));
    expect(entries.get(`${below}/bin/build`)?.content).toBe('for amd64');
    expect(existsSync(fixture.at('bp/linux/amd64/buildpack.toml'))).toBe(false);
  });

  it('writes .cnb files that can be read again, a file for each target', async () => {
    writeBuildpack(fixture.at('bp'), 'demo/one');
    const { images } = await packaging({ format: 'file', name: fixture.at('out/one.cnb') });
    expect(images[0]?.places).toEqual([fixture.at('out/one.cnb')]);
    const inspected = await inspectModule(
      { kind: 'buildpack', uri: './out/one.cnb', workingDirectory: fixture.directory, insecureRegistries: [] },
      ports(),
      task(),
    );
    expect(inspected).toMatchObject({ id: 'demo/one', version: '1.2.3', place: fixture.at('out/one.cnb'), modules: [{ id: 'demo/one' }] });
    const bytes = readFileSync(fixture.at('out/one.cnb'));
    await packaging({ format: 'file', name: fixture.at('out/again.cnb') });
    expect(readFileSync(fixture.at('out/again.cnb')).equals(bytes)).toBe(true);
    await packaging({ format: 'file', name: fixture.at('out/two.cnb'), targets: ['linux/amd64', 'linux/arm64'] });
    expect(existsSync(fixture.at('out/two-linux-amd64.cnb')) && existsSync(fixture.at('out/two-linux-arm64.cnb'))).toBe(true);
  });

  it('packages a composite with a folder, a file and an image', async () => {
    for (const name of ['one', 'two', 'three']) writeBuildpack(fixture.at(name), `demo/${name}`, '1.2.3', '');
    await packaging({ path: fixture.at('two'), format: 'file', name: fixture.at('all/two.cnb') });
    await packaging({ path: fixture.at('three'), name: 'three' });
    await fixture.publish('example.org/three:1', await stored('three'));
    writeComposite(fixture.at('all'), 'demo/all', ['demo/one@1.2.3', 'demo/two@1.2.3', 'demo/three@1.2.3']);
    const uris = ['../one', './two.cnb', 'docker://example.org/three:1'].map((uri) => `[[dependencies]]\nuri = "${uri}"\n`).join('');
    writeFolder(fixture.at('all'), { 'package.toml': `[buildpack]\nuri = "."\n${uris}` });
    await packaging({ config: fixture.at('all/package.toml'), name: 'all' });
    const image = await stored('all');
    expect(image.config.architecture).toBe('');
    const label = parseModuleLayersLabel(image.config.config?.Labels?.['io.buildpacks.buildpack.layers'] ?? '');
    expect(Object.keys(label)).toEqual(['demo/all', 'demo/one', 'demo/three', 'demo/two']);
    const described = await inspectModule({ kind: 'buildpack', uri: 'docker://all', workingDirectory: '/', insecureRegistries: [] }, ports(), task());
    expect(described.order[0]?.group.map(({ id }) => id)).toEqual(['demo/one', 'demo/two', 'demo/three']);
    expect(described.place).toBe('local store');
  });

  it.each([
    ['a missing folder', {}, 'MODULE_NOT_FOUND'],
    ['an extension as a buildpack', { path: 'ext' }, 'MODULE_INVALID'],
    ['a folder that is neither', { path: 'release' }, 'MODULE_INVALID'],
    ['a missing package.toml', { config: 'none.toml' }, 'CONFIG_NOT_FOUND'],
    ['an unreadable target', { path: 'one', targets: ['linux/pentium'] }, 'TARGET_INVALID'],
    ['several targets for a daemon', { path: 'one', targets: ['linux/amd64', 'linux/arm64'], outputs: [{ kind: 'docker' as const }] }, 'TARGET_INVALID'],
    ['a bad pull policy', { path: 'one', pullPolicy: 'sometimes' }, 'PULL_POLICY_INVALID'],
    ['a name with a digest', { path: 'one', name: `one@sha256:${'0'.repeat(64)}`, outputs: [{ kind: 'registry' as const }] }, 'IMAGE_REFERENCE_INVALID'],
  ])('refuses %s', async (_title, more, code) => {
    writeBuildpack(fixture.at('one'), 'demo/one');
    writeFolder(fixture.at('ext'), { 'extension.toml': 'api = "0.10"\n[extension]\nid = "e"\nversion = "1.0.0"\n' });
    const paths = Object.fromEntries(
      Object.entries(more).map(([key, value]) => [key, key === 'path' || key === 'config' ? fixture.at(value as string) : value]),
    );
    await expect(packaging(paths)).rejects.toMatchObject({ code });
  });

  it('finds a package in the local store whose name looks like an ID of the buildpack registry', async () => {
    writeBuildpack(fixture.at('bp'), 'demo/one');
    await packaging({ name: 'team/one' });
    const inspect = (uri: string) => inspectModule({ kind: 'buildpack', uri, workingDirectory: '/', insecureRegistries: [] }, ports(), task());
    expect(await inspect('team/one')).toMatchObject({ id: 'demo/one', place: 'local store' });
    await expect(inspect('team/other')).rejects.toMatchObject({ code: 'BUILDPACK_REGISTRY_UNSET' });
  });

  it('looks at the place of the file before anything else', async () => {
    writeBuildpack(fixture.at('bp'), 'demo/one');
    await expect(packaging({ format: 'file', name: fixture.directory })).rejects.toMatchObject({ code: 'OUTPUT_UNUSABLE' });
    await expect(packaging({ outputs: [{ kind: 'oci', path: fixture.at('bp') }] })).rejects.toMatchObject({ code: 'OUTPUT_UNUSABLE' });
  });

  it('refuses an image that is no package, and one whose label lies', async () => {
    await fixture.publish('example.org/plain:1', await syntheticImage('plain'));
    writeFolder(fixture.at('p'), { 'package.toml': '[buildpack]\nuri = "docker://example.org/plain:1"\n' });
    await expect(packaging({ config: fixture.at('p/package.toml') })).rejects.toMatchObject({
      code: 'MODULE_INVALID',
      message: expect.stringContaining('could not find label "io.buildpacks.buildpackage.metadata"') as string,
    });
    const labels = {
      'io.buildpacks.buildpackage.metadata': '{"id":"a","version":"1"}',
      'io.buildpacks.buildpack.layers': `{"a":{"1":{"api":"0.10","layerDiffID":"sha256:${'0'.repeat(64)}"}}}`,
    };
    await fixture.publish('example.org/plain:1', await syntheticImage('liar', { config: { config: { Labels: labels } } }));
    await expect(packaging({ config: fixture.at('p/package.toml'), pullPolicy: 'always' })).rejects.toMatchObject({
      message: expect.stringContaining('which it does not have') as string,
    });
  });
});

const TOML =
  '[[order]]\n[[order.group]]\nid = "demo/one"\n[build]\nimage = "example.org/build:1"\n[[run.images]]\nimage = "example.org/run:1"\n[lifecycle]\nuri = "release"\n';

describe('createBuilderImage()', () => {
  beforeEach(async () => {
    writeBuildpack(fixture.at('one'), 'demo/one');
    const config = { config: { Env: ['CNB_USER_ID=1001', 'CNB_GROUP_ID=1000'], Labels: { 'io.buildpacks.stack.id': 'demo' } } };
    await fixture.publish('example.org/build:1', await syntheticImage('build', { config }));
    await fixture.publish('example.org/run:1', await syntheticImage('run', { config: { config: { Labels: { 'io.buildpacks.stack.id': 'demo' } } } }));
  });
  const write = (text: string) => writeFolder(fixture.directory, { 'builder.toml': text });

  it('makes a builder for this machine in the local store', async () => {
    write(`${TOML}[[buildpacks]]\nuri = "one"\nid = "demo/one"\nversion = "1.2.3"\n`);
    const { images } = await building({ labels: { mine: '1' } });
    expect(images).toMatchObject([{ platform: 'linux/amd64', places: ['local store'] }]);
    const labels = (await stored('builder')).config.config?.Labels ?? {};
    expect(labels).toMatchObject({ mine: '1', 'io.buildpacks.stack.id': 'demo' });
    expect(parseBuilderMetadataLabel(labels['io.buildpacks.builder.metadata'] ?? '').createdBy).toEqual({ name: 'tspack', version: '1.2.3' });
    expect(messages('warning')).toEqual([]);
  });

  it('checks write access to every name before anything else', async () => {
    write(`${TOML}[[buildpacks]]\nuri = "one"\n`);
    const options = { name: 'example.org/open/b', outputs: [{ kind: 'registry' as const }] };
    for (const more of [{ name: 'example.org/closed/b' }, { tags: ['example.org/closed/b:2'] }, { lifecycleImage: 'example.org/closed/b' }]) {
      await expect(building({ ...options, ...more })).rejects.toThrow('no access to closed/b');
    }
    await expect(packaging({ ...options, path: fixture.at('one'), name: 'example.org/closed/b' })).rejects.toThrow('no access to closed/b');
    expect(fixture.asked).toEqual([]);
    expect(published.size).toBe(0);
  });

  it('moves no layer of the build image to publish', async () => {
    write(`${TOML}[[buildpacks]]\nuri = "one"\n`);
    await building({ name: 'example.org/b', outputs: [{ kind: 'registry' }] });
    expect([...published.keys()]).toEqual(['example.org/b:latest']);
    expect(fixture.asked.filter((question) => question.startsWith('blob'))).toEqual([]);
  });

  it('says what is odd and goes on', async () => {
    write(TOML.replace('example.org/run:1"', 'example.org/run:1"\nmirrors = ["example.org/none"]') + '[[buildpacks]]\nuri = "one"\n');
    await building({ flatten: [['demo/other@1.0.0']] });
    expect(messages('warning')).toEqual([
      'Run image "example.org/none" is not accessible',
      '--flatten names "demo/other@1.0.0", which the builder does not have',
    ]);
  });

  it.each([
    ['another id', '[[buildpacks]]\nuri = "one"\nid = "demo/two"\n', 'MODULE_MISMATCH', 'it has ID "demo/one", which does not match ID "demo/two"'],
    ['another version', '[[buildpacks]]\nuri = "one"\nversion = "2.0.0"\n', 'MODULE_MISMATCH', 'version "1.2.3", which does not match version "2.0.0"'],
    ['a missing folder', '[[buildpacks]]\nuri = "./none"\n', 'MODULE_NOT_FOUND', 'there is no'],
    ['a registry id without an index', '[[buildpacks]]\nuri = "urn:cnb:registry:a/b"\n', 'BUILDPACK_REGISTRY_UNSET', 'a/b'],
    ['the order of a builder', '[[buildpacks]]\nuri = "from=builder"\n', 'MODULE_INVALID', 'there is no builder'],
    ['a module without a place', '[[buildpacks]]\nid = "a"\n', 'CONFIG_INVALID', 'buildpacks[0].uri: is missing'],
    ['another stack', '[stack]\nid = "other"\n', 'RUN_IMAGE_UNFIT', 'it has stack "demo"'],
  ])('refuses %s', async (_title, more, code, message) => {
    write(TOML + more);
    await expect(building()).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    expect(fixture.store.list()).toEqual([]);
  });

  it('names the file that cannot be read', async () => {
    await expect(building({ config: fixture.at('none.toml') })).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' });
    write('[build\n');
    await expect(building()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('makes no lifecycle image of a lifecycle that is not of tspack', async () => {
    write(`${TOML}[[buildpacks]]\nuri = "one"\n`);
    await expect(building({ lifecycleImage: 'lifecycle' })).rejects.toMatchObject({ code: 'LIFECYCLE_INVALID' });
  });
});

describe('newModule()', () => {
  const make = (more: Partial<Parameters<typeof newModule>[0]> = {}) =>
    newModule({ kind: 'buildpack', id: 'demo/new', version: '1.0.0', api: '0.12', path: fixture.at('new'), targets: [], ...more }, LINUX);

  it.each(['buildpack', 'extension'] as const)('makes a folder that can be packaged as %s', async (kind) => {
    expect(make({ kind })).toEqual([`${kind}.toml`, kind === 'buildpack' ? 'bin/build' : 'bin/generate', 'bin/detect']);
    for (const name of ['bin/detect', kind === 'buildpack' ? 'bin/build' : 'bin/generate']) expect(statSync(fixture.at('new', name)).mode & 0o777).toBe(0o755);
    await packaging({ kind, path: fixture.at('new') });
    expect((await stored('package')).config.architecture).toBe('amd64');
  });

  it.each([
    ['a folder that exists', { path: '' }, 'MODULE_FOLDER_EXISTS'],
    ['an id that is none', { id: '../x' }, 'BUILDPACK_ID_INVALID'],
    ['an unknown API', { api: '9.9' }, 'BUILDPACK_API_UNSUPPORTED'],
    ['a version that is none', { version: '1' }, 'VERSION_INVALID'],
    ['an unknown target', { targets: ['vax'] }, 'TARGET_INVALID'],
  ])('refuses %s, and writes nothing', (_title, more, code) => {
    const options = 'path' in more ? { path: fixture.directory } : more;
    expect(() => make(options)).toThrow(expect.objectContaining({ code }) as Error);
    expect(existsSync(fixture.at('new'))).toBe(false);
  });

  it('is not stopped by the umask', () => {
    const before = process.umask(0o077);
    try {
      make();
    } finally {
      process.umask(before);
    }
    chmodSync(fixture.at('new'), 0o755);
    expect(statSync(fixture.at('new/bin/build')).mode & 0o777).toBe(0o755);
  });
});
