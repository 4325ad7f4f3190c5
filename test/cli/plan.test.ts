import { describe, expect, it } from 'vitest';
import { TspackError } from '../../src/index.ts';
import type { BuildOptions, PlannedBuild } from '../../src/index.ts';
import { digest, runFake } from '../support/fake-library.ts';
import type { FakeLibrary } from '../support/fake-library.ts';

const PLAN: PlannedBuild = {
  image: 'example.com/team/myapp:1.2',
  tags: ['example.com/team/myapp:latest'],
  source: '/project',
  platform: 'linux/amd64',
  builder: 'base',
  runImage: { name: 'base', reference: `base@${digest('b')}` },
  previousImage: { imageId: digest('a'), built: '2024-01-01T00:00:00.000Z', milliseconds: 61_000 },
  modules: [
    {
      kind: 'buildpack',
      id: 'tspack/java',
      version: '0.1.0',
      verdict: 'fail',
      evidence: 'no pom.xml here\nnearest: \u001b[2Jweb/pom.xml',
      takesPart: false,
      alternatives: [],
    },
    { kind: 'buildpack', id: 'tspack/nodejs', version: '0.1.0', verdict: 'pass', evidence: 'package.json:1', takesPart: true, alternatives: [] },
    { kind: 'buildpack', id: 'acme/lint', version: '2', verdict: 'pass', evidence: '', takesPart: false, alternatives: [] },
  ],
  provisions: [{ name: 'node', providers: ['tspack/nodejs'], requires: [{ name: 'node', metadata: { output: 'static-web' } }, { name: 'node' }] }],
  buildpacks: [
    {
      ...{ id: 'tspack/nodejs', version: '0.1.0', told: 'part', provisional: false, output: 'tspack Node.js' },
      end: { layer: 'dependencies', reason: 'it runs npm ci' },
      choices: [{ name: 'Node.js', version: '22.1.0', reason: 'the newest for ">=20" in package.json\u001b[2J' }],
      layers: [
        {
          ...{ name: 'node', types: { launch: true, build: true, cache: true }, decision: 'made', reason: 'Node.js version changed from 20 to 22.1.0' },
          known: { types: { launch: true, build: true, cache: true }, files: 'cache', inputs: { 'Node.js version': '20' } },
          ...{ change: { input: 'Node.js version', from: '20', to: '22.1.0' }, inputs: { 'Node.js version': '22.1.0' } },
          downloads: [
            { label: 'node', digest: digest('1'), sizeBytes: 30_000_000, from: 'network' },
            { label: 'headers', digest: digest('2'), from: 'network' },
          ],
        },
        {
          ...{
            name: 'npm',
            types: { launch: false, build: false, cache: true },
            decision: 'reused',
            reason: 'npm version unchanged',
            inputs: {},
            downloads: [],
          },
          known: { types: { launch: false, build: false, cache: true }, files: 'cache', inputs: {} },
        },
        {
          name: 'tools',
          decision: 'made',
          reason: 'not built before',
          inputs: {},
          downloads: [{ label: 't', digest: digest('3'), sizeBytes: 3, from: 'store' }],
        },
        { name: 'dependencies', decision: 'open', inputs: {}, downloads: [] },
      ],
    },
    { id: 'acme/other', version: '2', told: 'nothing', end: { reason: 'only its build can tell' }, provisional: true, choices: [], layers: [], output: '' },
    { id: 'tspack/procfile', version: '0.1.0', told: 'all', provisional: true, choices: [], layers: [], output: '' },
    {
      id: 'acme/broken',
      version: '1',
      told: 'failed',
      end: { reason: 'its build would fail' },
      provisional: false,
      choices: [],
      layers: [],
      output: 'no\nway',
    },
  ],
  fetch: { bytes: 30_000_000, files: 2, unknownSizes: 1, complete: false },
};

function planningLibrary() {
  const asked: BuildOptions[] = [];
  const library: FakeLibrary = {
    plan: async (options, task) => {
      asked.push(options);
      task.events({ kind: 'phase-started', phase: 'detecting' });
      return PLAN;
    },
  };
  return { asked, library };
}

const ARGUMENTS = ['example.com/team/myapp:1.2', '--builder', 'base', '--env', 'A=1', '--clear-cache'];

describe('tspack plan', () => {
  it('shows what a build would do on standard output', async () => {
    const { asked, library } = planningLibrary();
    const { code, stdout, stderr } = await runFake(['plan', ...ARGUMENTS], { library });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '===> DETECTING\n' });
    await expect(stdout).toMatchFileSnapshot('../golden/cli/plan.txt');
    expect(stdout).not.toContain('\u001b');
    expect(asked).toMatchObject([{ image: 'example.com/team/myapp:1.2', builder: 'base', env: { A: '1' }, clearCache: true }]);
  });

  it('is build --dry-run, with the same options', async () => {
    const [plan, dryRun] = [planningLibrary(), planningLibrary()];
    const shown = await runFake(['plan', ...ARGUMENTS, '--format', 'json'], plan);
    expect(JSON.parse(shown.stdout)).toEqual(JSON.parse(JSON.stringify(PLAN)));
    expect(await runFake(['build', ...ARGUMENTS, '--dry-run', '--format', 'json'], dryRun)).toEqual(shown);
    expect(dryRun.asked).toEqual(plan.asked);
    expect((await runFake(['build', ...ARGUMENTS, '--dry-run'], dryRun)).stdout).toContain('Buildpacks:\n');
  });

  it('refuses formats that there are none of, and a format of a build', async () => {
    expect(await runFake(['plan', ...ARGUMENTS, '--format', 'yaml'])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('want text or json'),
    });
    expect(await runFake(['build', ...ARGUMENTS, '--format', 'json'])).toMatchObject({ code: 3, stderr: expect.stringContaining('--dry-run') });
    expect(await runFake(['plan'])).toMatchObject({ code: 3 });
  });

  it('ends as the build would', async () => {
    const library: FakeLibrary = {
      plan: () => Promise.reject(new TspackError({ code: 'BUILDER_MISSING', message: 'No builder is chosen' })),
      builders: () => [{ name: 'base', description: 'general' }],
    };
    const { code, stdout, stderr } = await runFake(['plan', 'myapp', '--format', 'json'], { library });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('--builder base');
  });

  it('says when nothing is to be fetched', async () => {
    const plan = (fetch: PlannedBuild['fetch']): FakeLibrary => ({ plan: async () => ({ ...PLAN, fetch }) });
    const shown = async (fetch: PlannedBuild['fetch']) => (await runFake(['plan', 'x'], { library: plan(fetch) })).stdout;
    expect(await shown({ bytes: 0, files: 0, unknownSizes: 0, complete: true })).toMatch(/To fetch: nothing\n$/);
    expect(await shown({ bytes: 0, files: 0, unknownSizes: 0, complete: false })).toMatch(/To fetch: nothing that is known yet\n$/);
  });
});
