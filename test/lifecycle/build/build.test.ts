import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseLaunchMetadata } from '../../../src/cnb/index.ts';
import type { BuildpackId, Group, Plan } from '../../../src/cnb/index.ts';
import type { SandboxPath } from '../../../src/executor/index.ts';
import { build } from '../../../src/lifecycle/build/build.ts';
import type { BuildPhaseEvent } from '../../../src/lifecycle/build/build.ts';
import type { FakeProcess, FakeProgram } from '../../support/fake-executor.ts';
import { PhaseFixture } from '../../support/phase-fixture.ts';

let fixture: PhaseFixture;
let events: BuildPhaseEvent[];
beforeEach(() => {
  fixture = new PhaseFixture();
  events = [];
});
afterEach(() => fixture.remove());

interface Options {
  readonly api?: string;
  readonly platformApi?: string;
  readonly plan?: Plan;
  readonly group?: Group;
}

function run(ids: readonly string[], options: Options = {}) {
  const group = ids.map((id) => ({ id: id as BuildpackId, version: '1', api: options.api ?? '0.10' }));
  return build(
    {
      ...fixture.inputs(options.platformApi),
      group: options.group ?? { group, groupExtensions: [] },
      plan: options.plan ?? { entries: [] },
      layersPath: '/layers' as SandboxPath,
    },
    { sandbox: fixture.sandbox, modules: fixture.modules(), layers: fixture.layers, events: (event) => events.push(event) },
  );
}

/** A bin/build that writes these files below its layers folder; a name that ends in `/` is a folder. */
const writes =
  (files: Readonly<Record<string, string>>, more?: (process: FakeProcess) => void): FakeProgram =>
  (process) => {
    for (const [name, text] of Object.entries(files)) {
      const path = join(process.hostPath(process.args[0]!), name);
      mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
      if (!name.endsWith('/')) writeFileSync(path, text);
    }
    more?.(process);
    return 0;
  };
const layerFile = (path: string): string => readFileSync(join(fixture.layers.root, path), 'utf8');
const warnings = (): readonly string[] => events.flatMap((event) => (event.kind === 'message' && event.level === 'warning' ? [event.message] : []));

describe('build()', () => {
  it('gives bin/build its arguments, folder, plan and environment', async () => {
    let plan = '';
    fixture.buildpack('samples/a@1', {
      build: ({ args, hostPath }) => {
        plan = readFileSync(hostPath(args[2]!), 'utf8');
        return 0;
      },
    });
    fixture.write('platform/env/MY_VAR', 'user');
    await run(['samples/a'], {
      plan: {
        entries: [
          { providers: [{ id: 'samples/a' as BuildpackId, version: '1', extension: false }], requires: [{ name: 'node', metadata: { version: '22' } }] },
        ],
      },
    });
    const [process] = fixture.sandbox.processes;
    expect(process!.command).toEqual(['/cnb/buildpacks/samples_a/1/bin/build', '/layers/samples_a', '/platform', process!.env['CNB_BP_PLAN_PATH']]);
    expect(process!.cwd).toBe('/workspace');
    expect(process!.env).toMatchObject({
      CNB_LAYERS_DIR: '/layers/samples_a',
      CNB_BUILDPACK_DIR: '/cnb/buildpacks/samples_a/1',
      MY_VAR: 'user',
      CNB_TARGET_OS: 'linux',
    });
    expect(process!.env).not.toHaveProperty('SECRET');
    expect(process!.env).not.toHaveProperty('CNB_EXEC_ENV');
    expect(plan).toContain('name = "node"');
    expect(plan).toContain('version = "22"');
    expect(fixture.refreshCount).toBe(1);
  });

  it('streams output as it comes', async () => {
    fixture.buildpack('a@1', {
      build: ({ print, printError }) => {
        print('one');
        printError('two');
        return 0;
      },
    });
    await run(['a']);
    const output = events.flatMap((event) => (event.kind === 'output' ? [[event.buildpack, event.stream, Buffer.from(event.bytes).toString()]] : []));
    expect(output).toEqual([
      ['a', 'stdout', 'one'],
      ['a', 'stderr', 'two'],
    ]);
    expect(events.map(({ kind }) => kind)).toEqual(['buildpack-started', 'output', 'output', 'buildpack-ended']);
  });

  it('stops at the first buildpack that fails', async () => {
    fixture.buildpack('a@1', { build: () => 7 });
    fixture.buildpack('b@1');
    await expect(run(['a', 'b'])).rejects.toMatchObject({ code: 'BUILDPACK_FAILED', exitCode: 7, buildpack: { id: 'a', version: '1' } });
    expect(fixture.sandbox.processes).toHaveLength(1);
    expect(fixture.layers.kind('config')).toBeUndefined();
  });

  it('counts a bin/build that cannot be started as one that failed', async () => {
    fixture.buildpack('a@1', { build: '#!/no/such/interpreter\n' });
    await expect(run(['a'])).rejects.toMatchObject({
      code: 'BUILDPACK_FAILED',
      exitCode: undefined,
      message: expect.stringMatching(/^Cannot build with bin\/build of buildpack a@1: Cannot start /) as string,
    });
  });

  it('hands build layers on to later buildpacks, user and operator on top', async () => {
    fixture.write('platform/env/USER_WINS', 'user');
    fixture.write('build-config/env/OPERATOR.override', 'operator');
    fixture.buildpack('a@1', {
      build: writes({
        'two/bin/': '',
        'two/env/LIST.append': 'two',
        'two.toml': '[types]\nbuild = true\n',
        'one/bin/': '',
        'one/lib/': '',
        'one/env/LIST.append': 'one',
        'one/env/LIST.delim': ',',
        'one/env/USER_WINS': 'buildpack',
        'one/env.build/OPERATOR': 'buildpack',
        'one/env/folder/ignored': 'x',
        'one.toml': '[types]\nbuild = true\nlaunch = true\n',
        'launch/bin/': '',
        'launchy/bin/': '',
        'launchy/env/LAUNCH': 'no',
        'launchy.toml': '[types]\nlaunch = true\n',
      }),
    });
    fixture.buildpack('b@1');
    await run(['a', 'b']);
    const [first, second] = fixture.sandbox.processes.map(({ env }) => env);
    expect(second).toMatchObject({
      PATH: `/layers/a/two/bin:/layers/a/one/bin:${first!['PATH']}`,
      LD_LIBRARY_PATH: '/layers/a/one/lib',
      LIBRARY_PATH: '/layers/a/one/lib',
      LIST: 'onetwo',
      USER_WINS: 'user',
      OPERATOR: 'operator',
    });
    expect(second).not.toHaveProperty('LAUNCH');
  });

  it('follows links to environment files within <layers> and never to files of the host', async () => {
    fixture.write('secret', 'host');
    fixture.buildpack('a@1', {
      build: writes({ 'one.toml': '[types]\nbuild = true\n', 'one/values/x': 'value', 'one/env/': '' }, ({ args, hostPath }) => {
        const env = join(hostPath(args[0]!), 'one/env');
        symlinkSync('../values/x', join(env, 'RELATIVE'));
        symlinkSync('/layers/a/one/values/x', join(env, 'ABSOLUTE'));
        symlinkSync(join(fixture.root, 'secret'), join(env, 'HOST'));
        symlinkSync('../../../../secret', join(env, 'CLIMBS'));
        symlinkSync('LOOP', join(env, 'LOOP'));
        symlinkSync(join(fixture.root, 'secret'), join(hostPath(args[0]!), 'build.sbom.cdx.json'));
      }),
    });
    fixture.buildpack('b@1');
    await run(['a', 'b']);
    const env = fixture.sandbox.processes[1]!.env;
    expect(env).toMatchObject({ RELATIVE: 'value', ABSOLUTE: 'value' });
    expect(Object.keys(env).filter((name) => ['HOST', 'CLIMBS', 'LOOP'].includes(name))).toEqual([]);
    expect(fixture.layers.readdir('sbom/build')).toEqual(['sbom.legacy.json']);
  });

  it('writes its own files beside what a buildpack put in their place', async () => {
    mkdirSync(join(fixture.root, 'outside'));
    fixture.buildpack('a@1', {
      build: ({ hostPath }) => {
        for (const name of ['config', 'sbom']) symlinkSync(join(fixture.root, 'outside'), join(hostPath('/layers'), name));
        return 0;
      },
    });
    await run(['a']);
    expect(readdirSync(join(fixture.root, 'outside'))).toEqual([]);
    expect(layerFile('config/metadata.toml')).toContain('id = "a"');
  });

  it('renames layers without types before the next buildpack runs', async () => {
    let seen: readonly string[] = [];
    fixture.buildpack('a@1', {
      build: writes({
        'gone/file': 'x',
        'gone.toml': '',
        'gone.ignore/old': 'x',
        'kept/file': 'x',
        'kept.toml': '[types]\ncache = true\n',
        'store.toml': '[metadata]\n',
        'loose/file': 'x',
      }),
    });
    fixture.buildpack('b@1', {
      build: ({ hostPath }) => {
        seen = readdirSync(hostPath('/layers/a')).sort();
        return 0;
      },
    });
    const outcome = await run(['a', 'b']);
    expect(seen).toEqual(['gone.ignore', 'gone.toml', 'kept', 'kept.toml', 'loose', 'store.toml']);
    expect(readdirSync(join(fixture.layers.root, 'a/gone.ignore'))).toEqual(['file']);
    expect(outcome.buildpacks[0]!.layers.map(({ name, content }) => [name, content.types.cache])).toEqual([
      ['gone', false],
      ['kept', true],
    ]);
  });

  it('leaves unmet entries to the next provider and drops the met ones', async () => {
    const plans: Record<string, string> = {};
    const keepPlan =
      (id: string, files: Readonly<Record<string, string>> = {}): FakeProgram =>
      (process) => {
        plans[id] = readFileSync(process.hostPath(process.args[2]!), 'utf8');
        return writes(files)(process);
      };
    const providers = ['a', 'b', 'c'].map((id) => ({ id: id as BuildpackId, version: '1', extension: false }));
    fixture.buildpack('a@1', { build: keepPlan('a', { 'build.toml': '[[unmet]]\nname = "node"\n' }) });
    fixture.buildpack('b@1', { build: keepPlan('b') });
    fixture.buildpack('c@1', { build: keepPlan('c') });
    await run(['a', 'b', 'c'], {
      plan: {
        entries: [
          { providers, requires: [{ name: 'node' }] },
          { providers, requires: [{ name: 'npm' }] },
        ],
      },
    });
    const names = (id: string): readonly string[] => [...plans[id]!.matchAll(/name = "(\w+)"/g)].map(([, name]) => name!);
    expect([names('a'), names('b'), names('c')]).toEqual([['node', 'npm'], ['node'], []]);
  });

  it('collects processes, labels and slices of all buildpacks', async () => {
    fixture.buildpack('a@1', {
      build: writes({
        'launch.toml':
          '[[labels]]\nkey = "k"\nvalue = "1"\n[[processes]]\ntype = "web"\ncommand = ["a"]\ndefault = true\n[[processes]]\ntype = "worker"\ncommand = ["w"]\nargs = []\n[[slices]]\npaths = ["x"]\n',
      }),
    });
    fixture.buildpack('b@1', { build: writes({ 'launch.toml': '[[labels]]\nkey = "k"\nvalue = "2"\n[[processes]]\ntype = "worker"\ncommand = ["b"]\n' }) });
    const { metadata } = await run(['a', 'b']);
    expect(metadata).toEqual({
      buildpackDefaultProcessType: 'web',
      buildpacks: [
        { id: 'a', version: '1', api: '0.10' },
        { id: 'b', version: '1', api: '0.10' },
      ],
      extensions: [],
      labels: [
        { key: 'k', value: '1' },
        { key: 'k', value: '2' },
      ],
      processes: [
        { type: 'web', command: ['a'], direct: true, buildpackId: 'a' },
        { type: 'worker', command: ['b'], direct: true, buildpackId: 'b' },
      ],
      slices: [{ paths: ['x'] }],
    });
    expect(parseLaunchMetadata(layerFile('config/metadata.toml'), 'metadata.toml')).toEqual(metadata);
  });

  it('has no default process when a later buildpack redefines it without default', async () => {
    const process = (more: string): string => `[[processes]]\ntype = "web"\ncommand = ["x"]\n${more}`;
    fixture.buildpack('a@1', { build: writes({ 'launch.toml': process('default = true\n') }) });
    fixture.buildpack('b@1', { build: writes({ 'launch.toml': process('') }) });
    const { metadata } = await run(['a', 'b']);
    expect(metadata.buildpackDefaultProcessType).toBeUndefined();
    expect(warnings()).toEqual([expect.stringContaining('"web"')]);
  });

  it('reads string commands and direct below Buildpack API 0.9', async () => {
    fixture.buildpack('a@1', {
      api: '0.7',
      build: writes({
        'launch.toml': '[[processes]]\ntype = "web"\ncommand = "echo hi"\nworking-dir = "/x"\n[[processes]]\ntype = "d"\ncommand = "ls"\ndirect = true\n',
      }),
    });
    const { metadata } = await run(['a'], { api: '0.7' });
    expect(metadata.processes).toEqual([
      { type: 'd', command: ['ls'], direct: true, buildpackId: 'a' },
      { type: 'web', command: ['echo hi'], direct: false, buildpackId: 'a' },
    ]);
    expect(warnings()).toEqual([expect.stringContaining('working directory')]);
  });

  it('collects SBOM files by the types of their layers', async () => {
    fixture.write('layers/sbom/launch/stale/sbom.cdx.json', 'old');
    fixture.buildpack('samples/a@1', {
      info: 'sbom-formats = ["application/vnd.cyclonedx+json;version=1.4", "application/spdx+json"]',
      build: writes({
        'run.toml': '[types]\nlaunch = true\ncache = true\n',
        'run.sbom.cdx.json': 'run',
        'tool.toml': '[types]\nbuild = true\n',
        'tool.sbom.spdx.json': 'tool',
        'launch.sbom.cdx.json': 'launch',
        'build.sbom.cdx.json': 'build',
        'unknown.sbom.syft.json': 'not a layer',
      }),
    });
    await run(['samples/a']);
    const files = (
      readdirSync(join(fixture.layers.root, 'sbom'), { recursive: true, withFileTypes: true }) as { name: string; parentPath: string; isFile(): boolean }[]
    )
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(fixture.layers.root.length + 1))
      .sort();
    expect(files).toEqual([
      'sbom/build/samples_a/sbom.cdx.json',
      'sbom/build/samples_a/tool/sbom.spdx.json',
      'sbom/build/sbom.legacy.json',
      'sbom/cache/samples_a/run/sbom.cdx.json',
      'sbom/launch/samples_a/run/sbom.cdx.json',
      'sbom/launch/samples_a/sbom.cdx.json',
      'sbom/launch/sbom.legacy.json',
    ]);
    expect(layerFile('sbom/launch/samples_a/run/sbom.cdx.json')).toBe('run');
    expect(layerFile('sbom/launch/sbom.legacy.json')).toBe('null\n');
  });

  it.each([
    ['flags at the top level of <layer>.toml', { 'x.toml': 'launch = true\n' }, '/layers/a/x.toml', 'must be in the [types] table'],
    ['a flag that is not a boolean', { 'x.toml': '[types]\nlaunch = "yes"\n' }, '/layers/a/x.toml', 'types.launch: want true or false, not a string'],
    ['a command that is a string', { 'launch.toml': '[[processes]]\ntype = "web"\ncommand = "x"\n' }, '/layers/a/launch.toml', 'processes[0].command'],
    ['direct', { 'launch.toml': '[[processes]]\ntype = "web"\ncommand = ["x"]\ndirect = true\n' }, '/layers/a/launch.toml', 'processes[0].direct'],
    [
      'two defaults',
      { 'launch.toml': '[[processes]]\ntype = "a"\ncommand = ["x"]\ndefault = true\n[[processes]]\ntype = "b"\ncommand = ["x"]\ndefault = true\n' },
      '/layers/a/launch.toml',
      'more than one process',
    ],
    ['an unmet entry that it was not given', { 'build.toml': '[[unmet]]\nname = "x"\n' }, '/layers/a/build.toml', '"x" is not in the plan'],
    ['an unmet entry without name', { 'build.toml': '[[unmet]]\n' }, '/layers/a/build.toml', 'unmet[0].name: is missing'],
    ['a bom with a version', { 'launch.toml': '[[bom]]\nname = "x"\nversion = "1"\n' }, '/layers/a/launch.toml', 'metadata.version'],
    ['an SBOM format that it does not declare', { 'launch.sbom.cdx.json': '{}' }, '/layers/a/launch.sbom.cdx.json', 'does not declare'],
    ['an unknown SBOM format', { 'launch.sbom.other.json': '{}' }, '/layers/a/launch.sbom.other.json', 'is not one of'],
  ])('refuses %s', async (_title, files, file, message) => {
    fixture.buildpack('a@1', { build: writes(files) });
    await expect(run(['a'])).rejects.toMatchObject({ code: 'SPEC_FILE_INVALID', file, message: expect.stringContaining(message) as string });
  });

  it('reports every problem of a file at once', async () => {
    fixture.buildpack('a@1', { build: writes({ 'launch.toml': '[[processes]]\ncommand = 3\n[[labels]]\nvalue = 1\n' }) });
    await expect(run(['a'])).rejects.toMatchObject({
      problems: [
        { keyPath: 'processes[0].type', problem: 'is missing' },
        { keyPath: 'processes[0].command', problem: 'want a list of strings, not a number' },
        { keyPath: 'labels[0].key', problem: 'is missing' },
        { keyPath: 'labels[0].value', problem: 'want a string, not a number' },
      ],
    });
  });

  it('names file and line of broken TOML', async () => {
    fixture.buildpack('a@1', { build: writes({ 'launch.toml': '[[processes]]\ntype = \n' }) });
    await expect(run(['a'])).rejects.toMatchObject({ code: 'SPEC_FILE_INVALID', message: expect.stringContaining('/layers/a/launch.toml:2') as string });
  });

  it('verifies the APIs of the group before it runs anything', async () => {
    fixture.buildpack('a@1');
    await expect(run(['a'], { api: '0.99' })).rejects.toMatchObject({ code: 'BUILDPACK_API_UNSUPPORTED' });
    expect(fixture.sandbox.processes).toHaveLength(0);
  });
});

describe('build() beside the reference lifecycle', () => {
  const goldenRoot = join(import.meta.dirname, '../../golden/cnb');
  const element = (id: string, version: string, api: string, homepage?: string) => ({
    id: id as BuildpackId,
    version,
    api,
    ...(homepage === undefined ? {} : { homepage }),
  });
  const TWO: Group = { group: [element('a/one', '1.0.0', '0.10', 'https://example.org/one?a=1&b=<2>'), element('two', '2.0.0', '0.8')], groupExtensions: [] };
  const THREE: Group = { group: [element('three', '3.0.0', '0.12')], groupExtensions: [] };

  it.each([
    ['platform-0.8', '0.8', TWO],
    ['platform-0.9', '0.9', TWO],
    ['platform-0.14', '0.14', TWO],
    ['no-processes', '0.14', THREE],
  ] as const)('writes the same metadata.toml and SBOMs: %s', async (folder, platformApi, group) => {
    for (const { id, version } of group.group) {
      const name = id.replaceAll('/', '_');
      const from = join(goldenRoot, 'buildpacks', name);
      fixture.write(`buildpacks/${name}/${version}/buildpack.toml`, readFileSync(join(from, 'buildpack.toml'), 'utf8'));
      fixture.write(`buildpacks/${name}/${version}/bin/build`, readFileSync(join(from, 'build'), 'utf8'), 0o755);
    }
    await run([], { group, platformApi });
    const golden = (file: string): string => readFileSync(join(goldenRoot, folder, file), 'utf8');
    expect(layerFile('config/metadata.toml')).toBe(golden('metadata.toml'));
    for (const purpose of ['launch', 'build']) {
      const file = `sbom/${purpose}/sbom.legacy.json`;
      if (platformApi === '0.8') expect(existsSync(join(fixture.layers.root, file))).toBe(false);
      else expect(layerFile(file)).toBe(golden(`${purpose}.sbom.legacy.json`));
    }
  });
});
