import { mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGroupToml, parseOrderToml, parsePlanToml, parseSystemToml } from '../../../src/cnb/index.ts';
import { detect } from '../../../src/lifecycle/detect/detect.ts';
import type { DetectEvent, DetectInputs } from '../../../src/lifecycle/detect/detect.ts';
import type { FakeProgram } from '../../support/fake-executor.ts';
import { PhaseFixture } from '../../support/phase-fixture.ts';

let fixture: PhaseFixture;
let events: DetectEvent[];
beforeEach(() => {
  fixture = new PhaseFixture();
  events = [];
});
afterEach(() => fixture.remove());

const order = (...groups: readonly (readonly string[])[]): string =>
  groups
    .map(
      (group) =>
        `[[order]]\n${group.map((word) => `[[order.group]]\nid = "${word.replace('?', '')}"\nversion = "1"\noptional = ${word.endsWith('?')}\n`).join('')}`,
    )
    .join('');

function run(orderText: string, more: Partial<DetectInputs> = {}, platformApi?: string) {
  return detect(
    { ...fixture.inputs(platformApi), order: parseOrderToml(orderText, 'order.toml'), concurrency: 4, ...more },
    { sandbox: fixture.sandbox, modules: fixture.modules(), layers: fixture.layers, events: (event) => events.push(event) },
  );
}

const exits =
  (code: number, output = ''): FakeProgram =>
  ({ print }) => {
    print(output);
    return code;
  };
const plans =
  (text: string): FakeProgram =>
  ({ args, hostPath }) => {
    writeFileSync(hostPath(args[1]!), text);
    return 0;
  };
const ids = (outcome: Awaited<ReturnType<typeof run>>): readonly string[] => (outcome.kind === 'detected' ? outcome.group.group.map(({ id }) => id) : []);

describe('detect()', () => {
  it('writes group.toml and plan.toml of the first group that passes', async () => {
    fixture.buildpack('a@1', { detect: exits(100) });
    fixture.buildpack('b@1', { info: 'homepage = "https://example.org"', detect: plans('[[provides]]\nname = "node"\n') });
    fixture.buildpack('c@1', { detect: plans('[[requires]]\nname = "node"\n[requires.metadata]\nversion = "22"\n') });
    const outcome = await run(order(['a'], ['a?', 'b', 'c']));
    expect(ids(outcome)).toEqual(['b', 'c']);
    expect(parseGroupToml(readFileSync(join(fixture.layers.root, 'group.toml'), 'utf8'), 'group.toml')).toEqual({
      group: [
        { id: 'b', version: '1', api: '0.10', homepage: 'https://example.org' },
        { id: 'c', version: '1', api: '0.10' },
      ],
      groupExtensions: [],
    });
    expect(parsePlanToml(readFileSync(join(fixture.layers.root, 'plan.toml'), 'utf8'), 'plan.toml')).toEqual({
      entries: [
        {
          providers: [{ id: 'b', version: '1', extension: false }],
          requires: [{ name: 'node', metadata: expect.objectContaining({ version: '22' }) as object }],
        },
      ],
    });
    expect(events.filter(({ kind }) => kind === 'detected')).toHaveLength(1);
  });

  it('gives bin/detect its arguments, folder and environment, and nothing else', async () => {
    fixture.write('platform/env/MY_VAR', 'user value\n');
    fixture.write('platform/env/PATH', '/user/bin');
    fixture.write('build-config/env/OPERATOR', 'set');
    fixture.write('build-config/env/MY_VAR', 'loses');
    fixture.write('build-config/env/PATH.append', ':/operator');
    fixture.buildpack('new@1', { api: '0.12' });
    fixture.buildpack('old@1', { api: '0.7', info: 'clear-env = true' });
    await run(order(['new', 'old']), { extraEnv: { HTTP_PROXY: 'http://proxy' } });
    const [newer, older] = fixture.sandbox.processes;
    const path = process.env['PATH'];
    expect(newer!.cwd).toBe('/workspace');
    expect(newer!.command).toEqual(['/cnb/buildpacks/new/1/bin/detect', '/platform', newer!.env['CNB_BUILD_PLAN_PATH']]);
    expect(newer!.env).toEqual({
      PATH: `/user/bin:${path}:/operator`,
      HOME: '/home/cnb',
      HTTP_PROXY: 'http://proxy',
      MY_VAR: 'user value\n',
      OPERATOR: 'set',
      CNB_BUILDPACK_DIR: '/cnb/buildpacks/new/1',
      CNB_PLATFORM_DIR: '/platform',
      CNB_BUILD_PLAN_PATH: expect.stringMatching(/^\/scratch\/.*plan\.toml$/) as string,
      CNB_TARGET_OS: 'linux',
      CNB_TARGET_ARCH: 'amd64',
      CNB_TARGET_DISTRO_NAME: 'debian',
      CNB_TARGET_DISTRO_VERSION: '13',
      CNB_EXEC_ENV: 'production',
    });
    expect(older!.env).toEqual({
      PATH: `${path}:/operator`,
      HOME: '/home/cnb',
      HTTP_PROXY: 'http://proxy',
      MY_VAR: 'loses', // with clear-env the operator's default is the first value
      OPERATOR: 'set',
      CNB_BUILDPACK_DIR: '/cnb/buildpacks/old/1',
    });
  });

  it('runs real executables and keeps what they print', async () => {
    fixture.write('workspace/package.json', '{}');
    fixture.buildpack('a@1', {
      detect:
        '#!/bin/sh\necho looking\necho warned >&2\ntest -f package.json || exit 100\nprintf \'[[provides]]\\nname = "x"\\n[[requires]]\\nname = "x"\\n\' > "$CNB_BUILD_PLAN_PATH"\n',
    });
    const outcome = await run(order(['a']));
    expect(outcome).toMatchObject({ kind: 'detected', plan: { entries: [{ providers: [{ id: 'a' }] }] } });
    expect(outcome.runs[0]!.output).toContain('looking\n');
    expect(outcome.runs[0]!.output).toContain('warned\n');
  });

  it('says what each buildpack of a failed detection did', async () => {
    fixture.buildpack('a@1', { detect: exits(100, 'no package.json') });
    fixture.buildpack('b@1', { detect: plans('[[requires]]\nname = "x"\n') });
    const outcome = await run(order(['a'], ['b'], ['a?']));
    expect(outcome).toMatchObject({
      kind: 'none',
      errored: false,
      runs: [
        { reference: { id: 'a' }, verdict: 'fail', exitCode: 100, output: 'no package.json' },
        { reference: { id: 'b' }, verdict: 'pass', exitCode: 0 },
      ],
      attempts: [
        { result: 'failed', members: [{ verdict: 'fail', optional: false }] },
        { result: 'plan-unresolved', failures: [{ reference: { id: 'b' }, kind: 'requires', name: 'x' }] },
        { result: 'no-buildpack' },
      ],
    });
    expect(fixture.layers.kind('group.toml')).toBeUndefined();
  });

  it.each([
    ['an exit code other than 0 and 100', exits(1), 'bin/detect exited with 1'],
    ['an interpreter that is missing', '#!/no/such/interpreter\n', "Cannot start '/cnb/buildpacks/a/1/bin/detect'"],
    ['a broken plan', plans('[[requires'), 'Cannot parse'],
    ['a plan of more than 10 MB', plans('#'.repeat(11_000_000)), 'larger than 10000000 bytes'],
    ['a version at the top level of a require', plans('[[requires]]\nname = "x"\nversion = "1"\n'), 'metadata.version'],
    ['a provide without a name', plans('[[provides]]\n'), 'provides[0].name'],
  ])('counts %s as an error', async (_title, program, reason) => {
    fixture.buildpack('a@1', { detect: program });
    const outcome = await run(order(['a']));
    expect(outcome).toMatchObject({ kind: 'none', errored: true, runs: [{ verdict: 'error', reason: expect.stringContaining(reason) as string }] });
  });

  it('goes on without an optional buildpack that errors', async () => {
    fixture.buildpack('a@1', { detect: exits(7) });
    fixture.buildpack('b@1');
    expect(ids(await run(order(['a?', 'b'])))).toEqual(['b']);
  });

  it('runs each buildpack once over all groups, several at once but not too many', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      fixture.buildpack(`${id}@1`, {
        detect: async () => {
          await setTimeout(20);
          return 100;
        },
      });
    }
    await run(order(['a', 'b', 'c'], ['a?', 'b?', 'c?', 'd?', 'e?']), { concurrency: 2 });
    expect(fixture.sandbox.processes).toHaveLength(5);
    expect(fixture.sandbox.mostAtOnce).toBe(2);
  });

  it('refuses a buildpack for another target unless it is optional', async () => {
    fixture.buildpack('arm@1', { toml: '[[targets]]\nos = "linux"\narch = "arm64"\n' });
    fixture.buildpack('any@1');
    expect(await run(order(['arm', 'any']))).toMatchObject({
      kind: 'none',
      errored: true,
      runs: [{ verdict: 'unsupported', reason: expect.stringContaining('linux/arm64') as string }, {}],
    });
    expect(ids(await run(order(['arm?', 'any'])))).toEqual(['any']);
    expect(ids(await run(order(['arm', 'any']), {}, '0.11'))).toEqual(['arm', 'any']);
  });

  it('puts system buildpacks around the group from Platform API 0.15 on', async () => {
    for (const id of ['pre', 'a', 'post']) fixture.buildpack(`${id}@1`);
    const system = parseSystemToml(
      '[[system.pre.buildpacks]]\nid = "pre"\nversion = "1"\n[[system.post.buildpacks]]\nid = "post"\nversion = "1"\n[[system.post.buildpacks]]\nid = "a"\nversion = "1"\n',
      'system.toml',
    );
    expect(ids(await run(order(['a']), { system }, '0.15'))).toEqual(['pre', 'a', 'post']);
    expect(ids(await run(order(['a']), { system }, '0.14'))).toEqual(['a']);
  });

  it('keeps extensions apart and lets them only provide', async () => {
    fixture.buildpack('a@1', { detect: plans('[[requires]]\nname = "curl"\n') });
    fixture.extension('good@1', { plan: '[[provides]]\nname = "curl"\n' });
    fixture.extension('bad@1', { detect: plans('[[requires]]\nname = "x"\n') });
    const text = `${order(['a'])}${['bad', 'good'].map((id) => `[[order-extensions]]\n[[order-extensions.group]]\nid = "${id}"\nversion = "1"\n`).join('')}`;
    expect(await run(text)).toMatchObject({
      kind: 'detected',
      group: { group: [{ id: 'a' }], groupExtensions: [{ id: 'good', api: '0.10' }] },
      plan: { entries: [{ providers: [{ id: 'good', extension: true }] }] },
      runs: [{ reference: { id: 'bad' }, verdict: 'error', reason: 'an extension must not require anything' }, {}, { reference: { id: 'good' } }],
    });
    expect(fixture.sandbox.processes.some(({ env }) => env['CNB_EXTENSION_DIR'] === '/cnb/extensions/bad/1')).toBe(true);
  });

  it('does not follow a plan that has become a link to a file of the host', async () => {
    fixture.write('secret.toml', '[[provides]]\nname = "secret"\n');
    fixture.buildpack('a@1', {
      detect: ({ args, hostPath }) => {
        const plan = hostPath(args[1]!);
        unlinkSync(plan);
        symlinkSync(join(fixture.root, 'secret.toml'), plan);
        return 0;
      },
    });
    const outcome = await run(order(['a']));
    expect(outcome).toMatchObject({ kind: 'detected', plan: { entries: [] } });
  });

  it('runs nothing when a buildpack of the order is missing or of an unknown API', async () => {
    fixture.buildpack('a@1');
    fixture.buildpack('future@1', { api: '0.99' });
    await expect(run(order(['a'], ['future']))).rejects.toMatchObject({ code: 'BUILDPACK_API_UNSUPPORTED' });
    await expect(run(order(['a'], ['missing']))).rejects.toMatchObject({ code: 'BUILDPACK_NOT_FOUND' });
    expect(fixture.sandbox.processes).toHaveLength(0);
  });

  it('stops when it is aborted', async () => {
    const abort = new AbortController();
    fixture.buildpack('a@1', {
      detect: () => {
        abort.abort(new Error('stop'));
        return 100;
      },
    });
    fixture.buildpack('b@1');
    await expect(run(order(['a'], ['b']), { signal: abort.signal })).rejects.toThrow('stop');
    expect(fixture.sandbox.processes).toHaveLength(1);
  });

  it('treats a buildpack without bin/detect as an error', async () => {
    mkdirSync(join(fixture.root, 'buildpacks/a/1'), { recursive: true });
    fixture.write('buildpacks/a/1/buildpack.toml', 'api = "0.10"\n[buildpack]\nid = "a"\nversion = "1"\n');
    expect(await run(order(['a']))).toMatchObject({ kind: 'none', errored: true, runs: [{ reason: 'it has no bin/detect' }] });
  });
});
