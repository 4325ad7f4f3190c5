import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeTree } from '../../src/foundation/index.ts';
import { startDockerRegistry } from '../support/real-registries.ts';
import { findProgram, skipWithout } from '../support/requirement.ts';
import { expectRuns, lastLine, runTspack } from '../support/tspack-command.ts';
import type { StartedRegistry } from '../support/real-registries.ts';
import type { Ended } from '../support/tspack-command.ts';

const isPossible = ['docker', 'docker-registry'].every((name) => findProgram(name) !== undefined);
/** As OpenShift does it: a number that no file knows, and the group of root. */
const SOMEBODY = '1000730000:0';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

describe.skipIf(skipWithout('docker and docker-registry', isPossible))('a build in a published builder image', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-inline-'));
  const at = (...parts: readonly string[]) => join(place, ...parts);
  let registry: StartedRegistry;
  let builder: string;
  let npmRegistry: string;

  /** A container that may do as little as a pod of the restricted Pod Security level. */
  async function build(volumes: Readonly<Record<string, string>>, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const mounts = { [at('source')]: '/source:ro', [CERTIFICATES]: '/ca/ca.crt:ro', ...volumes };
    const variables = { TSPACK_HOME: '/cache', SSL_CERT_FILE: '/ca/ca.crt', npm_config_registry: npmRegistry, NO_COLOR: '1', ...env };
    const words = [
      ...['run', '--rm', '--network', 'host', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', SOMEBODY, '--memory', '1g'],
      ...['--tmpfs', '/tmp:mode=1777,exec'],
      ...Object.entries(mounts).flatMap(([source, target]) => ['--volume', `${source}:${target}`]),
      ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...[builder, 'tspack', 'build', `${registry.host}/app`, '--publish', '--path', '/source', ...args],
    ];
    return await new Promise((resolve) =>
      execFile('docker', words, { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), signal: null, stdout, stderr }),
      ),
    );
  }

  /** A folder that everybody may write to, as the volume of a pod is. */
  function volume(name: string): string {
    mkdirSync(at(name), { recursive: true });
    chmodSync(at(name), 0o777);
    return at(name);
  }
  const volumes = () => ({ [volume('workspace')]: '/workspace', [volume('layers')]: '/layers', [volume('cache')]: '/cache' });

  beforeAll(async () => {
    const run = promisify(execFile);
    chmodSync(place, 0o755);
    registry = await startDockerRegistry(at('registry'));
    npmRegistry = (await run('npm', ['config', 'get', 'registry'])).stdout.trim();
    mkdirSync(at('source'));
    const manifest = { name: 'shop', version: '1.0.0', scripts: { start: 'node server.js' } };
    writeFileSync(at('source/package.json'), JSON.stringify(manifest));
    writeFileSync(at('source/server.js'), 'require("http").createServer((_, out) => out.end("from a cluster")).listen(process.env.PORT || 8080);\n');
    builder = lastLine(await runTspack(['builder', 'publish', 'base', `${registry.host}/tspack`]));
    expect(builder).toMatch(/^127\.0\.0\.1:\d+\/tspack@sha256:/);
    await run('docker', ['pull', '--quiet', builder]);
  });
  afterAll(async () => {
    await promisify(execFile)('docker', ['image', 'rm', '--force', builder]).catch(() => undefined);
    await registry[Symbol.asyncDispose]();
    removeTree(place);
    rmSync(place, { recursive: true, force: true });
  });

  it('makes the same image as in a sandbox, confined and as anybody, and again from what its cache keeps', async () => {
    const first = await build(volumes(), ['--digest-file', '/cache/digest']);
    const reference = lastLine(first);
    const again = await build(volumes(), []);
    expect(lastLine(again)).toBe(reference);
    expect(again.stderr).toContain('0 layers added');
    const outside = await runTspack([
      'build',
      `${registry.host}/app`,
      '--builder',
      `${registry.host}/tspack:builder-base`,
      '--path',
      at('source'),
      '--publish',
    ]);
    expect(lastLine(outside)).toBe(reference);
    await expectRuns(`${registry.host}/app`, { path: '/', status: 200, contains: 'from a cluster' });
  });

  it('keeps credentials from buildpacks, gives them bindings, and leaves its volumes empty', async () => {
    mkdirSync(at('bindings/settings'), { recursive: true });
    writeFileSync(at('bindings/settings/type'), 'demo');
    mkdirSync(at('probe/bin'), { recursive: true });
    writeFileSync(at('probe/buildpack.toml'), 'api = "0.12"\n[buildpack]\nid = "test/probe"\nversion = "1.0.0"\n');
    writeFileSync(at('probe/bin/detect'), '#!/bin/sh\n', { mode: 0o755 });
    const script = '#!/bin/sh\nenv\ncat "$CNB_PLATFORM_DIR/bindings/settings/type"\ngrep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status\n';
    writeFileSync(at('probe/bin/build'), script, { mode: 0o755 });
    const env = { DOCKER_CONFIG: '/nowhere', CNB_REGISTRY_AUTH: '{"example.com":"Basic c2VjcmV0OnNlY3JldA=="}', SERVICE_BINDING_ROOT: '/bindings' };
    const mounts = { ...volumes(), [at('bindings')]: '/bindings:ro', [at('probe')]: '/probe:ro' };
    const ended = await build(mounts, ['--buildpack', '/probe'], env);
    lastLine(ended);
    expect(ended.stderr).toMatch(/^demoCapEff|^demo$|demo\n/m);
    expect(ended.stderr).toMatch(/CapEff:\s+0{16}/);
    expect(ended.stderr).toMatch(/CapBnd:\s+0{16}/);
    expect(ended.stderr).toMatch(/NoNewPrivs:\s+1/);
    expect(ended.stderr).not.toMatch(/DOCKER_CONFIG|CNB_REGISTRY_AUTH|c2VjcmV0/);
    lastLine(await build(mounts, ['--buildpack', '/probe'], env));
  });

  it('has what kpack and other platforms read of a builder', async () => {
    const { stdout } = await promisify(execFile)('docker', ['image', 'inspect', '--format', '{{json .}}', builder]);
    const { Config, Os } = JSON.parse(stdout) as { Os: string; Config: { Env: string[]; User: string; Labels: Record<string, string> } };
    const metadata = JSON.parse(Config.Labels['io.buildpacks.builder.metadata']!) as {
      stack: { runImage: { image: string } };
      lifecycle: { version: string; apis: { platform: { deprecated: string[]; supported: string[] } } };
      buildpacks: { id: string }[];
    };
    expect({ Os, stack: Config.Labels['io.buildpacks.stack.id'] }).toEqual({ Os: 'linux', stack: 'tspack.trixie' });
    expect(metadata.stack.runImage.image).toBe(`${registry.host}/tspack:run-base`);
    expect(metadata.lifecycle.apis.platform.supported).toEqual(expect.arrayContaining(['0.12', '0.14']));
    expect(metadata.lifecycle.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(metadata.buildpacks.map(({ id }) => id)).toEqual(expect.arrayContaining(['tspack/nodejs', 'tspack/java', 'tspack/python']));
    expect(Config.Env).toEqual(expect.arrayContaining(['CNB_USER_ID=1001', 'CNB_GROUP_ID=1000']));
    expect(Config.User).toBe('1001:1000');
    const paths = ['analyzer', 'detector', 'restorer', 'builder', 'exporter', 'creator', 'rebaser', 'launcher'].map((name) => `/cnb/lifecycle/${name}`);
    const files = [...paths, '/cnb/order.toml', '/cnb/run.toml', '/cnb/stack.toml'];
    await promisify(execFile)('docker', ['run', '--rm', '--entrypoint', '/usr/bin/ls', builder, ...files]);
  });

  it.skipIf(skipWithout('pack', findProgram('pack') !== undefined))('is the builder of pack as it is', async () => {
    const name = `${registry.host}/packed:1`;
    const words = [
      'build',
      name,
      '--builder',
      `${registry.host}/tspack:builder-base`,
      '--path',
      at('source'),
      '--pull-policy',
      'if-not-present',
      '--network',
      'host',
    ];
    const env = { NODE_EXTRA_CA_CERTS: '/ca/ca.crt', SSL_CERT_FILE: '/ca/ca.crt', npm_config_registry: npmRegistry };
    const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const run = promisify(execFile);
    // pack asks for the newest API that it knows, whatever the daemon has.
    const { stdout: api } = await run('docker', ['version', '--format', '{{.Server.APIVersion}}']);
    const options = { env: { ...process.env, PACK_HOME: at('pack'), DOCKER_API_VERSION: api.trim() }, maxBuffer: 1 << 26 };
    await run(findProgram('pack')!, [...words, '--trust-builder', '--publish', '--volume', `${CERTIFICATES}:/ca/ca.crt:ro`, ...settings], options);
    await expectRuns(name, { path: '/', status: 200, contains: 'from a cluster' });
    const diffIds = async (image: string) => {
      const { stdout } = await runTspack(['inspect', image, '--remote', '--output', 'json']);
      return (JSON.parse(stdout) as { readonly layers: readonly { readonly diffId: string }[] }).layers.map(({ diffId }) => diffId);
    };
    const [packed, own] = [await diffIds(name), await diffIds(`${registry.host}/app`)];
    expect(own.length).toBeGreaterThan(5);
    // The run image, and what depends on neither the platform's records nor the variables that were given.
    expect(packed.filter((diffId) => own.includes(diffId)).length).toBeGreaterThanOrEqual(5);
  });

  it.each<[string, (all: Record<string, string>) => void, readonly string[], number, RegExp]>([
    ['no volume for layers', (all) => delete all[at('layers')], [], 1, /\/layers cannot be written to .*INLINE_UNABLE/],
    ['the source in the place of its copy', (all) => (all[at('source')] = '/workspace:ro'), ['--path', '/workspace'], 1, /\/workspace.*INLINE_UNABLE/],
    ['a read-only cache', (all) => (all[at('cache')] = '/cache:ro'), [], 1, /\/cache/],
    ['another builder', () => undefined, ['--builder', 'example.com/other:1'], 3, /example\.com\/other:1.*INLINE_BUILDER_OTHER/],
    ['another architecture', () => undefined, ['--platform', 'linux/s390x'], 3, /s390x/],
    ['no network for buildpacks', () => undefined, ['--network', 'none'], 1, /INLINE_UNABLE/],
  ])('refuses %s in one clear message', async (_what, change, args, code, message) => {
    const all = volumes();
    change(all);
    if (all[at('workspace')] === '/workspace' && Object.values(all).includes('/workspace:ro')) delete all[at('workspace')];
    const ended = await build(all, args);
    expect({ code: ended.code, stdout: ended.stdout }, ended.stderr).toEqual({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.match(/^ERROR:/gm), ended.stderr).toHaveLength(1);
    expect(ended.stderr).not.toMatch(/bug in tspack|^ {4}at /m);
  });
});
