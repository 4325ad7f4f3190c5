import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTar } from '../../../src/archive/index.ts';
import { LABELS, parseReportToml } from '../../../src/cnb/index.ts';
import { openMachine } from '../../../src/compose/machine.ts';
import { packageRoot } from '../../../src/foundation/index.ts';
import { openLayoutStore } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { findReference, startDockerd } from '../../support/reference-platform.ts';
import { startDockerRegistry } from '../../support/real-registries.ts';
import type { StartedProgram } from '../../support/started-program.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';
import { writeFiles } from '../../support/shell-buildpacks.ts';
import { publishSmallBuilder } from '../../support/small-builder.ts';

const reference = findReference();
const programs = ['dockerd', 'docker', 'docker-registry', 'skopeo', 'tar'];
const isPossible = reference !== undefined && process.getuid?.() === 0 && programs.every((name) => findProgram(name) !== undefined);

/** Keeps what a buildpack can see in a layer: equal layers are equal sights. */
const probe = (id: string) => ({
  'buildpack.toml': `api = "0.12"\n[buildpack]\nid = "${id}"\nversion = "1.0.0"\n[[targets]]\nos = "linux"\n`,
  'bin/detect': '#!/bin/sh\nexit 0\n',
  'bin/build': `#!/bin/sh -e
mkdir -p "$1/seen"
{
  id -u; id -g; pwd; echo "$HOME"; find . | LC_ALL=C sort
  env | grep -E '^(CNB_EXEC_ENV|CNB_TARGET|CNB_LAYERS|CNB_BUILDPACK_DIR|FROM_|BOTH)' | LC_ALL=C sort
  ls /platform/env | grep -E '^(FROM_|BOTH)'; cat /platform/bindings/thing/type
} > "$1/seen/facts"
printf '[types]\\nlaunch = true\\n' > "$1/seen.toml"
printf '[[processes]]\\ntype = "web"\\ncommand = ["cat"]\\ndefault = true\\n[[processes]]\\ntype = "worker"\\ncommand = ["cat"]\\n' > "$1/launch.toml"
`,
});

const PROJECT = (builder: string) => `
[_]
schema-version = "0.2"
version = "1.5"
source-url = "https://example.com/source"
[_.metadata]
own = 1
[io.buildpacks]
builder = "${builder}"
exclude = ["*.md", "/logs/", "!logs/keep.log", "build/*", "!build/kept"]
[[io.buildpacks.group]]
uri = "../probe"
[[io.buildpacks.group]]
id = "acme/inline"
[io.buildpacks.group.script]
api = "0.10"
inline = 'mkdir "$1/made"; echo "$0" "$#" "$FROM_FILE" > "$1/made/file"; printf "[types]\\nlaunch = true\\n" > "$1/made.toml"'
[[io.buildpacks.build.env]]
name = "FROM_FILE"
value = "file"
[[io.buildpacks.build.env]]
name = "BOTH"
value = "file"
`;

const APP = {
  'app.txt': 'application\n',
  'README.md': '',
  'docs/guide.md': '',
  'docs/picture.txt': '',
  'logs/old.log': '',
  'logs/keep.log': '',
  'build/out': '',
  'build/kept/file': '',
};

describe.skipIf(skipWithout(`pack with lifecycle.tgz beside it, root, ${programs.join(', ')}`, isPossible))('project.toml and flags, as pack has them', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-project-'));
  const at = (name: string) => join(place, name);
  const started: StartedProgram[] = [];
  let env: NodeJS.ProcessEnv;
  let registry: string;

  const run = async (command: string, args: readonly string[]) => {
    const running = promisify(execFile)(command, [...args], { env, cwd: place, maxBuffer: 1 << 28 });
    return (
      await running.catch((error: unknown) => {
        const { message, stdout } = error as Error & { readonly stdout: string };
        throw new Error(`${message}\n${stdout.slice(-2000)}`);
      })
    ).stdout;
  };
  const pack = (...args: readonly string[]) => run(reference!.pack, args);
  const tspack = (...args: readonly string[]) => run(process.execPath, [join(packageRoot(), 'bin/tspack'), ...args]);
  const machine = () => openMachine({ ...process.env, TSPACK_HOME: env['TSPACK_HOME'] }, place);
  const packBuild = (image: string, ...args: readonly string[]) =>
    pack('build', image, '--path', 'app', '--network', 'host', '--pull-policy', 'if-not-present', '--trust-extra-buildpacks', ...args);
  const tspackBuild = (image: string, ...args: readonly string[]) => tspack('build', image, '--path', 'app', ...args);

  async function openPushed(name: string): Promise<Image> {
    const directory = at(`layout-${name.replace(':', '-')}`);
    await run('skopeo', ['copy', '--quiet', '--src-tls-verify=false', `docker://${registry}/${name}`, `oci:${directory}:1`]);
    return (await openLayoutStore({ directory, compressor: machine().store().compressor }).readOnly(machine().platform))!;
  }

  beforeAll(async () => {
    const dockerd = await startDockerd(at('dockerd'));
    const docker = await startDockerRegistry(at('registry'));
    started.push(dockerd, docker);
    registry = docker.host;
    env = {
      ...process.env,
      TSPACK_HOME: process.env['TSPACK_TEST_HOME'] ?? at('home'),
      DOCKER_HOST: dockerd.host,
      DOCKER_API_VERSION: dockerd.apiVersion,
      DOCKER_BUILDKIT: '0',
      PACK_HOME: at('pack'),
      PACK_VOLUME_KEY: 'test',
    };
    for (const name of ['probe', 'other']) writeFiles(at(name), probe(`acme/${name}`));
    writeFiles(at('binding'), { type: 'thing' });
    await pack('config', 'experimental', 'true');
    const tools = { directory: place, machine: machine(), registry, lifecycle: reference!.lifecycle, run, pack };
    const builder = await publishSmallBuilder(tools, at('other'), 'acme/other');
    writeFiles(at('app'), { ...APP, 'project.toml': PROJECT(builder), variables: 'BOTH=env-file\nFROM_ENV_FILE=1\n' });
  }, 300_000);
  afterAll(async () => {
    for (const program of started.reverse()) await program[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  });

  it('give buildpacks and image the same', async () => {
    const flags = [
      ...['--publish', '--env', 'FROM_FLAG=1', '--env-file', 'app/variables', '--exec-env', 'test', '--volume', `${at('binding')}:/platform/bindings/thing`],
      ...['--workspace', 'srv', '--uid', '65534', '--gid', '1235', '--creation-time', '1641013200', '--default-process', 'worker'],
    ];
    for (const name of ['pack', 'tspack']) mkdirSync(at(`sbom-${name}`));
    const results = (name: string) => ['--tag', `${registry}/${name}:2`, '--report-output-dir', `report-${name}`, '--sbom-output-dir', `sbom-${name}`];
    mkdirSync(at('report-pack'));
    await packBuild(`${registry}/pack:1`, ...flags, ...results('pack'));
    await tspackBuild(`${registry}/tspack:1`, ...flags, ...results('tspack'));
    const [theirs, ours] = [await openPushed('pack:2'), await openPushed('tspack:2')];

    expect(await read(ours, 'acme/probe', '/layers/acme_probe/seen/facts')).toBe(await read(theirs, 'acme/probe', '/layers/acme_probe/seen/facts'));
    expect(await read(ours, 'acme/inline', '/layers/acme_inline/made/file')).toBe(await read(theirs, 'acme/inline', '/layers/acme_inline/made/file'));
    expect(await paths(ours, 'Application Layer')).toEqual(await paths(theirs, 'Application Layer'));
    const history = (image: Image) => (image.config.history ?? []).map((entry) => `${entry.created_by} ${entry.created}`);
    expect(history(ours)).toEqual(history(theirs));
    expect([ours.config.created, ours.config.created]).toEqual([theirs.config.created, '2022-01-01T05:00:00Z']);
    const { Labels: ourLabels = {}, ...ourConfig } = ours.config.config ?? {};
    const { Labels: theirLabels = {}, ...theirConfig } = theirs.config.config ?? {};
    expect(ourConfig).toEqual(theirConfig);
    for (const name of [LABELS.execEnv, LABELS.buildMetadata]) expect(withoutLauncher(ourLabels[name]), name).toBe(withoutLauncher(theirLabels[name]));
    // pack reads neither the version nor the address of schema 0.2.
    expect([ourLabels[LABELS.projectMetadata], theirLabels[LABELS.projectMetadata]]).toEqual([
      '{"source":{"type":"project","version":{"declared":"1.5"},"metadata":{"url":"https://example.com/source"}}}',
      '{}',
    ]);

    const report = (name: string) => parseReportToml(readFileSync(at(`report-${name}/report.toml`), 'utf8'), 'report.toml').image;
    expect(report('tspack').tags).toEqual(report('pack').tags.map((tag) => tag.replace('/pack:', '/tspack:')));
    expect(Object.keys(report('tspack')).sort()).toEqual(Object.keys(report('pack')).sort());
    const sboms = (name: string) =>
      readdirSync(at(`sbom-${name}`), { recursive: true })
        .map(String)
        .sort();
    expect(sboms('tspack').filter((path) => !path.includes('buildpacksio_lifecycle'))).toEqual(
      sboms('pack').filter((path) => !path.includes('buildpacksio_lifecycle')),
    );
  }, 300_000);

  it('let options win: buildpacks over the group, another descriptor', async () => {
    writeFiles(at('elsewhere'), {
      'own.toml': `[[build.env]]\nname = "FROM_FILE"\nvalue = "own"\n[[build.buildpacks]]\nuri = "../probe"\n[build]\ninclude = ["app.txt", "docs/"]\n`,
    });
    const flags = [
      '--publish',
      '--builder',
      `${registry}/builder:1`,
      '--descriptor',
      'elsewhere/own.toml',
      '--volume',
      `${at('binding')}:/platform/bindings/thing`,
    ];
    for (const [name, more] of [
      ['described', []],
      ['flagged', ['--buildpack', './other']],
    ] as const) {
      await packBuild(`${registry}/${name}-pack:1`, ...flags, ...more);
      await tspackBuild(`${registry}/${name}-tspack:1`, ...flags, ...more);
      const [theirs, ours] = [await openPushed(`${name}-pack:1`), await openPushed(`${name}-tspack:1`)];
      const history = (image: Image) => (image.config.history ?? []).map((entry) => entry.created_by);
      expect(history(ours)).toEqual(history(theirs));
      const id = name === 'described' ? 'probe' : 'other';
      const facts = `/layers/acme_${id}/seen/facts`;
      expect(await read(ours, `acme/${id}`, facts)).toBe(await read(theirs, `acme/${id}`, facts));
    }
  }, 300_000);

  it('keep a cache that either goes on with', async () => {
    const cache = (kind: string) => [
      '--builder',
      `${registry}/builder:1`,
      '--descriptor',
      'elsewhere/own.toml',
      '--publish',
      '--volume',
      `${at('binding')}:/platform/bindings/thing`,
      kind === 'image' ? '--cache-image' : '--cache',
      kind === 'image' ? `${registry}/cache:1` : `type=build;format=bind;source=${at('cache')}`,
    ];
    for (const kind of ['image', 'bind']) {
      await tspackBuild(`${registry}/cached-tspack:1`, ...cache(kind));
      await packBuild(`${registry}/cached-pack:1`, ...cache(kind));
      expect(await tspackBuild(`${registry}/cached-tspack:1`, ...cache(kind))).toContain('@sha256:');
    }
    expect(existsSync(at('cache/build-cache/committed/io.buildpacks.lifecycle.cache.metadata'))).toBe(true);
  }, 300_000);
});

function layerOf(image: Image, createdBy: string): Image['layers'][number] {
  const index = (image.config.history ?? []).filter((entry) => entry.empty_layer !== true).findIndex((entry) => entry.created_by?.includes(createdBy));
  const layer = image.layers[index];
  if (layer === undefined) throw new Error(`no layer is created by ${createdBy}`);
  return layer;
}

async function read(image: Image, createdBy: string, path: string): Promise<string> {
  for await (const entry of readTar(layerOf(image, createdBy).openTar())) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    if (entry.path === path) return Buffer.concat(chunks).toString();
  }
  throw new Error(`no ${path} in the layer of ${createdBy}`);
}

/** Paths and owners; the mode of the workspace itself differs by design. */
async function paths(image: Image, createdBy: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of readTar(layerOf(image, createdBy).openTar())) found.push(`${entry.path} ${entry.uid}:${entry.gid} ${entry.type}`);
  return found;
}

/** The launcher of the reference has another version. */
function withoutLauncher(label = ''): string {
  return label.replace(/"launcher":\{"version":.*?\}\}\}?/, '"launcher":...');
}
