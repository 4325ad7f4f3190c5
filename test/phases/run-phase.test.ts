import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAnalyzedToml, parseGroupToml, parseReportToml } from '../../src/cnb/index.ts';
import { runLifecycle } from '../../src/phases/index.ts';
import type { PhasePorts } from '../../src/phases/index.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { PhasePlace } from '../support/phase-place.ts';

const home = mkdtempSync(join(tmpdir(), 'tspack-phases-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let place: PhasePlace;
beforeEach(() => {
  place = new PhasePlace(home);
});

const at = (path: string) => place.at(path);
const ports = (more: Partial<PhasePorts> = {}) => place.ports(more);
const write = (path: string, text: string, mode?: number) => place.write(path, text, mode);
const withApi = (api: string | undefined, more: Readonly<Record<string, string>> = {}) =>
  ports({ environment: { ...ports().environment, CNB_PLATFORM_API: api, ...more } });

const folders = () => ['-layers', at('layers')];
const hermetic = () => place.hermetic();
const detect = () => runLifecycle('detector', [...hermetic(), '-order', at('order.toml')], ports());
const run = (program: string, ...args: readonly string[]) => runLifecycle(program, args, ports());

describe('runLifecycle()', () => {
  it.each([undefined, '', 'x', '0.99', '0.6'])('refuses Platform API %j before it looks at anything else', async (api) => {
    expect(await runLifecycle('detector', ['-nope'], withApi(api))).toBe(11);
    expect(place.printed.stderr).toContain('ERROR: Cannot start');
  });

  it('takes the phase from its own name, or from the first argument', async () => {
    expect(await run('detector', '-version')).toBe(0);
    expect(await run('lifecycle', 'detect', '-version')).toBe(0);
    expect(await runLifecycle('lifecycle', ['-version'], withApi(undefined))).toBe(0);
    expect(place.printed.stdout).toBe('0.21.0-tspack.0.0.1\n'.repeat(3));
    expect(await run('lifecycle')).toBe(3);
  });

  it('becomes the launcher when that is asked for, whatever else is set', async () => {
    expect(await runLifecycle('lifecycle', ['launcher', 'web', '-v'], withApi(undefined))).toBe(2);
    expect(await runLifecycle('lifecycle', ['launch'], withApi(undefined))).toBe(0);
    expect(await run('lifecycle', 'nothing')).toBe(3);
  });

  it.each([
    ['detector', ['-nope'], 2],
    ['detector', ['-system', 'x'], 2],
    ['analyzer', ['-uid', 'me', 'image'], 2],
    ['detector', ['extra'], 3],
    ['builder', ['extra'], 3],
    ['restorer', ['extra'], 3],
    ['analyzer', [], 3],
    ['analyzer', ['one', 'two'], 3],
    ['analyzer', ['UPPER'], 3],
    ['analyzer', ['-tag', 'other.example/app', 'some.example/app'], 3],
    ['analyzer', ['-log-level', 'loud', 'image'], 3],
    ['analyzer', ['-cache-image', 'not a name', 'image'], 3],
    ['exporter', [], 3],
    ['exporter', ['-run-image', 'run', 'image'], 3],
    ['rebaser', [], 3],
    ['creator', ['one', 'two'], 3],
    ['restorer', [], 42],
    ['builder', [], 52],
    ['exporter', ['image'], 62],
    ['detector', [], 22],
  ] as const)('ends %s %j with %i', async (program, args, exitCode) => {
    expect(await run(program, ...(exitCode === 2 || args.length > 0 || program === 'rebaser' ? [] : folders()), ...args), place.printed.stderr).toBe(exitCode);
    expect(place.printed.stderr).not.toBe('');
    expect(readdirSync(at('tmp'))).toEqual([]);
  });

  it('prints what a phase takes when asked, and ends well', async () => {
    expect(await run('detector', '-help')).toBe(0);
    expect(place.printed.stderr).toContain('  -buildpacks value\n');
  });

  it('lets nobody detect or build as root', async () => {
    place.writeBuildpack('');
    const root = { uid: 0, gid: 0, become: () => undefined, lookUp: () => undefined };
    expect(await runLifecycle('detector', [...hermetic(), '-order', at('order.toml')], ports({ user: root }))).toBe(1);
    expect(await runLifecycle('builder', hermetic(), ports({ user: root }))).toBe(1);
    expect(existsSync(at('layers/group.toml'))).toBe(false);
  });

  it('keeps OCI layouts for those who ask for experiments', async () => {
    const args = [...folders(), '-layout', '-layout-dir', at('layouts'), '-run-image', 'run', 'image'];
    expect(await runLifecycle('analyzer', args, withApi('0.14'))).toBe(1);
    expect(await runLifecycle('analyzer', args, withApi('0.14', { CNB_EXPERIMENTAL_MODE: 'error' }))).toBe(1);
    expect(await runLifecycle('analyzer', args, withApi('0.14', { CNB_EXPERIMENTAL_MODE: 'warn' }))).toBe(32);
    expect(place.printed.stderr).toContain('Warning: The platform uses the experimental feature');
  });
});

describe('detector', () => {
  it('writes the group, and hides credentials from buildpacks', async () => {
    place.writeBuildpack('', `env | grep -c REGISTRY_AUTH > ${at('seen')}; exit 0`);
    expect(await detect(), place.printed.stderr).toBe(0);
    expect(parseGroupToml(readFileSync(at('layers/group.toml'), 'utf8'), 'group.toml').group).toEqual([{ id: 'test/shell', version: '1', api: '0.10' }]);
    expect(place.printed.stdout).toBe('1 of 1 buildpacks participating\ntest/shell 1\n');
    expect(readFileSync(at('seen'), 'utf8')).toBe('0\n');
  });

  it.each([
    ['echo looked for it; exit 100', 20],
    ['echo broken; exit 3', 21],
  ])('says what each buildpack printed when none fits: %s', async (script, exitCode) => {
    place.writeBuildpack('', script);
    expect(await detect()).toBe(exitCode);
    expect(place.printed.stdout).toContain(`======== Output: test/shell@1 ========\n${script.slice(5, script.indexOf(';'))}\n`);
  });

  it.each([
    ['order.toml', 'not = [toml', 22],
    ['order.toml', '[[order]]\ngroup = 3\n', 22],
    ['order.toml', '[[order]]\n[[order.group]]\nid = "test/other"\nversion = "1"\n', 22],
    ['buildpacks/test_shell/1/buildpack.toml', 'api = "9.9"\n[buildpack]\nid = "test/shell"\nversion = "1"\n', 12],
    ['layers/analyzed.toml', 'image = 3\n', 22],
  ])('ends with the code of the specification for a wrong %s (%j)', async (file, text, exitCode) => {
    place.writeBuildpack('');
    write(file, text);
    expect(await detect(), place.printed.stderr).toBe(exitCode);
    expect(existsSync(at('layers/group.toml'))).toBe(false);
  });
});

describe('builder', () => {
  it.each([
    ['exit 7', 51],
    ['echo "processes = 3" > "$1/launch.toml"', 52],
  ])('ends with the code of the specification when bin/build does this: %s', async (script, exitCode) => {
    place.writeBuildpack(script);
    expect(await detect()).toBe(0);
    expect(await run('builder', ...hermetic())).toBe(exitCode);
  });
});

describe('the phases, one after the other', () => {
  it('make an image in a registry, use its layers again, and put it on another base', async () => {
    await using registry = await startFakeRegistry();
    const runImage = await place.pushImage(registry, 'run');
    const app = `${registry.host}/app:latest`;
    place.writeBuildpack(
      'mkdir -p "$1/l"; echo content > "$1/l/file"; printf "[types]\\nlaunch = true\\ncache = true\\n" > "$1/l.toml"; printf "[[processes]]\\ntype = \\"web\\"\\ncommand = [\\"true\\"]\\n" > "$1/launch.toml"',
    );
    write('launcher', 'launcher', 0o755);
    write('app/file', 'app');
    write('run.toml', `[[images]]\nimage = "${runImage}"\n`);
    const identity = ['-uid', '1001', '-gid', '1000'];
    const phases = async () => {
      expect(await run('analyzer', ...folders(), ...identity, '-run-image', runImage, app), place.printed.stderr).toBe(0);
      expect(await detect(), place.printed.stderr).toBe(0);
      expect(await run('restorer', ...folders(), ...identity, '-cache-dir', at('cache')), place.printed.stderr).toBe(0);
      expect(await run('builder', ...hermetic()), place.printed.stderr).toBe(0);
      const places = ['-launcher', at('launcher'), '-app', at('app'), '-cache-dir', at('cache'), '-process-type', 'web', '-run', at('run.toml')];
      expect(await run('exporter', ...folders(), ...identity, ...places, app, `${registry.host}/app:more`), place.printed.stderr).toBe(0);
      return parseReportToml(readFileSync(at('layers/report.toml'), 'utf8'), 'report.toml').image;
    };
    const first = await phases();
    expect(first.tags).toEqual([app, `${registry.host}/app:more`]);
    place.printed = { stdout: '', stderr: '' };
    rmSync(at('layers'), { recursive: true });
    mkdirSync(at('layers'));
    const second = await phases();
    expect(second).toEqual(first);
    expect(place.printed.stdout).toContain('Restoring data for "test/shell:l" from cache');
    expect(place.printed.stdout).not.toContain('Adding layer');
    expect(parseAnalyzedToml(readFileSync(at('layers/analyzed.toml'), 'utf8'), '').image?.reference).toBe(`${registry.host}/app@${first.digest}`);
    const tekton = withApi('0.14', { TSPACK_TEKTON_RESULTS: at('results') });
    expect(await runLifecycle('rebaser', ['-report', at('rebased.toml'), app], tekton), place.printed.stderr).toBe(0);
    expect(readFileSync(at('results/IMAGE_DIGEST'), 'utf8')).toBe(first.digest);
    expect(readFileSync(at('results/IMAGE_URL'), 'utf8')).toBe(app);
    expect(parseReportToml(readFileSync(at('rebased.toml'), 'utf8'), '').image).toEqual({ ...first, tags: [app] });
  });
});
