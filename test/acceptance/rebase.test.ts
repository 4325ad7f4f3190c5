import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMachine } from '../../src/compose/machine.ts';
import { packageRoot } from '../../src/foundation/index.ts';
import type { ImageDescription } from '../../src/index.ts';
import { appendLayers, openLayoutStore, parseImageReference, withContainerConfig } from '../../src/oci/index.ts';
import { startDockerd } from '../support/reference-platform.ts';
import { startDockerRegistry } from '../support/real-registries.ts';
import type { StartedProgram } from '../support/started-program.ts';
import { findProgram, skipWithout } from '../support/requirement.ts';
import { syntheticLayer } from '../support/synthetic-image.ts';
import { expectRuns, imageIdOf, lastLine, runTspack, testHome } from '../support/tspack-command.ts';
import type { Ended } from '../support/tspack-command.ts';

const missing = [
  ...['docker', 'dockerd', 'docker-registry', 'crane'].filter((name) => findProgram(name) === undefined),
  ...(process.getuid?.() === 0 ? [] : ['the rights of root']),
];
const CHECK = { path: '/health', status: 200, contains: '"status":"ok"' };
const RUN_IMAGE = 'tspack/run-base:trixie';

/** To an older base and back again: what a rebase gives is what a build on that base gives. */
describe.skipIf(skipWithout(missing.join(', '), missing.length === 0))('tspack rebase of a real application', () => {
  const place = mkdtempSync(join(tmpdir(), 'tspack-rebase-'));
  const older = `oci:${join(place, 'older')}`;
  const started: StartedProgram[] = [];
  let image: string;
  let env: Record<string, string>;
  let built: Ended;
  let olderReference: string;

  const program = async (name: string, ...args: readonly string[]) =>
    (await promisify(execFile)(findProgram(name)!, [...args], { env: { ...process.env, ...env } })).stdout.trim();
  const tspack = (...args: readonly string[]) => runTspack(args, { env });
  const inspect = async (...args: readonly string[]) => JSON.parse((await tspack('inspect', ...args, '--output', 'json')).stdout) as ImageDescription;

  beforeAll(async () => {
    const dockerd = await startDockerd(join(place, 'dockerd'));
    const registry = await startDockerRegistry(join(place, 'registry'));
    started.push(dockerd, registry);
    env = { DOCKER_HOST: dockerd.host, DOCKER_API_VERSION: dockerd.apiVersion };
    image = `${registry.host}/team/rebased:1`;
    const outputs = ['--publish', '--output', 'docker', '--output', `oci:${join(place, 'app')}`];
    built = await tspack('build', image, '--path', join(packageRoot(), 'samples/nodejs'), '--builder', 'base', ...outputs);
    expect(built, built.stderr).toMatchObject({ code: 0 });

    const machine = openMachine({ ...process.env, TSPACK_HOME: testHome() }, place);
    const run = (await machine.store().read(parseImageReference(RUN_IMAGE), machine.platform))!;
    const patched = appendLayers(run, [{ layer: await syntheticLayer('vulnerable'), history: { created_by: 'yesterday' } }]);
    const yesterday = withContainerConfig(patched, (config) => ({ ...config, Labels: { ...config.Labels, 'io.buildpacks.base.released': 'yesterday' } }));
    const { digest } = await openLayoutStore({ directory: join(place, 'older'), compressor: machine.store().compressor }).write(yesterday, [
      parseImageReference(RUN_IMAGE),
    ]);
    olderReference = `tspack/run-base@${digest}`;
  });
  afterAll(async () => {
    for (const each of started.reverse()) await each[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  });

  it('in the local store', async () => {
    const down = await tspack('rebase', image, '--run-image', older);
    expect(lastLine(down)).not.toContain(imageIdOf(built));
    expect(down.stderr).toContain('4 layers of the base replaced by 5');
    expect((await inspect(image)).baseImage?.reference).toBe(olderReference);
    await expectRuns(image, CHECK, { env, args: ['--runtime', 'sandbox'] });

    const up = await tspack('rebase', image);
    expect(lastLine(up)).toBe(`${image} ${imageIdOf(built)}`);
    expect((await inspect(image)).baseImage?.reference).not.toBe(olderReference);
    await expectRuns(image, CHECK, { env, args: ['--runtime', 'sandbox'] });
  });

  it('in a registry', async () => {
    const down = lastLine(await tspack('rebase', image, '--publish', '--run-image', older, '--report-output-dir', place));
    expect(await program('crane', 'digest', image)).toBe(down.split('@')[1]);
    expect(await program('crane', 'validate', '--remote', image)).toContain('PASS');
    expect(readFileSync(join(place, 'report.toml'), 'utf8')).toContain(`digest = "${down.split('@')[1]}"`);
    expect((await inspect(image, '--remote')).baseImage?.reference).toBe(olderReference);
    expect(lastLine(await tspack('rebase', image, '--publish'))).toBe(lastLine(built));
    expect(await program('crane', 'digest', image)).toBe(lastLine(built).split('@')[1]);
  });

  it('as the only image of an index in a registry', async () => {
    const all = `${image}-all`;
    await program('crane', 'index', 'append', '--manifest', image, '--tag', all);
    await tspack('rebase', all, '--publish', '--run-image', older);
    const down = JSON.parse(await program('crane', 'manifest', all)) as { manifests: { digest: string; platform: { architecture: string } }[] };
    expect(down.manifests).toHaveLength(1);
    expect(down.manifests[0]!.digest).not.toBe(lastLine(built).split('@')[1]);
    expect(await program('crane', 'validate', '--remote', all)).toContain('PASS');
    expect((await inspect(all, '--remote')).baseImage?.reference).toBe(olderReference);
    const up = lastLine(await tspack('rebase', all, '--publish'));
    expect(up.split('@')[1]).toBe(await program('crane', 'digest', all));
    const { manifests } = JSON.parse(await program('crane', 'manifest', all)) as typeof down;
    expect(manifests.map(({ digest }) => digest)).toEqual([lastLine(built).split('@')[1]]);
  });

  it('in a daemon', async () => {
    const id = () => program('docker', 'image', 'inspect', '--format', '{{json .RootFS.Layers}}', image);
    const before = await id();
    expect(await tspack('rebase', `docker:${image}`, '--run-image', older)).toMatchObject({ code: 0 });
    expect(await id()).not.toBe(before);
    expect(lastLine(await tspack('rebase', `docker:${image}`))).toBe(`${image} ${imageIdOf(built)}`);
    expect(await id()).toBe(before);
  });

  it('in a layout', async () => {
    const app = `oci:${join(place, 'app')}`;
    const before = readFileSync(join(place, 'app/index.json'), 'utf8');
    const down = lastLine(await tspack('rebase', app, '--run-image', older));
    expect(down).not.toContain(lastLine(built).split('@')[1]);
    expect((await inspect(app)).baseImage?.reference).toBe(olderReference);
    expect(lastLine(await tspack('rebase', app))).toBe(`${app}@${lastLine(built).split('@')[1]}`);
    expect(readFileSync(join(place, 'app/index.json'), 'utf8')).toBe(before);
  });
});
