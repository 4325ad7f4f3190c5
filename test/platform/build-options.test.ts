import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABELS, parseProjectMetadataLabel, parseReportToml } from '../../src/cnb/index.ts';
import { systemClock } from '../../src/foundation/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { parseImageReference, readIndex } from '../../src/oci/index.ts';
import type { BuilderRequest } from '../../src/platform/index.ts';
import type { ReferrerRegistry } from '../../src/platform/ports.ts';
import { ANONYMOUS, createRegistryStore } from '../../src/registry/index.ts';
import { BuildFixture, writing } from '../support/build-fixture.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';

let fixture: BuildFixture;
beforeEach(() => (fixture = new BuildFixture()));
afterEach(() => fixture.remove());

const HOST = { os: 'linux', architecture: 'amd64' };
const WEB = '[[processes]]\ntype = "web"\ncommand = ["serve"]\ndefault = true\n';
const CACHED = '[types]\nbuild = true\ncache = true\n';
const at = (name: string) => join(fixture.root, name);
const saved = async (name = 'example.com/team/app:1') => (await fixture.store.read(parseImageReference(name), HOST))!;
const containerOf = async (name?: string) => (await saved(name)).config.config!;

/** A buildpack that keeps what it sees. */
function probe(): { env: Readonly<Record<string, string>>; cwd: string; files: readonly string[] }[] {
  const seen: { env: Readonly<Record<string, string>>; cwd: string; files: readonly string[] }[] = [];
  fixture.buildpack('samples/probe', {
    build: (process) => {
      const files = readdirSync(process.hostPath(process.spec.cwd), { recursive: true }).map(String).sort();
      seen.push({ env: process.env, cwd: process.spec.cwd, files });
      return writing({ 'launch.toml': WEB })(process);
    },
  });
  return seen;
}

describe('project.toml of build()', () => {
  it('says what buildpacks see, and which builder and modules are asked for', async () => {
    const [seen, asked] = [probe(), [] as BuilderRequest[]];
    fixture.write(
      'source/project.toml',
      `
      [_]
      schema-version = "0.2"
      version = "7"
      source-url = "https://example.com/source"
      [io.buildpacks]
      builder = "example/builder"
      exclude = ["*.md", "/project.toml"]
      buidler = "typing error"
      [[io.buildpacks.pre.group]]
      uri = "./before"
      [[io.buildpacks.build.env]]
      name = "FROM_FILE"
      value = "1"
      [[io.buildpacks.build.env]]
      name = "BOTH"
      value = "file"
    `,
    );
    fixture.write('source/README.md', '');
    await fixture.build(
      { builder: undefined!, env: { BOTH: 'option' } },
      { resolveBuilder: (request) => (asked.push(request), fixture.resolveBuilder(request)) },
    );
    expect(asked).toMatchObject([
      { name: 'example/builder', modules: { pre: [{ source: { kind: 'uri', uri: './before', baseDirectory: fixture.source } }], post: [] } },
    ]);
    expect(seen[0]!.env).toMatchObject({ FROM_FILE: '1', BOTH: 'option' });
    expect(seen[0]!.files).toEqual(['app.txt']);
    expect(fixture.told()).toContainEqual(expect.stringContaining('did you mean "builder"?'));
    const label = parseProjectMetadataLabel((await containerOf()).Labels![LABELS.projectMetadata]!);
    expect(label).toEqual({ source: { type: 'project', version: { declared: '7' }, metadata: { url: 'https://example.com/source' } } });
  });

  it('may lie elsewhere', async () => {
    const seen = probe();
    const descriptor = fixture.write('elsewhere/own.toml', '[[build.env]]\nname = "A"\nvalue = "1"\n');
    await fixture.build({ descriptor });
    expect(seen[0]!.env).toMatchObject({ A: '1' });
  });

  it.each<readonly [string, string | undefined, string]>([
    ['is missing', undefined, 'DESCRIPTOR_UNREADABLE'],
    ['is no TOML', '[build', 'DESCRIPTOR_INVALID'],
    ['has both lists', '[build]\ninclude = []\nexclude = []', 'DESCRIPTOR_INVALID'],
    ['is too large', `# ${'x'.repeat(10_000_000)}`, 'DESCRIPTOR_UNREADABLE'],
  ])('is refused when it %s, and nothing is built', async (_name, text, code) => {
    probe();
    const descriptor = text === undefined ? at('none.toml') : fixture.write('p.toml', text);
    await expect(fixture.build({ descriptor })).rejects.toMatchObject({ code });
    expect(fixture.told()).toEqual([]);
  });

  it('is refused as a folder', async () => {
    await expect(fixture.build({ descriptor: fixture.source })).rejects.toMatchObject({ code: 'DESCRIPTOR_UNREADABLE' });
  });
});

describe('options of build()', () => {
  it('puts the application where the user says, in the build and in the image', async () => {
    const seen = probe();
    await fixture.build({ workspace: '/srv/app' });
    expect(seen[0]!.cwd).toBe('/srv/app');
    const container = await containerOf();
    expect(container.WorkingDir).toBe('/srv/app');
    expect(container.Env).toContain('CNB_APP_DIR=/srv/app');
    await expect(fixture.build({ workspace: '/usr' })).rejects.toThrow('it would hide files of the build image');
    await expect(fixture.build({ workspace: '/srv', volumes: [{ source: fixture.source, target: '/srv/x', writable: false }] })).rejects.toMatchObject({
      code: 'VOLUME_TARGET_INVALID',
    });
  });

  it('gives a user of another number the home of its account', async () => {
    const seen = probe();
    fixture.write('build-image/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nother:x:7:7::/srv/other:\nbin:x:2:2::/bin:\n');
    for (const uid of [7, 2, 0, 12]) await fixture.build({ uid });
    await fixture.build();
    expect(seen.map(({ env }) => env['HOME'])).toEqual(['/srv/other', '/bin', '/root', '/home/cnb', '/home/cnb']);
  });

  it('builds for an execution environment, and uses no layers of another', async () => {
    const seen = probe();
    await fixture.build();
    await fixture.build({ execEnv: 'test' });
    expect(fixture.told()).toContainEqual(expect.stringContaining('for the execution environment production, not test'));
    expect(seen.map(({ env }) => env['CNB_EXEC_ENV'])).toEqual(['production', 'test']);
    expect((await containerOf()).Labels![LABELS.execEnv]).toBe('test');
    await fixture.build({ execEnv: 'test' });
    expect(fixture.told()).not.toContainEqual(expect.stringContaining('for the execution environment'));
  });

  it('gives the image every name', async () => {
    probe();
    const { imageId } = await fixture.build({ tags: ['example.com/team/app:2', 'other'], outputs: [{ kind: 'oci', path: at('layout') }] });
    for (const name of ['example.com/team/app:1', 'example.com/team/app:2', 'other']) expect((await saved(name)).imageId).toBe(imageId);
    expect(readIndex(at('layout')).flatMap(({ annotations }) => annotations?.['io.containerd.image.name'] ?? [])).toEqual([
      'example.com/team/app:1',
      'example.com/team/app:2',
      'index.docker.io/library/other:latest',
    ]);
    expect(fixture.events.filter((event) => event.kind === 'delivered').map(({ place }) => place)).toEqual([
      ...['local store', 'local store', 'local store'],
      ...[1, 2, 3].map(() => `oci:${at('layout')}`),
    ]);
  });

  it('says that the image was made when the user says', async () => {
    probe();
    await fixture.build({ creationTime: 1_641_013_200 }, { sourceDateEpoch: '5' });
    const { config } = await saved();
    expect(config.created).toBe('2022-01-01T05:00:00Z');
    expect(config.history!.at(-1)!.created).toBe('2022-01-01T05:00:00Z');
  });

  it('uses layers of the image that the user names', async () => {
    fixture.buildpack('samples/one', { build: writing({ 'runtime.toml': '[types]\nlaunch = true\n', 'runtime/file': 'x' }) });
    await fixture.build({ image: 'old' });
    fixture.buildpack('samples/one', { build: writing({ 'runtime.toml': '[types]\nlaunch = true\n' }) });
    await expect(fixture.build({ image: 'new' })).rejects.toMatchObject({ code: 'LAYER_NOT_REUSABLE' });
    await fixture.build({ image: 'new', previousImage: 'old' });
    expect(fixture.told()).toContain('reusing samples/one:runtime');
    fixture.buildpack('samples/one');
    await fixture.build({ image: 'new', previousImage: 'missing' }, { daemon: async () => Promise.reject(new Error('none')), registry: async () => EMPTY });
    expect(fixture.told()).toContain('Image "missing" not found');
  });

  it('asks the registry for the image it replaces, and for the right to push, before it builds', async () => {
    probe();
    const verified: string[] = [];
    const registry = {
      ...EMPTY,
      repository: ({ repository }: { readonly repository: string }) => ({ verifyPushAccess: async () => void verified.push(repository) }),
    };
    const options = { outputs: [{ kind: 'registry' } as const], tags: ['example.com/team/app:2', 'example.com/x'] };
    await fixture.build(options, { registry: async () => registry });
    expect(verified).toEqual(['team/app', 'x']);
    const refusing = { ...EMPTY, repository: () => ({ verifyPushAccess: () => Promise.reject(new Error('not allowed')) }) };
    await expect(fixture.build(options, { registry: async () => refusing })).rejects.toThrow('not allowed');
    expect(fixture.told()).toEqual([]);
  });

  it('writes report.toml', async () => {
    probe();
    const { imageId } = await fixture.build({ reportDirectory: at('report'), tags: ['other:2'] });
    const report = () => parseReportToml(readFileSync(at('report/report.toml'), 'utf8'), 'report.toml');
    expect(report().image).toEqual({ tags: ['example.com/team/app:1', 'other:2'], imageId });
    const { manifestDigest } = await fixture.build({ reportDirectory: at('report'), outputs: [{ kind: 'oci', path: at('layout') }] });
    expect(report().image).toEqual({ tags: ['example.com/team/app:1'], digest: manifestDigest, manifestSize: readIndex(at('layout'))[0]!.size });
  });

  it('writes the bills of materials, in place of those that were there', async () => {
    probe();
    mkdirSync(at('there/sbom/launch/old'), { recursive: true });
    for (const sbomDirectory of [at('new'), at('there')]) await fixture.build({ sbomDirectory });
    const launcher = 'launch/buildpacksio_lifecycle/launcher/sbom.cdx.json';
    expect(existsSync(at(`new/${launcher}`))).toBe(true);
    expect(existsSync(at(`there/sbom/${launcher}`))).toBe(true);
    expect(existsSync(at('there/sbom/launch/old'))).toBe(false);
  });

  it.each(['reportDirectory', 'sbomDirectory'] as const)('refuses a %s that is a file', async (option) => {
    writeFileSync(at('file'), '');
    await expect(fixture.build({ [option]: at('file') })).rejects.toMatchObject({ code: 'OUTPUT_UNUSABLE' });
    await expect(fixture.build({ [option]: at('file/below') })).rejects.toMatchObject({ code: 'OUTPUT_UNUSABLE' });
  });

  it('leaves the layers of the run image out of a sparse layout', async () => {
    probe();
    await fixture.build({ sparse: true, outputs: [{ kind: 'oci', path: at('sparse') }] });
    await fixture.build({ outputs: [{ kind: 'oci', path: at('whole') }] });
    const blobs = (name: string) => readdirSync(at(`${name}/blobs/sha256`)).sort();
    expect(readIndex(at('sparse'))[0]!.digest).toBe(readIndex(at('whole'))[0]!.digest);
    const { manifest, layers } = await fixture.store.distribute(await saved());
    const base = (await fixture.resolveBuilder({} as BuilderRequest)).runImage.image.layers.map(({ diffId }) => diffId);
    const left = new Set(layers.filter(({ diffId }) => base.includes(diffId)).map(({ blob }) => blob!.digest.slice('sha256:'.length)));
    expect(left.size).toBeGreaterThan(0);
    expect(manifest.descriptor.digest).toBe(readIndex(at('sparse'))[0]!.digest);
    expect(blobs('sparse')).toEqual(blobs('whole').filter((name) => !left.has(name)));
  });

  it('keeps layers in a folder as the reference does, and under a name', async () => {
    const seen: boolean[] = [];
    fixture.buildpack('samples/one', {
      build: (process) => {
        seen.push(existsSync(join(process.hostPath(process.args[0]!), 'kept/file')));
        return writing({ 'kept.toml': CACHED, 'kept/file': 'x' })(process);
      },
    });
    const cache = { kind: 'bind', directory: at('cache') } as const;
    for (const clearCache of [false, false, true]) await fixture.build({ cache, clearCache });
    expect(seen.splice(0)).toEqual([false, true, false]);
    expect(readdirSync(at('cache/build-cache/committed'))).toContain('io.buildpacks.lifecycle.cache.metadata');
    const named = { kind: 'volume', name: 'mine' } as const;
    for (const image of ['one', 'two']) await fixture.build({ image, cache: named });
    await fixture.build({ image: 'two' });
    expect(seen).toEqual([false, true, false]);
  });

  it('starts a cache image with the layers of another, which it leaves as it is', async () => {
    await using server = await startFakeRegistry();
    const seen: boolean[] = [];
    fixture.buildpack('samples/one', {
      build: (process) => {
        seen.push(existsSync(join(process.hostPath(process.args[0]!), 'kept/file')));
        return writing({ 'kept.toml': CACHED, 'kept/file': String(seen.length) })(process);
      },
    });
    const registry = () =>
      Promise.resolve(
        createRegistryStore({
          http: createHttpClient({ userAgent: 'test', clock: systemClock }),
          keychain: ANONYMOUS,
          clock: systemClock,
          compressor: fixture.store.compressor,
        }),
      );
    const build = (name: string, from?: string) => {
      const place = (tag: string) => `${server.host}/cache:${tag}`;
      return fixture.build({ cache: { kind: 'image', name: place(name), ...(from === undefined ? {} : { from: place(from) }) } }, { registry });
    };
    await build('main');
    const main = server.manifest('cache', 'main')!.bytes.toString();
    await build('pr-7', 'main');
    await build('pr-8', 'none');
    await build('pr-7', 'main');
    expect(seen).toEqual([false, true, false, true]);
    expect(server.manifest('cache', 'main')!.bytes.toString()).toBe(main);
    expect(server.manifest('cache', 'pr-7')!.bytes.toString()).not.toBe(main);
    expect(server.violations).toEqual([]);
  });

  it('passes the user on to the builder', async () => {
    probe();
    const asked: BuilderRequest[] = [];
    const options = { uid: 0, gid: 7, runImage: 'example/run', pullPolicy: 'never', platform: 'linux/amd64/v2' };
    await fixture.build(options, { resolveBuilder: (request) => (asked.push(request), fixture.resolveBuilder(request)) });
    const platform = { ...HOST, variant: 'v2' };
    expect(asked).toMatchObject([{ user: { uid: 0, gid: 7 }, runImage: 'example/run', pullPolicy: { kind: 'never' }, platform, publish: false }]);
    await expect(fixture.build({ platform: 'linux/arm64' })).rejects.toMatchObject({ code: 'PLATFORM_FOREIGN' });
  });
});

const EMPTY: ReferrerRegistry = {
  attach: async () => undefined,
  read: async () => undefined,
  write: async (image) => ({ mediaType: 'test', digest: image.imageId, size: 0 }),
  repository: () => ({ verifyPushAccess: async () => undefined }),
};
