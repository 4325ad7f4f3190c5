import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledBuilderPorts } from '../../../src/compose/builders.ts';
import { openMachine } from '../../../src/compose/machine.ts';
import { packageRoot } from '../../../src/foundation/index.ts';
import { openLayoutStore } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { resolveBundledBuilder } from '../../../src/platform/index.ts';
import { findReference, startDockerd } from '../../support/reference-platform.ts';
import { startDockerRegistry } from '../../support/real-registries.ts';
import type { StartedProgram } from '../../support/started-program.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';
import { BOTH, PROBE, SNAKE, writeFiles } from '../../support/shell-buildpacks.ts';

const reference = findReference();
const programs = ['dockerd', 'docker', 'docker-registry', 'skopeo', 'tar'];
const isPossible = reference !== undefined && process.getuid?.() === 0 && programs.every((name) => findProgram(name) !== undefined);

/** The reference's launcher is another program; its builder brings no SBOM of it (ours does); pack keeps /workspace at 0777. */
const DIFFERENT_BY_DESIGN = ['Software Bill-of-Materials', 'Application Layer', 'Buildpacks Application Launcher'];

describe.skipIf(skipWithout(`pack with lifecycle.tgz beside it, root, ${programs.join(', ')}`, isPossible))('builders and buildpacks that pack made', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-foreign-'));
  const at = (name: string) => join(place, name);
  const started: StartedProgram[] = [];
  let env: NodeJS.ProcessEnv;
  let registry: string;
  let server: StartedProgram;

  const run = async (command: string, args: readonly string[]) =>
    (await promisify(execFile)(command, [...args], { env, cwd: place, maxBuffer: 1 << 28 })).stdout;
  const pack = (...args: readonly string[]) => run(reference!.pack, args);
  const tspack = (...args: readonly string[]) => run(process.execPath, [join(packageRoot(), 'bin/tspack'), ...args]);
  const machine = () => openMachine({ ...process.env, TSPACK_HOME: env['TSPACK_HOME'] }, place);
  /** The image ID of a build. */
  const build = async (...args: readonly string[]) =>
    (await tspack('build', 'app', '--path', 'app', '--env', 'USER_VARIABLE=mine', ...args)).trim().split(' ').at(-1);

  /** Copies an image of the registry into a layout, where it can be looked at. */
  const openPushed = async (name: string): Promise<Image> => {
    const directory = at(`layout-${name}`);
    await run('skopeo', ['copy', '--quiet', '--src-tls-verify=false', `docker://${registry}/${name}:1`, `oci:${directory}:1`]);
    const image = await openLayoutStore({ directory, compressor: machine().store().compressor }).readOnly(machine().platform);
    return image!;
  };

  beforeAll(async () => {
    const dockerd = await startDockerd(at('dockerd'));
    const docker = await startDockerRegistry(at('registry'));
    started.push(dockerd, docker);
    server = docker;
    registry = docker.host;
    env = {
      ...process.env,
      TSPACK_HOME: process.env['TSPACK_TEST_HOME'],
      DOCKER_HOST: dockerd.host,
      DOCKER_API_VERSION: dockerd.apiVersion,
      DOCKER_BUILDKIT: '0',
      PACK_HOME: at('pack'),
      PACK_VOLUME_KEY: 'test',
    };
    writeFiles(at('app'), { 'app.txt': 'application\n' });
    for (const [name, files] of Object.entries({ probe: PROBE, snake: SNAKE, both: BOTH })) writeFiles(at(name), files);
    await importBaseImages();
    writeFileSync(
      at('builder.toml'),
      `description = "anyone's"
[[buildpacks]]
uri = "probe"
[[buildpacks]]
uri = "snake"
[[order]]
[[order.group]]
id = "acme/snake"
optional = true
[[order.group]]
id = "acme/probe"
[build]
image = "${registry}/build:1"
[[build.env]]
name = "OPERATOR"
value = "operator"
[run]
[[run.images]]
image = "${registry}/run:1"
[lifecycle]
uri = "${reference!.lifecycle}"
`,
    );
    await pack('config', 'experimental', 'true');
    await pack('builder', 'create', `${registry}/builder:1`, '--config', 'builder.toml', '--pull-policy', 'if-not-present');
    await pack('config', 'trusted-builders', 'add', `${registry}/builder:1`);
    await run('docker', ['push', '--quiet', `${registry}/builder:1`]);
    writeFileSync(at('package.toml'), '[buildpack]\nuri = "both"\n[[dependencies]]\nuri = "snake"\n[[dependencies]]\nuri = "probe"\n');
    await pack('buildpack', 'package', 'both.cnb', '--format', 'file', '--config', 'package.toml');
    await pack('buildpack', 'package', 'flat.cnb', '--format', 'file', '--config', 'package.toml', '--flatten');
    await pack('buildpack', 'package', `${registry}/both:1`, '--publish', '--config', 'package.toml');
    await run('tar', ['-czf', at('probe.tgz'), '-C', at('probe'), '.']);
  }, 300_000);
  afterAll(async () => {
    for (const program of started.reverse()) await program[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  });

  /** A small Debian with bash and Python, and a link that leads out of /cnb. */
  async function importBaseImages(): Promise<void> {
    const { signal } = new AbortController();
    const here = machine();
    const request = { name: 'base', platform: here.platform, frozen: false, events: () => undefined, signal };
    const { root } = await resolveBundledBuilder(request, bundledBuilderPorts(here));
    const without = ['./usr/include', './usr/share', './usr/libexec', './usr/lib/gcc', './usr/lib/git-core'].map((path) => `--exclude=${path}`);
    await run('tar', ['-cf', at('base.tar'), '--numeric-owner', '--owner=0', '--group=0', ...without, '-C', root, '.']);
    const changes = [
      'ENV CNB_USER_ID=1001 CNB_GROUP_ID=1000 CNB_STACK_ID=acme.stack PATH=/usr/local/bin:/usr/bin:/bin',
      'USER 1001:1000',
      'LABEL io.buildpacks.stack.id=acme.stack io.buildpacks.base.distro.name=debian io.buildpacks.base.distro.version=13',
    ];
    await run('docker', ['import', ...changes.flatMap((change) => ['--change', change]), at('base.tar'), `${registry}/run:1`]);
    mkdirSync(at('empty'));
    const commands =
      'chown -R 1001:1000 /home/cnb && echo built-here > /etc/build-marker && mkdir -p /opt/real && echo linked > /opt/real/file && ln -s /opt/real/file /cnb/linked';
    writeFileSync(at('Dockerfile'), `FROM ${registry}/run:1\nUSER 0\nRUN ${commands}\nUSER 1001:1000\n`);
    await run('docker', ['build', '--quiet', '--network', 'host', '--tag', `${registry}/build:1`, '--file', at('Dockerfile'), at('empty')]);
    for (const name of ['run', 'build']) await run('docker', ['push', '--quiet', `${registry}/${name}:1`]);
  }

  it('build the same image wherever the builder lies', async () => {
    await run('docker', ['save', '--output', at('saved.tar'), `${registry}/builder:1`]);
    await run('skopeo', ['copy', '--quiet', `docker-archive:${at('saved.tar')}`, `oci:${at('layout')}:1`]);
    await run('skopeo', ['copy', '--quiet', `docker-archive:${at('saved.tar')}`, `oci-archive:${at('archive.tar')}`]);
    const places = [`docker:${registry}/builder:1`, 'docker-archive:saved.tar', 'oci:layout', 'oci:layout:1', 'oci-archive:archive.tar'];
    const expected = await build('--builder', `${registry}/builder:1`);
    expect(expected).toMatch(/^sha256:/);
    for (const builder of places) expect(await build('--builder', builder), builder).toBe(expected);
  }, 300_000);

  it('build what pack builds with the same builder, but for what differs by design', async () => {
    const common = ['--path', 'app', '--builder', `${registry}/builder:1`, '--env', 'USER_VARIABLE=mine'];
    await pack('build', `${registry}/by-pack:1`, '--publish', '--network', 'host', '--pull-policy', 'if-not-present', ...common);
    await tspack('build', `${registry}/by-tspack:1`, '--publish', ...common);
    await expectSame('by-tspack', 'by-pack');
  }, 300_000);

  it('take buildpacks in every form, as pack does', async () => {
    const common = ['--path', 'app', '--builder', `${registry}/builder:1`, '--env', 'USER_VARIABLE=mine'];
    await pack(
      'build',
      `${registry}/group-pack:1`,
      '--publish',
      '--network',
      'host',
      '--pull-policy',
      'if-not-present',
      ...common,
      '--buildpack',
      'both.cnb',
      '--trust-extra-buildpacks',
    );
    await tspack('build', `${registry}/group-tspack:1`, '--publish', ...common, '--buildpack', 'both.cnb');
    await expectSame('group-tspack', 'group-pack');

    const builder = ['--builder', `${registry}/builder:1`];
    const expected = await build(...builder);
    for (const form of ['both.cnb', 'flat.cnb', `${registry}/both:1`, `docker://${registry}/both:1`, 'from=builder']) {
      expect(await build(...builder, '--buildpack', form), form).toBe(expected);
    }
    const alone = await build(...builder, '--buildpack', 'acme/probe@1.0.0');
    expect(alone).not.toBe(expected);
    for (const form of ['probe', './probe', at('probe'), 'probe.tgz', 'urn:cnb:builder:acme/probe', 'from=builder:acme/probe@1.0.0']) {
      expect(await build(...builder, '--buildpack', form), form).toBe(alone);
    }
    expect(await build(...builder, '--buildpack', 'urn:cnb:builder:acme/snake', '--buildpack', 'probe')).toBe(expected);
  }, 300_000);

  it('need no registry once they are here', async () => {
    const expected = await build('--builder', `${registry}/builder:1`);
    const weekly = ['--builder', `${registry}/builder:1`, '--pull-policy', 'weekly', '--buildpack', `${registry}/both:1`];
    const asked = await build(...weekly);
    await server[Symbol.asyncDispose]();
    expect(await build('--builder', `${registry}/builder:1`, '--pull-policy', 'never')).toBe(expected);
    expect(await build(...weekly)).toBe(asked);
    await expect(build('--builder', `${registry}/builder:1`, '--pull-policy', 'always')).rejects.toThrow('REGISTRY_UNREACHABLE');
  }, 120_000);

  async function expectSame(ourName: string, theirName: string): Promise<void> {
    const [ours, theirs] = [await openPushed(ourName), await openPushed(theirName)];
    const history = (image: Image) => (image.config.history ?? []).map((entry) => entry.created_by ?? '');
    expect(history(ours)).toEqual(history(theirs));
    const different = history(theirs)
      .filter((_, index) => theirs.config.history?.[index]?.empty_layer !== true)
      .filter((_, index) => ours.layers[index]?.diffId !== theirs.layers[index]?.diffId);
    expect(different).toEqual(DIFFERENT_BY_DESIGN);
    const { Labels: ourLabels = {}, ...ourConfig } = ours.config.config ?? {};
    const { Labels: theirLabels = {}, ...theirConfig } = theirs.config.config ?? {};
    expect(ourConfig).toEqual(theirConfig);
    expect(Object.keys(ourLabels).sort()).toEqual(Object.keys(theirLabels).sort());
    for (const [name, value] of Object.entries(ourLabels)) expect(withoutDifferences(value), name).toBe(withoutDifferences(theirLabels[name] ?? ''));
  }
});

/** Digests of the layers that differ by design, and the version of the launcher. */
function withoutDifferences(label: string): string {
  return label
    .replace(/("app":\[\{"sha":)"[^"]*"/, '$1"..."')
    .replace(/("(?:sbom|launcher)":\{"sha":)"[^"]*"/g, '$1"..."')
    .replace(/"launcher":\{"version":.*?\}\}\}?/, '"launcher":...');
}
