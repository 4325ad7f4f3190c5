import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTar } from '../../../src/archive/index.ts';
import { packageRoot } from '../../../src/foundation/index.ts';
import { openLayoutStore } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { findReference, packSurroundings, publishReferenceBuilder, startDockerd } from '../../support/reference-platform.ts';
import { startDockerRegistry } from '../../support/real-registries.ts';
import type { PublishedBuilder } from '../../support/reference-platform.ts';
import type { StartedProgram } from '../../support/started-program.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';

const reference = findReference();
const isPossible =
  reference !== undefined && process.getuid?.() === 0 && ['dockerd', 'docker', 'docker-registry', 'skopeo'].every((name) => findProgram(name) !== undefined);
const kept = process.env['TSPACK_TEST_HOME'];
const place = mkdtempSync(join(tmpdir(), 'tspack-pack-'));
const home = kept ?? join(place, 'home');

/** The reference's launcher is another program; its builder brings no SBOM of it (ours does); pack keeps /workspace at 0777. */
const DIFFERENT_BY_DESIGN = ['Software Bill-of-Materials', 'Application Layer', 'Buildpacks Application Launcher'];

describe.skipIf(skipWithout('pack with lifecycle.tgz beside it, root, dockerd, docker, docker-registry and skopeo', isPossible))(
  'pack with a builder made by tspack',
  () => {
    const app = join(place, 'app');
    const started: StartedProgram[] = [];
    let env: NodeJS.ProcessEnv;
    let registry: string;
    let published: PublishedBuilder;
    let byPack: Image;
    let byTspack: Image;

    const run = async (command: string, args: readonly string[]) => (await promisify(execFile)(command, [...args], { env, maxBuffer: 1 << 28 })).stdout;
    const pack = (...args: readonly string[]) => run(reference!.pack, args);
    const tspack = (...args: readonly string[]) => run(process.execPath, [join(packageRoot(), 'bin/tspack'), ...args]);
    const packBuild = async (image: string, ...more: readonly string[]) =>
      await pack(
        'build',
        image,
        '--builder',
        published.builder,
        '--path',
        app,
        '--pull-policy',
        'if-not-present',
        ...(await packSurroundings(published.machine)),
        ...more,
      );
    const platform = () => published.machine.platform;

    beforeAll(async () => {
      const dockerd = await startDockerd(join(place, 'dockerd'));
      started.push(dockerd);
      const server = await startDockerRegistry(join(place, 'registry'));
      started.push(server);
      registry = server.host;
      env = {
        ...process.env,
        TSPACK_HOME: home,
        DOCKER_HOST: dockerd.host,
        DOCKER_API_VERSION: dockerd.apiVersion,
        PACK_HOME: join(place, 'pack'),
        PACK_VOLUME_KEY: 'test',
      };
      published = await publishReferenceBuilder({ home, registry, lifecycle: reference!.lifecycle, env: { DOCKER_API_VERSION: dockerd.apiVersion } });
      await run('docker', ['pull', '--quiet', published.builder]);
      await run('docker', ['pull', '--quiet', published.runImage]);
      await pack('config', 'trusted-builders', 'add', published.builder);
      cpSync(join(packageRoot(), 'samples/nodejs'), app, { recursive: true });
      normalizeModes(app);
    });
    afterAll(async () => {
      for (const program of started.reverse()) await program[Symbol.asyncDispose]();
      rmSync(place, { recursive: true, force: true });
    });

    it('builds an application, and reuses every layer when nothing changed', async () => {
      const first = await packBuild('by-pack');
      expect(first).toContain("Setting default process type 'web'");
      const id = (await run('docker', ['image', 'inspect', '--format', '{{.Id}}', 'by-pack'])).trim();
      const second = await packBuild('by-pack');
      expect(second).toContain("Reusing layer 'tspack/nodejs:node'");
      expect(second).toContain('Reused 1/1 app layer(s)');
      expect(second).not.toMatch(/^Adding layer/m);
      expect((await run('docker', ['image', 'inspect', '--format', '{{.Id}}', 'by-pack'])).trim()).toBe(id);
    });

    it('makes the same layers, config and labels as tspack, but for what differs by design', async () => {
      const [theirs, ours] = [join(place, 'theirs'), join(place, 'ours')];
      await packBuild(`${registry}/by-pack:v1`, '--publish');
      await run('skopeo', ['copy', '--quiet', '--src-tls-verify=false', `docker://${registry}/by-pack:v1`, `oci:${theirs}:v1`]);
      await tspack('build', 'by-tspack', '--path', app, '--builder', 'base', '--output', `oci:${ours}`);
      const open = async (directory: string) => (await openLayoutStore({ directory, compressor: published.machine.store().compressor }).readOnly(platform()))!;
      [byPack, byTspack] = await Promise.all([open(theirs), open(ours)]);

      const history = (image: Image) => (image.config.history ?? []).map((entry) => entry.created_by ?? '');
      expect(history(byTspack)).toEqual(history(byPack));
      const different = history(byPack).filter((_, index) => byPack.layers[index]!.diffId !== byTspack.layers[index]!.diffId);
      expect(different).toEqual(DIFFERENT_BY_DESIGN);

      const { Labels: theirLabels, ...theirConfig } = byPack.config.config!;
      const { Labels: ourLabels, ...ourConfig } = byTspack.config.config!;
      expect(ourConfig).toEqual(theirConfig);
      expect(byTspack.config.created).toBe(byPack.config.created);
      expect(Object.keys(ourLabels!).sort()).toEqual(Object.keys(theirLabels!).sort());
      for (const [name, value] of Object.entries(ourLabels!)) expect(withoutDifferences(value)).toBe(withoutDifferences(theirLabels![name]!));
    });

    it('differs from tspack in the application layer only by the mode of the folder itself', async () => {
      const index = (byPack.config.history ?? []).findIndex((entry) => entry.created_by === 'Application Layer');
      const [theirs, ours] = await Promise.all([entriesOf(byPack, index), entriesOf(byTspack, index)]);
      expect(ours.filter((line) => !theirs.includes(line))).toEqual([expect.stringMatching(/^\/workspace 755 1001:1000 /)]);
      expect(ours).toHaveLength(theirs.length);
    });

    it('inspects images of tspack as its own', async () => {
      await tspack('build', `${registry}/by-tspack:v1`, '--path', app, '--builder', 'base', '--publish', '--output', 'docker');
      const inspect = async (image: string) =>
        JSON.parse(await pack('inspect', image, '--output', 'json')) as Record<'local_info' | 'remote_info', Record<string, unknown> | null>;
      const [theirs, ours] = [await inspect(`${registry}/by-pack:v1`), await inspect(`${registry}/by-tspack:v1`)];
      expect(ours.local_info).toEqual(ours.remote_info);
      const { base_image: ourBase, run_images: ourRunImages, ...ourInfo } = ours.remote_info!;
      const { base_image: theirBase, run_images: theirRunImages, ...theirInfo } = theirs.remote_info!;
      expect(ourInfo).toEqual(theirInfo);
      expect((ourBase as { top_layer: string }).top_layer).toBe((theirBase as { top_layer: string }).top_layer);
      expect(ourRunImages).toHaveLength((theirRunImages as unknown[]).length);
    });

    it('downloads the SBOM of an image of tspack, and tspack that of an image of pack', async () => {
      const download = async (tool: typeof pack, image: string, name: string) => {
        const directory = join(place, name);
        await tool('sbom', 'download', image, '--remote', '--output-dir', directory);
        return new Map(filesBelow(directory).map((path) => [relative(directory, path), readFileSync(path, 'utf8')]));
      };
      const packOfTspack = await download(pack, `${registry}/by-tspack:v1`, 'sbom-1');
      const tspackOfTspack = await download(tspack, `${registry}/by-tspack:v1`, 'sbom-2');
      const packOfPack = await download(pack, `${registry}/by-pack:v1`, 'sbom-3');
      const tspackOfPack = await download(tspack, `${registry}/by-pack:v1`, 'sbom-4');
      expect(packOfTspack.size).toBeGreaterThan(6);
      expect(tspackOfTspack).toEqual(packOfTspack);
      expect(tspackOfPack).toEqual(packOfPack);
      const ofLauncher = [...packOfTspack.keys()].filter((path) => path.includes('buildpacksio_lifecycle'));
      expect(ofLauncher).toHaveLength(3);
      for (const [path, text] of packOfPack) expect(packOfTspack.get(path)).toBe(text);
      expect([...packOfTspack.keys()].filter((path) => !packOfPack.has(path))).toEqual(ofLauncher);
    });

    it('rebuilds on an image of tspack, and tspack reads an image of pack', async () => {
      const output = await packBuild(`${registry}/by-tspack:v1`, '--publish');
      expect(output).toContain("Setting default process type 'web'");
      const described = JSON.parse(await tspack('inspect', `${registry}/by-pack:v1`, '--remote', '--output', 'json')) as {
        buildpacks: { id: string }[];
        layers: unknown[];
      };
      expect(described.buildpacks.map(({ id }) => id)).toEqual(['tspack/ca-certificates', 'tspack/nodejs']);
      expect(described.layers).toHaveLength(byPack.layers.length);
    });
  },
);

/** Launcher, run image and the layers that differ: compared on their own, or different by design. */
function withoutDifferences(label: string): string {
  if (!label.startsWith('{')) return label;
  const value = JSON.parse(label) as Record<string, unknown>;
  const runImage = value['runImage'] as Record<string, unknown> | undefined;
  if (runImage !== undefined) value['runImage'] = { topLayer: runImage['topLayer'], fields: Object.keys(runImage) };
  for (const name of ['app', 'sbom', 'launcher', 'stack']) if (name in value) value[name] = typeof value[name];
  return JSON.stringify(value);
}

async function entriesOf(image: Image, index: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const entry of readTar(image.layers[index]!.openTar())) {
    lines.push(`${entry.path} ${(entry.mode & 0o7777).toString(8)} ${entry.uid}:${entry.gid} ${entry.type} ${entry.sizeBytes}`);
  }
  return lines;
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** pack keeps the modes of files, tspack those that git keeps: the same where a clone has git's. */
function normalizeModes(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
