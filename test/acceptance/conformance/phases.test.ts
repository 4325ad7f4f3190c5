import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectSame, runScenario } from '../../support/conformance/compare.ts';
import { everything, processToml } from '../../support/conformance/everything.ts';
import type { RoundOutcome } from '../../support/conformance/outcome.ts';
import type { Scenario, ScenarioBuildpack } from '../../support/conformance/scenario.ts';
import { referenceObstacle } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-conformance-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const PLATFORM_APIS = ['0.7', '0.8', '0.9', '0.10', '0.11', '0.12', '0.13', '0.14', '0.15'];
const BUILDPACK_APIS = ['0.7', '0.8', '0.9', '0.10', '0.11', '0.12'];

/** A buildpack that only builds. */
const builds = (name: string, build: string, more: Partial<ScenarioBuildpack> = {}): ScenarioBuildpack => ({ name, api: '0.10', build, ...more });
const writes = (file: string, text: string): string => `cat > "$1/${file}" <<'EOF'\n${text}\nEOF\n`;

/** The phase that a build ends in, and how: the same for both, and told apart from a build that ends elsewhere. */
async function expectEnd(scenario: Scenario, phase: string, exitCode: number): Promise<void> {
  await using comparison = await runScenario(home, scenario);
  const said = comparison.rounds.at(-1)?.reference.output;
  expect(comparison.rounds.at(-1)?.tspack.ends.at(-1), said).toEqual({ phase, exitCode });
  expect(comparison.rounds.at(-1)?.reference.ends.at(-1), said).toEqual({ phase, exitCode });
}

/** Difference `sbom-of-lost-layer` (differences.test.ts), and folders of buildpacks that were given nothing back. */
const withoutLostSboms = (outcome: RoundOutcome): RoundOutcome => {
  const keep = (listing: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(listing).filter(([path]) => path.includes('/') && !path.endsWith('of-launch-build.sbom.cdx.json')));
  return { ...outcome, restored: keep(outcome.restored), built: keep(outcome.built) };
};

describe.skipIf(skipWithout(`what the conformance suite needs (${obstacle})`, obstacle === undefined))('both lifecycles', () => {
  it.each(PLATFORM_APIS)('build twice what buildpacks of every API make, at Platform API %s', { timeout: 120_000 }, async (platformApi) => {
    const operator = ['0.7', '0.8', '0.9', '0.10'].includes(platformApi)
      ? {}
      : { 'cnb/build-config/env/OPERATOR': 'from the operator', 'cnb/build-config/env/USER_SAYS.append': '+operator', 'cnb/build-config/env/PLAIN': 'default' };
    await using comparison = await runScenario(home, {
      platformApi,
      buildpacks: BUILDPACK_APIS.map(everything),
      rounds: 2,
      files: {
        'platform/env/USER_SAYS': 'from the user',
        'platform/env/PATH': '/user/bin',
        'platform/env/PLAIN': 'user wins',
        'platform/env/WITH.DOT': 'a name as it is',
        'platform/bindings/db/type': 'postgres',
        'workspace/.profile': 'export FROM_APP_PROFILE=yes\n',
        ...operator,
      },
      launches: [
        ['/cnb/process/web'],
        ...BUILDPACK_APIS.map((api) => [`/cnb/process/env-${api}`]),
        ['/cnb/lifecycle/launcher', 'echo', '$HOME', '$ONLY_LAUNCH'],
      ],
    });
    expect(comparison.rounds.at(-1)?.tspack.ends.at(-1)).toEqual({ phase: 'export', exitCode: 0 });
    expect(
      comparison.launches.filter(({ reference }) => reference.exitCode === 0),
      JSON.stringify(comparison.launches),
    ).toHaveLength(BUILDPACK_APIS.length + 2);
    await expectSame(comparison);
  });

  it('give a buildpack that clears its environment only what the operator says', { timeout: 60_000 }, async () => {
    await using comparison = await runScenario(home, {
      platformApi: '0.15',
      buildpacks: [
        builds('test/sets@1', 'mkdir -p "$1/l/env"; printf layer > "$1/l/env/BOTH"; printf "[types]\\nbuild = true\\n" > "$1/l.toml"'),
        builds('test/clear@1', 'cat /platform/env/USER_SAYS > "$1/store.toml"', { info: 'clear-env = true' }),
        builds('test/plain@1', ''),
      ],
      files: { 'platform/env/USER_SAYS': '# a comment', 'platform/env/BOTH': 'user', 'cnb/build-config/env/OPERATOR': 'op', 'cnb/build-config/env/BOTH': 'op' },
    });
    expect(comparison.rounds[0]?.tspack.records['build test_clear@1']).toContain('\nBOTH=layer\n');
    expect(comparison.rounds[0]?.tspack.records['build test_clear@1']).not.toContain('USER_SAYS');
    expect(comparison.rounds[0]?.tspack.records['build test_plain@1']).toContain('\nBOTH=user\n');
    await expectSame(comparison);
  });

  it('hand unmet entries on to the next provider', { timeout: 60_000 }, async () => {
    const provides = (name: string, build: string, optional = ''): ScenarioBuildpack =>
      builds(name, build, { detect: `printf '[[provides]]\\nname = "a"\\n[[provides]]\\nname = "b"\\n${optional}' > "$2"` });
    await using comparison = await runScenario(home, {
      platformApi: '0.14',
      buildpacks: [
        provides('test/one@1', writes('build.toml', '[[unmet]]\nname = "a"')),
        provides('test/two@1', ''),
        provides('test/three@1', ''),
        {
          name: 'test/needs@1',
          api: '0.10',
          detect: `cat > "$2" <<'EOF'
[[requires]]
name = "a"
metadata = { version = "1", list = [1, 2], nested = { x = 1.5, when = 1979-05-27T07:32:00Z } }
[[requires]]
name = "b"
[[requires]]
name = "a"
EOF`,
        },
      ],
    });
    expect(comparison.rounds[0]?.tspack.records['build test_two@1']).toContain('"a"');
    expect(comparison.rounds[0]?.tspack.records['build test_three@1']).not.toContain('"a"');
    await expectSame(comparison);
  });

  const FLAGS = ['', 'launch', 'build', 'cache', 'launch build', 'launch cache', 'build cache', 'launch build cache'];
  /** What the second build does with each layer: nothing, writes it again, describes it without its folder, removes its description. */
  it.each(['0.7', '0.8', '0.13', '0.14', '0.15'])('restore layers of every type alike, at Platform API %s', { timeout: 120_000 }, async (platformApi) => {
    // Not `launch` or `build`, which no layer may be called.
    const layer = (flags: string): string => `of-${flags.replaceAll(' ', '-')}`;
    const types = (flags: string): string =>
      `[types]\n${flags
        .split(' ')
        .filter(Boolean)
        .map((flag) => `${flag} = true\n`)
        .join('')}[metadata]\nflags = "${flags}"\n`;
    const writeAll = FLAGS.map(
      (flags) =>
        `mkdir -p "$1/${layer(flags)}"; echo '${flags}' > "$1/${layer(flags)}/file"; echo '{}' > "$1/${layer(flags)}.sbom.cdx.json"\n${writes(`${layer(flags)}.toml`, types(flags))}`,
    ).join('');
    const info = 'sbom-formats = ["application/vnd.cyclonedx+json"]';
    await using comparison = await runScenario(home, {
      platformApi,
      rounds: 3,
      buildpacks: [
        builds('test/again@1', writeAll, { info }),
        builds('test/once@1', `[ $round != 1 ] || { ${writeAll} }`, { info }),
        // What is there again gets its types back; what is not is written.
        builds(
          'test/keeps@1',
          FLAGS.map(
            (flags) =>
              `if [ -f "$1/${layer(flags)}.toml" ]; then\n${writes(`${layer(flags)}.toml`, types(flags))}else mkdir -p "$1/${layer(flags)}"; echo '${flags}' > "$1/${layer(flags)}/file"\n${writes(`${layer(flags)}.toml`, types(flags))}fi`,
          ).join('\n'),
        ),
      ],
    });
    expect(comparison.rounds.at(-1)?.tspack.ends.at(-1)).toEqual({ phase: 'export', exitCode: 0 });
    await expectSame(comparison, withoutLostSboms);
  });

  it('export slices, labels, defaults and stores alike, and with a process that was asked for', { timeout: 60_000 }, async () => {
    await using comparison = await runScenario(home, {
      platformApi: '0.15',
      defaultProcess: 'worker',
      buildpacks: [
        builds(
          'test/a@1',
          writes(
            'launch.toml',
            `${processToml('0.10', 'web', 'echo a', 'default = true')}${processToml('0.10', 'worker', 'echo worker')}[[slices]]\npaths = ["static", "*.md"]\n[[labels]]\nkey = "k"\nvalue = "a"`,
          ),
        ),
        builds('test/b@1', writes('launch.toml', `${processToml('0.10', 'web', 'echo b')}[[slices]]\npaths = ["lib/*"]\n[[labels]]\nkey = "k"\nvalue = "b"`)),
        builds('test/c@1', writes('store.toml', '[metadata]\nint = 3\ntext = "x"\n[metadata.deep]\nlist = [["a"], ["b"]]')),
      ],
      files: { 'workspace/static/a': 'a', 'workspace/static/b/c': 'c', 'workspace/README.md': 'r', 'workspace/lib/x': 'x', 'workspace/lib/y': 'y' },
      launches: [['/cnb/process/web'], ['/cnb/process/worker', 'more'], ['/cnb/lifecycle/launcher'], ['/cnb/lifecycle/launcher', '--', 'echo', 'direct']],
    });
    expect(comparison.launches.map(({ tspack }) => tspack.exitCode)).toEqual([0, 0, 82, 0]);
    const said = (ends: readonly { readonly stdout: string; readonly exitCode: number }[]) =>
      ends.map(({ stdout, exitCode }) => ({ stdout: exitCode === 0 ? stdout : '', exitCode }));
    expect(said(comparison.launches.map(({ tspack }) => tspack))).toEqual(said(comparison.launches.map(({ reference }) => reference)));
    await expectSame({ ...comparison, launches: [] });
  });

  it('put system buildpacks around the group, and leave out what is for another execution environment', { timeout: 60_000 }, async () => {
    const element = (id: string) => `[[system.${id}.buildpacks]]\nid = "test/${id}"\nversion = "1"\n`;
    const forTests = writes(
      'launch.toml',
      `${processToml('0.12', 'web', 'echo for tests', 'exec-env = ["test"]')}${processToml('0.12', 'other', 'echo for production', 'exec-env = ["production"]')}${processToml('0.12', 'any', 'echo $CNB_EXEC_ENV', 'exec-env = ["*"]')}`,
    );
    await using comparison = await runScenario(home, {
      platformApi: '0.15',
      execEnv: 'test',
      system: `${element('pre')}${element('post')}`,
      order: 'test/tests@1 test/skipped@1 test/main@1',
      buildpacks: [
        builds('test/pre@1', ''),
        builds('test/post@1', ''),
        builds('test/main@1', '', { api: '0.12' }),
        builds('test/tests@1', forTests, { api: '0.12', info: 'exec-env = ["test", "other"]' }),
        builds('test/skipped@1', '', { api: '0.12', info: 'exec-env = ["production"]' }),
      ],
      launches: [['/cnb/process/web'], ['/cnb/process/any'], ['/cnb/process/other']],
    });
    expect(comparison.rounds[0]?.tspack.group).toMatchObject({ group: [{ id: 'test/pre' }, { id: 'test/tests' }, { id: 'test/main' }, { id: 'test/post' }] });
    const exits = (ends: readonly { readonly exitCode: number; readonly stdout: string }[]) =>
      ends.map(({ exitCode, stdout }) => [exitCode, exitCode === 0 ? stdout : '']);
    expect(exits(comparison.launches.map(({ tspack }) => tspack))).toEqual(exits(comparison.launches.map(({ reference }) => reference)));
    await expectSame({ ...comparison, launches: [] });
  });

  it.each<readonly [string, string, Partial<ScenarioBuildpack>]>([
    ['of the right target', 'detect', { toml: '[[targets]]\nos = "linux"\narch = "amd64"\n[[targets.distros]]\nname = "debian"\nversion = "13"' }],
    ['of another architecture', 'detect', { toml: '[[targets]]\nos = "linux"\narch = "riscv64"' }],
    ['of another distribution', 'detect', { toml: '[[targets]]\nos = "linux"\n[[targets.distros]]\nname = "ubuntu"\nversion = "24.04"' }],
    ['of Windows alone', 'detect', { toml: '[[targets]]\nos = "windows"' }],
    ['of an old stack', 'detect', { toml: '[[stacks]]\nid = "io.buildpacks.stacks.bionic"' }],
    ['of an old stack and another', 'detect', { toml: '[[stacks]]\nid = "io.buildpacks.stacks.bionic"\n[[stacks]]\nid = "other"' }],
    ['of old stacks, one of them any', 'detect', { toml: '[[stacks]]\nid = "other"\n[[stacks]]\nid = "*"' }],
    ['of an unknown stack', 'detect', { toml: '[[stacks]]\nid = "other"' }],
  ])('judge a buildpack %s alike, below and above Platform API 0.12', { timeout: 60_000 }, async (_title, _phase, more) => {
    for (const platformApi of ['0.11', '0.12', '0.15']) {
      for (const api of ['0.9', '0.10']) {
        await using comparison = await runScenario(home, { platformApi, detectOnly: true, buildpacks: [builds('test/targeted@1', '', { api, ...more })] });
        await expectSame(comparison);
      }
    }
  });

  it.each<readonly [string, string, number, Partial<Scenario>]>([
    ['fails', 'build', 51, { buildpacks: [builds('test/a@1', 'exit 3')] }],
    ['writes a launch.toml that is no TOML', 'build', 52, { buildpacks: [builds('test/a@1', writes('launch.toml', '= x'))] }],
    [
      'says direct from Buildpack API 0.9 on',
      'build',
      52,
      { buildpacks: [builds('test/a@1', writes('launch.toml', '[[processes]]\ntype = "a"\ncommand = ["a"]\ndirect = true'), { api: '0.9' })] },
    ],
    [
      'has two default processes',
      'build',
      52,
      {
        buildpacks: [
          builds('test/a@1', writes('launch.toml', `${processToml('0.10', 'a', 'a', 'default = true')}${processToml('0.10', 'b', 'b', 'default = true')}`)),
        ],
      },
    ],
    ['puts types of a layer at the top level', 'build', 52, { buildpacks: [builds('test/a@1', writes('l.toml', 'launch = true'))] }],
    ['calls an entry unmet that it was not given', 'build', 52, { buildpacks: [builds('test/a@1', writes('build.toml', '[[unmet]]\nname = "x"'))] }],
    ['writes an SBOM that it did not declare', 'build', 52, { buildpacks: [builds('test/a@1', 'echo {} > "$1/launch.sbom.cdx.json"')] }],
    ['passes nothing', 'detect', 20, { buildpacks: [builds('test/a@1', '', { detect: 'exit 100' })] }],
    ['fails detection with an error', 'detect', 21, { buildpacks: [builds('test/a@1', '', { detect: 'exit 1' })] }],
    ['writes a plan that is no TOML', 'detect', 21, { buildpacks: [builds('test/a@1', '', { detect: 'echo "= x" > "$2"' })] }],
    [
      'writes a version into a require',
      'detect',
      21,
      { buildpacks: [builds('test/a@1', '', { detect: `printf '[[provides]]\\nname = "a"\\n[[requires]]\\nname = "a"\\nversion = "1"\\n' > "$2"` })] },
    ],
    ['says a process type that is no file name', 'export', 62, { buildpacks: [builds('test/a@1', writes('launch.toml', processToml('0.10', 'a/b', 'a')))] }],
    [
      'lacks the process that was asked for',
      'export',
      62,
      { defaultProcess: 'nope', buildpacks: [builds('test/a@1', writes('launch.toml', processToml('0.10', 'a', 'a')))] },
    ],
    ['reuses a layer that there never was', 'export', 62, { buildpacks: [builds('test/a@1', writes('l.toml', '[types]\nlaunch = true'))] }],
    ['says that a cached layer has no content', 'export', 62, { buildpacks: [builds('test/a@1', writes('l.toml', '[types]\nlaunch = true\ncache = true'))] }],
  ])('end with the same exit code when a buildpack %s', { timeout: 60_000 }, async (_title, phase, exitCode, scenario) => {
    await expectEnd({ platformApi: '0.14', buildpacks: [], ...scenario }, phase, exitCode);
  });
});
