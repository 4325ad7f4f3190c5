import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/foundation/index.ts';
import { startDockerd } from '../support/reference-platform.ts';
import { startDockerRegistry } from '../support/real-registries.ts';
import type { StartedProgram } from '../support/started-program.ts';
import { findProgram, skipWithout } from '../support/requirement.ts';
import { expectAnswer, expectRuns, freePort, imageIdOf, lastLine, runTspack, startTspack } from '../support/tspack-command.ts';
import type { Ended } from '../support/tspack-command.ts';

const PROGRAMS = ['docker', 'dockerd', 'ip', 'docker-registry', 'skopeo', 'umoci', 'podman', 'crane', 'pack'];
const missing = [...PROGRAMS.filter((name) => findProgram(name) === undefined), ...(process.getuid?.() === 0 ? [] : ['the rights of root'])];
const SAMPLE = join(packageRoot(), 'samples/nodejs');
const CHECK = { path: '/health', status: 200, contains: '"status":"ok"' };
/** bcrypt of "open sesame". */
const HTPASSWD = 'someone:$2b$04$gr477x2e5o4OvTBQQyQRUuBQ16VXXwzo3ZhVb5url3exRsPyjGb06\n';
const credentials = (password: string) => Buffer.from(`someone:${password}`).toString('base64');

const run = promisify(execFile);

describe.skipIf(skipWithout(missing.join(', '), missing.length === 0))('one build with every output', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-outputs-'));
  const at = (name: string) => join(place, name);
  const started: StartedProgram[] = [];
  let env: Record<string, string>;
  let image: string;
  let built: Ended;
  /** Of the manifest, as the last line says. */
  let digest: string;
  let imageId: string;

  const program = async (name: string, ...args: readonly string[]) =>
    (await run(findProgram(name)!, [...args], { env: { ...process.env, ...env }, maxBuffer: 1 << 26 })).stdout;
  const json = async <Shape>(name: string, ...args: readonly string[]) => JSON.parse(await program(name, ...args)) as Shape;

  beforeAll(async () => {
    const dockerd = await startDockerd(at('dockerd'));
    started.push(dockerd);
    env = { HOME: place, DOCKER_HOST: dockerd.host, DOCKER_API_VERSION: dockerd.apiVersion };
    const registry = await startDockerRegistry(at('registry'));
    started.push(registry);
    image = `${registry.host}/team/app:v1`;
    const outputs = ['docker', `oci:${at('oci')}`, `oci-archive:${at('oci.tar')}`, `docker-archive:${at('docker.tar')}`];
    built = await runTspack(['build', image, '--path', SAMPLE, '--builder', 'base', '--publish', ...outputs.flatMap((output) => ['--output', output])], {
      env,
    });
    imageId = imageIdOf(built);
    digest = lastLine(built).split('@')[1] ?? 'no digest';
  });
  afterAll(async () => {
    for (const each of started.reverse()) await each[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  });

  it('prints the name with the digest of the manifest', () => {
    expect(lastLine(built)).toMatch(/^127\.0\.0\.1:\d+\/team\/app@sha256:[0-9a-f]{64}$/);
    expect(built.stderr).toContain(`Digest:    ${digest}`);
  });

  it('gives the registry a valid image', async () => {
    expect((await program('crane', 'digest', image)).trim()).toBe(digest);
    await program('crane', 'validate', '--remote', image);
    expect(await json('crane', 'manifest', image)).toMatchObject({ config: { digest: imageId } });
    expect(await json('skopeo', 'inspect', '--tls-verify=false', `docker://${image}`)).toMatchObject({ Digest: digest, Architecture: expect.any(String) });
  });

  it.each(['oci', 'oci.tar'])('writes the same manifest to %s', async (name) => {
    const [source, copy] = [`${name === 'oci' ? 'oci' : 'oci-archive'}:${at(name)}:v1`, at(`copy-of-${name}`)];
    expect(await json('skopeo', 'inspect', source)).toMatchObject({ Digest: digest });
    await program('skopeo', 'copy', '--preserve-digests', source, `oci:${copy}:v1`);
    expect(await json('skopeo', 'inspect', `oci:${copy}:v1`)).toMatchObject({ Digest: digest });
  });

  it('writes a docker archive with the same image ID', async () => {
    await program('crane', 'validate', '--tarball', at('docker.tar'));
    await program('skopeo', 'copy', `docker-archive:${at('docker.tar')}`, `dir:${at('from-archive')}`);
    expect(JSON.parse(readFileSync(join(at('from-archive'), 'manifest.json'), 'utf8'))).toMatchObject({ config: { digest: imageId } });
  });

  it('loads into Docker with the same image ID, and runs there', async () => {
    expect(await json('docker', 'image', 'inspect', image)).toMatchObject([{ Id: imageId }]);
    await expectContainer('docker', ['run', '--network', 'host']);
  });

  it('runs in Podman, loaded from the docker archive', async () => {
    const storage = ['--root', at('podman-root'), '--runroot', at('podman-run'), '--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs'];
    await program('podman', ...storage, 'load', '--input', at('docker.tar'));
    expect(await json('podman', ...storage, 'image', 'inspect', image)).toMatchObject([{ Id: imageId.slice('sha256:'.length) }]);
    try {
      await expectContainer('podman', [...storage, 'run', '--runtime', 'runc', '--network', 'host', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024']);
    } finally {
      await program('podman', ...storage, 'rm', '--all', '--force');
      await program('podman', ...storage, 'rmi', '--all', '--force');
    }
  });

  it('is unpacked by umoci', async () => {
    await program('umoci', 'unpack', '--image', `${at('oci')}:v1`, at('bundle'));
    const web = statSync(join(at('bundle'), 'rootfs/cnb/lifecycle/launcher'));
    expect(web.mode & 0o777).toBe(0o755);
    expect(statSync(join(at('bundle'), 'rootfs/workspace/server.js'))).toMatchObject({ uid: 1001, gid: 1000 });
    expect(existsSync(join(at('bundle'), 'rootfs/workspace/node_modules/marked'))).toBe(false);
  });

  it('is read by pack, from the daemon and from the registry alike', async () => {
    interface Info {
      readonly buildpacks: readonly { readonly id: string }[];
      readonly processes: readonly { readonly type: string; readonly default: boolean }[];
    }
    const { local_info, remote_info } = await json<{ local_info: Info; remote_info: Info }>('pack', 'inspect', image, '--output', 'json');
    expect(local_info).toMatchObject({
      buildpacks: [{ id: 'tspack/ca-certificates' }, { id: 'tspack/nodejs' }],
      processes: [{ type: 'web', default: true }],
    });
    expect(remote_info).toEqual(local_info);
  });

  it('is described alike wherever it lies', async () => {
    const describe = async (...args: readonly string[]) => {
      // Sizes are of the tars here and of the blobs there.
      const {
        name: _name,
        place: _place,
        sizeBytes: _size,
        layers,
        ...facts
      } = JSON.parse((await inspected(...args)).stdout) as { layers: readonly { sizeBytes: number }[] } & Record<string, unknown>;
      return { ...facts, layers: layers.map(({ sizeBytes: _of, ...layer }) => layer) };
    };
    const inspected = async (...args: readonly string[]) => {
      const ended = await runTspack(['inspect', ...args, '--output', 'json'], { env });
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      return ended;
    };
    const facts = await describe(image);
    expect(facts).toMatchObject({ imageId, manifestDigest: digest, processes: [{ type: 'web', default: true }] });
    expect(await describe(`oci:${at('oci')}`)).toEqual(facts);
    // Nothing local: the registry is asked.
    expect(await describe('--remote', image)).toEqual(facts);
  });

  it('gives its SBOM from the registry', async () => {
    const ended = await runTspack(['sbom', 'download', image, '--remote', '--output-dir', at('sbom')], { env });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const bom = JSON.parse(readFileSync(join(at('sbom'), 'layers/sbom/launch/tspack_nodejs/dependencies/sbom.cdx.json'), 'utf8')) as {
      components: readonly { name: string }[];
    };
    expect(bom.components.map(({ name }) => name)).toContain('express');
  });

  it('is rebuilt without a new layer, upload or digest', async () => {
    const again = await runTspack(['build', image, '--path', SAMPLE, '--builder', 'base', '--publish'], { env });
    expect(lastLine(again)).toBe(lastLine(built));
    expect(again.stderr).toMatch(/^Layers: +0 layers added/m);
  });

  it('runs from the registry on a machine that has never seen it', async () => {
    await expectRuns(image, CHECK, { env: { ...env, TSPACK_HOME: at('other-home') }, args: ['--runtime', 'sandbox'] });
  });

  it('starts with "tspack run" in Docker when asked', async () => {
    const port = await freePort();
    const { child, ended } = startTspack(['run', image, '--runtime', 'docker', '-p', `${port}:8080`], { env });
    try {
      await expectAnswer(port, CHECK, ended);
    } finally {
      child.kill('SIGINT');
    }
    expect(await ended).toMatchObject({ code: 130 });
    expect(await program('docker', 'ps', '--all', '--quiet', '--filter', `ancestor=${image}`)).toBe('');
  });

  describe('with a registry that asks for a password', () => {
    let name: string;
    const publish = (directory: string) =>
      runTspack(['build', name, '--path', SAMPLE, '--builder', 'base', '--publish'], {
        env: { ...env, DOCKER_CONFIG: at(directory), REGISTRY_AUTH_FILE: undefined },
      });

    beforeAll(async () => {
      const registry = await startDockerRegistry(at('private'), { htpasswd: HTPASSWD });
      started.push(registry);
      name = `${registry.host}/team/app:v1`;
      for (const [directory, auth] of [
        ['right', credentials('open sesame')],
        ['wrong', credentials('close barley')],
      ] as const) {
        await run('mkdir', ['-p', at(directory)]);
        writeFileSync(join(at(directory), 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      }
    });

    it('pushes with the one of DOCKER_CONFIG, the same manifest', async () => {
      expect(lastLine(await publish('right'))).toBe(`${name.replace(/:v1$/, '')}@${digest}`);
      expect(await json('skopeo', 'inspect', '--tls-verify=false', '--creds', 'someone:open sesame', `docker://${name}`)).toMatchObject({ Digest: digest });
    });

    it.each([
      ['none', /no credentials|anonymous|without/i],
      ['wrong', /someone/],
    ])('says which registry refuses whom (%s)', async (directory, who) => {
      const { code, stdout, stderr } = await publish(directory);
      expect({ code, stdout }, stderr).toEqual({ code: 62, stdout: '' });
      const error = stderr.slice(stderr.indexOf('ERROR:'));
      expect(error).toContain(name.split('/')[0]);
      expect(error).toMatch(who);
      expect(error).toContain('Next step:');
      expect(stderr).not.toContain('close barley');
      expect(stderr).not.toContain(credentials('close barley'));
    });
  });

  /** Runs the image in a container until it has answered. */
  async function expectContainer(command: string, args: readonly string[]): Promise<void> {
    const port = await freePort();
    const child = execFile(findProgram(command)!, [...args, '--rm', '--env', `PORT=${port}`, image], { env: { ...process.env, ...env } });
    const written = { stdout: '', stderr: '' };
    child.stdout?.on('data', (text: string) => void (written.stdout += text));
    child.stderr?.on('data', (text: string) => void (written.stderr += text));
    const ended = new Promise<Ended>((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...written })));
    try {
      await expectAnswer(port, CHECK, ended);
    } finally {
      child.kill('SIGTERM');
    }
    await ended;
  }
});
