import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, packageRoot } from '../../../src/foundation/index.ts';
import { createHttpClient, readProxySettings } from '../../../src/http/index.ts';
import { parseImageReference } from '../../../src/oci/index.ts';
import type { Image, ImageConfig } from '../../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import type { RegistryStore } from '../../../src/registry/index.ts';
import { openLocalStore } from '../../../src/store/index.ts';
import { listLayer } from '../../support/fake-builder.ts';
import { writeBuildpack, writeComposite, writeFolder } from '../../support/module-folder.ts';
import { findReference } from '../../support/reference-platform.ts';
import { startDockerRegistry } from '../../support/real-registries.ts';
import type { StartedProgram } from '../../support/started-program.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const reference = findReference();
const isPossible = reference !== undefined && findProgram('docker-registry') !== undefined;
const PLATFORM = { os: 'linux', architecture: 'amd64' };

describe.skipIf(skipWithout('pack with lifecycle.tgz beside it and docker-registry', isPossible))('what tspack and pack make', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-making-'));
  const buildpacks = join(packageRoot(), 'dist/buildpacks');
  const at = (...parts: readonly string[]) => join(place, ...parts);
  let server: StartedProgram & { readonly host: string };
  let registry: RegistryStore;

  const run = async (command: string, args: readonly string[], env: NodeJS.ProcessEnv) =>
    (await promisify(execFile)(command, [...args], { env: { ...process.env, ...env }, cwd: place, maxBuffer: 1 << 26 })).stdout;
  const pack = (...args: readonly string[]) => run(reference!.pack, args, { PACK_HOME: at('pack') });
  const tspack = (...args: readonly string[]) => run(process.execPath, [join(packageRoot(), 'dist/cli.js'), ...args], { TSPACK_HOME: at('home') });
  const name = (text: string) => `${server.host}/${text}`;
  const read = async (text: string): Promise<Image> => {
    const image = await registry.read(parseImageReference(name(text)), PLATFORM);
    if (image === undefined) throw new Error(`${text} is not in the registry`);
    return image;
  };
  /** pack adds the layers of a package in any order. */
  const comparable = ({ config }: Image): Partial<ImageConfig> => ({ ...config, rootfs: { type: 'layers', diff_ids: [...config.rootfs.diff_ids].sort() } });

  beforeAll(async () => {
    server = await startDockerRegistry(at('registry'));
    mkdirSync(at('store'), { recursive: true });
    const store = openLocalStore({ directory: at('store'), lockDirectory: at('locks') });
    const http = createHttpClient({ userAgent: 'test', clock: systemClock, proxy: readProxySettings({}), ca: [] });
    registry = createRegistryStore({ http, keychain: ANONYMOUS, clock: systemClock, compressor: store.compressor });
    const env = { Env: ['CNB_USER_ID=1001', 'CNB_GROUP_ID=1000'], User: '1001:1000', Labels: { 'io.buildpacks.stack.id': 'demo' } };
    await registry.write(await syntheticImage('build', { layers: 1, config: { config: env } }), [parseImageReference(name('build'))]);
    await registry.write(await syntheticImage('run', { layers: 1, config: { config: { Labels: env.Labels } } }), [parseImageReference(name('run'))]);
    await pack('config', 'experimental', 'true');
    for (const id of ['one', 'two']) writeBuildpack(at(id), `demo/${id}`);
    writeFolder(at('two'), { '.hidden/a-b': 'x', 'tool.sh': 'y' });
    writeFolder(at('ext'), {
      'extension.toml': 'api = "0.10"\n[extension]\nid = "demo/ext"\nversion = "0.1.0"\nhomepage = "https://example.com"\n',
      'bin/generate': '#!/bin/sh\n',
    });
    writeComposite(at('all'), 'demo/all', ['demo/one@1.2.3', 'demo/two@1.2.3']);
  }, 60_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  });

  it.each(readdirSync(join(packageRoot(), 'buildpacks')))('are equal packages of the bundled buildpack %s', async (folder) => {
    await pack('buildpack', 'package', name(`pack/${folder}`), '--path', join(buildpacks, folder), '--target', 'linux/amd64', '--publish');
    await tspack('buildpack', 'package', name(`tspack/${folder}`), '--path', join(buildpacks, folder), '--target', 'linux/amd64', '--publish');
    expect((await read(`tspack/${folder}`)).imageId).toBe((await read(`pack/${folder}`)).imageId);
    expect(await pack('buildpack', 'inspect', name(`tspack/${folder}`))).toContain('REMOTE IMAGE');
  });

  it('are equal packages, an index of them, and equal packages of extensions', async () => {
    for (const [maker, command] of [['pack', pack] as const, ['tspack', tspack] as const]) {
      await command(
        'buildpack',
        'package',
        name(`${maker}/index`),
        '--path',
        at('two'),
        '--target',
        'linux/amd64',
        '--target',
        'linux/arm64',
        '--label',
        'a=1',
        '--publish',
      );
      await command('extension', 'package', name(`${maker}/ext`), '--path', at('ext'), '--publish');
    }
    expect((await read('tspack/index')).imageId).toBe((await read('pack/index')).imageId);
    expect(await registry.platforms(parseImageReference(name('tspack/index')))).toEqual(await registry.platforms(parseImageReference(name('pack/index'))));
    expect((await read('tspack/ext')).imageId).toBe((await read('pack/ext')).imageId);
  });

  it.each([[], ['--flatten']])('take packages of each other as dependencies %j', async (...flags: readonly string[]) => {
    for (const [maker, command, other] of [['pack', pack, 'tspack'] as const, ['tspack', tspack, 'pack'] as const]) {
      await command('buildpack', 'package', name(`${maker}/one`), '--path', at('one'), '--target', 'linux/amd64', '--publish');
      await command('buildpack', 'package', at(`${maker}.cnb`), '--path', at('two'), '--target', 'linux/amd64', '--format', 'file');
      writeFolder(at('all'), {
        [`${other}.toml`]: `[buildpack]\nuri = "."\n[[dependencies]]\nuri = "${name(`${maker}/one`)}"\n[[dependencies]]\nuri = "../${maker}.cnb"\n`,
      });
    }
    // Both files are in the folder while either packages it.
    await pack('buildpack', 'package', name('pack/all'), '--config', at('all/pack.toml'), '--target', 'linux/amd64', ...flags, '--publish');
    await tspack('buildpack', 'package', name('tspack/all'), '--config', at('all/tspack.toml'), '--target', 'linux/amd64', ...flags, '--publish');
    const [ours, theirs] = [comparable(await read('tspack/all')), comparable(await read('pack/all'))];
    if (flags.length === 0) expect(ours).toEqual(theirs);
    // pack 0.40.0 flattens modules in the order of a Go map, so that its own two packages differ.
    else expect(ours.rootfs?.diff_ids).toHaveLength(theirs.rootfs?.diff_ids.length ?? 0);
    expect(await pack('buildpack', 'inspect', name('tspack/all'))).toContain('demo/two@1.2.3');
    expect(await tspack('buildpack', 'inspect', name('pack/all'))).toContain('demo/two@1.2.3');
  });

  it('are builders with the same layers, files and labels', async () => {
    await tspack('buildpack', 'package', name('package/one'), '--path', at('one'), '--target', 'linux/amd64', '--publish');
    writeFileSync(
      at('builder.toml'),
      `description = "Demo & more"
[[buildpacks]]
uri = "two"
version = "1.2.3"
[[buildpacks]]
uri = "${name('package/one')}"
[[extensions]]
uri = "ext"
[[order]]
[[order.group]]
id = "demo/one"
optional = true
[[order.group]]
id = "demo/two"
version = "1.2.3"
[[order-extensions]]
[[order-extensions.group]]
id = "demo/ext"
[system.pre]
[[system.pre.buildpacks]]
id = "demo/two"
[build]
image = "${name('build')}"
[[build.env]]
name = "VARIABLE"
value = "x"
suffix = "default"
[[run.images]]
image = "${name('run')}"
[lifecycle]
uri = "${reference!.lifecycle}"
`,
    );
    for (const [maker, command] of [['pack', pack] as const, ['tspack', tspack] as const]) {
      await command('builder', 'create', name(`${maker}/builder`), '--config', at('builder.toml'), '--label', 'mine=1', '--publish');
    }
    const [ours, theirs] = [await read('tspack/builder'), await read('pack/builder')];
    // The lifecycle's layer keeps the times and owners of its archive with pack; the last layer of pack is empty.
    const diffIds = ({ config }: Image) => config.rootfs.diff_ids.filter((_, index) => index !== 2);
    expect(diffIds(ours)).toEqual(diffIds(theirs).slice(0, -1));
    const paths = async ({ layers }: Image) => [...(await listLayer(layers[2]!)).keys()].sort();
    expect(await paths(ours)).toEqual(await paths(theirs));
    const { Labels: own = {}, ...config } = ours.config.config ?? {};
    const { Labels: other = {}, ...otherConfig } = theirs.config.config ?? {};
    expect(config).toEqual(otherConfig);
    const metadata = 'io.buildpacks.builder.metadata';
    const { stack, createdBy, ...rest } = JSON.parse(own[metadata] ?? '') as Record<string, unknown>;
    const { stack: _stack, createdBy: _createdBy, ...otherRest } = JSON.parse(other[metadata] ?? '') as Record<string, unknown>;
    expect(rest).toEqual(otherRest);
    expect([stack, createdBy]).toMatchObject([{ runImage: { image: name('run') } }, { name: 'tspack' }]);
    expect({ ...own, [metadata]: '' }).toEqual({
      ...Object.fromEntries(Object.entries(other).filter(([label]) => label !== 'io.buildpacks.stack.mixins')),
      [metadata]: '',
    });
    // Only the image in the registry is there to inspect; pack says the rest on its own.
    expect(await pack('builder', 'inspect', name('tspack/builder')).catch((error: unknown) => (error as { readonly stdout: string }).stdout)).toContain(
      'demo/one',
    );
  });

  it('are the same again', async () => {
    const make = async () => (await tspack('builder', 'create', name('tspack/again'), '--config', at('builder.toml'), '--publish')).trim();
    const first = await make();
    rmSync(at('home'), { recursive: true, force: true });
    expect(await make()).toBe(first);
  });
});
