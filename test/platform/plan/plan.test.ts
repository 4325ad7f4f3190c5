import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildFixture, writing } from '../../support/build-fixture.ts';
import type { BuildpackId } from '../../../src/cnb/index.ts';
import type { HostPath, SandboxPath } from '../../../src/executor/index.ts';
import type { FakeProgram } from '../../support/fake-executor.ts';

let fixture: BuildFixture;
beforeEach(() => (fixture = new BuildFixture()));
afterEach(() => fixture.remove());

const CACHED = '[types]\nlaunch = true\ncache = true\n[metadata.inputs]\n"package-lock.json" = "sha256:1"\nnumber = 3\n';
const LAUNCH = '[types]\nlaunch = true\n';

/** Every file of the data folder with its content, locks and process files apart. */
function filesOfHome(): readonly string[] {
  return readdirSync(fixture.home.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('locks'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file} ${readFileSync(file, 'base64')}`)
    .sort();
}

/** A bin/detect that passes with this build plan. */
function requiring(text: string, output = ''): FakeProgram {
  return ({ args, hostPath, print }) => {
    appendFileSync(hostPath(args[1]!), text);
    print(output);
    return 0;
  };
}

describe('plan()', () => {
  it('runs detection alone, and tells what each buildpack said', async () => {
    const mustNot: FakeProgram = () => {
      throw new Error('a plan must not build');
    };
    fixture.buildpack('samples/no', { detect: ({ print }) => (print('no package.json\nnearest: web/package.json\n'), 100) });
    fixture.buildpack('samples/one', {
      detect: requiring('[[provides]]\nname = "node"\n[[requires]]\nname = "node"\n[requires.metadata]\nversion = "22"\n', 'app.txt:1 says so\n'),
      build: mustNot,
    });
    fixture.buildpack('samples/never-asked', { build: mustNot });
    const node = { name: 'node', metadata: { version: '22' } };
    expect(await fixture.plan({ tags: ['example.com/team/app:2'] })).toEqual({
      image: 'example.com/team/app:1',
      tags: ['example.com/team/app:2'],
      source: fixture.source,
      platform: 'linux/amd64',
      builder: 'fake',
      runImage: { name: 'example/run:1', reference: 'example/run@sha256:0' },
      modules: [
        {
          ...{ kind: 'buildpack', id: 'samples/no', version: '1', verdict: 'fail', takesPart: false, alternatives: [] },
          evidence: 'no package.json\nnearest: web/package.json',
        },
        {
          ...{ kind: 'buildpack', id: 'samples/one', version: '1', verdict: 'pass', takesPart: true, evidence: 'app.txt:1 says so' },
          alternatives: [{ provides: ['node'], requires: [node] }],
        },
      ],
      provisions: [{ name: 'node', providers: ['samples/one'], requires: [node] }],
      buildpacks: [
        {
          ...{ id: 'samples/one', version: '1', told: 'nothing', end: { reason: 'only its build can tell' }, provisional: false },
          ...{ choices: [], layers: [], output: '' },
        },
      ],
      fetch: { bytes: 0, files: 0, unknownSizes: 0, complete: false },
    });
  });

  it('fails where the build would, with what the buildpacks said', async () => {
    fixture.buildpack('samples/no', { detect: ({ print }) => (print('no package.json\n'), 100) });
    await expect(fixture.plan()).rejects.toMatchObject({ code: 'DETECT_NONE', explanations: [{ buildpack: 'samples/no', output: 'no package.json' }] });
  });

  it('tells what the last build left, and leaves it as it was', async () => {
    fixture.buildpack('samples/one', {
      build: writing({ 'modules.toml': CACHED, 'modules/file': 'kept', 'runtime.toml': LAUNCH, 'runtime/file': 'runtime' }),
    });
    const { imageId } = await fixture.build();
    const before = filesOfHome();
    const { buildpacks, previousImage } = await fixture.plan();
    expect(previousImage).toEqual({ imageId, built: fixture.now, milliseconds: expect.any(Number) as number });
    const open = { decision: 'open', inputs: {}, downloads: [] };
    const [modules, runtime] = [
      { launch: true, build: false, cache: true },
      { launch: true, build: false, cache: false },
    ];
    expect(buildpacks[0]!.layers).toEqual([
      { name: 'modules', types: modules, known: { types: modules, files: 'cache', inputs: { 'package-lock.json': 'sha256:1' } }, ...open },
      { name: 'runtime', types: runtime, known: { types: runtime, files: 'image', inputs: {} }, ...open },
    ]);
    expect(filesOfHome()).toEqual(before);
    expect((await fixture.build()).layers.every(({ reused }) => reused)).toBe(true);
  });

  it('uses nothing again with --clear-cache, and clears nothing', async () => {
    fixture.buildpack('samples/one', { build: writing({ 'modules.toml': CACHED, 'modules/file': 'kept' }) });
    await fixture.build();
    const before = filesOfHome();
    expect((await fixture.plan({ clearCache: true })).buildpacks[0]!.layers).toEqual([]);
    expect(filesOfHome()).toEqual(before);
  });

  it('says which cached layer is lost to this image', async () => {
    fixture.buildpack('samples/one', { build: writing({ 'modules.toml': CACHED, 'modules/file': 'kept' }) });
    await fixture.build();
    const { buildpacks } = await fixture.plan({ cache: { kind: 'volume', name: 'another' } });
    expect(buildpacks[0]!.layers).toMatchObject([{ name: 'modules', known: { files: 'lost' } }]);
  });

  it('makes no cache for an application that was never built', async () => {
    fixture.buildpack('samples/one');
    await fixture.plan();
    expect(readdirSync(fixture.home.cache)).not.toContain('layers');
  });

  describe('with buildpacks that have a bin/plan', () => {
    const LOCK = { input: 'package-lock.json', from: 'sha256:1', to: 'sha256:2' };
    const decision = (layer: string, decided: string, reason: string, more: object = {}) => ({
      kind: 'decision',
      layer,
      decision: decided,
      reason,
      inputs: {},
      ...more,
    });
    const wanted = (layer: string, label: string, sizeBytes: number | undefined, from = 'network') => ({
      kind: 'wanted',
      layer,
      label,
      digest: `sha256:${label}`,
      sizeBytes,
      from,
    });

    /** Tells these facts, as the SDK does, and leaves these files. */
    const telling =
      (id: string, facts: readonly object[], files: Readonly<Record<string, string>> = {}, code = 0): FakeProgram =>
      async (process) => {
        const record = process.hostPath(`${process.env['TSPACK_DOWNLOADS']}/inbox/record.jsonl`);
        for (const fact of facts) appendFileSync(record, `${JSON.stringify({ buildpack: `${id}/1`, ...fact })}\n`);
        process.print('told\n');
        await writing(files)(process);
        return code;
      };

    const inOneGroup: typeof fixture.resolveBuilder = async (request) => {
      const builder = await fixture.resolveBuilder(request);
      return { ...builder, order: { ...builder.order, order: [{ group: builder.order.order.flatMap(({ group }) => group) }] } };
    };

    it('tells versions, layers, the first input that changed and what is to be fetched', async () => {
      fixture.buildpack('samples/one', { build: writing({ 'modules.toml': CACHED, 'modules/file': 'kept', 'old.toml': CACHED, 'old/file': 'x' }) });
      await fixture.build();
      const facts = [
        { kind: 'choice', name: 'Node.js', version: '22.1.0', reason: 'asked for by package.json' },
        decision('node', 'made', 'not built before'),
        decision('modules', 'made', 'package-lock.json changed', { change: LOCK, inputs: { 'package-lock.json': 'sha256:2' } }),
        wanted('node', 'node 22.1.0', 30),
        wanted('node', 'headers', undefined),
        wanted('node', 'headers', undefined),
        wanted('modules', 'a', 5, 'store'),
        { kind: 'end', layer: 'modules', reason: 'it runs npm ci' },
      ];
      fixture.buildpack('samples/one', { plan: telling('samples/one', facts, { 'node.toml': LAUNCH }) });
      const before = filesOfHome();
      const { buildpacks, fetch } = await fixture.plan();
      expect(filesOfHome()).toEqual(before);
      expect(buildpacks).toMatchObject([
        {
          ...{ told: 'part', end: { layer: 'modules', reason: 'it runs npm ci' }, provisional: false, output: 'told' },
          choices: [{ name: 'Node.js', version: '22.1.0', reason: 'asked for by package.json' }],
        },
      ]);
      expect(buildpacks[0]!.layers).toMatchObject([
        {
          name: 'node',
          types: { launch: true, cache: false },
          decision: 'made',
          reason: 'not built before',
          downloads: [{ label: 'node 22.1.0', sizeBytes: 30 }, { label: 'headers' }],
        },
        { name: 'modules', types: { cache: true }, known: { files: 'cache' }, decision: 'made', change: LOCK, downloads: [{ label: 'a', from: 'store' }] },
        { name: 'old', decision: 'open', downloads: [] },
      ]);
      expect(buildpacks[0]!.layers[0]).not.toHaveProperty('known');
      expect(fetch).toEqual({ bytes: 30, files: 2, unknownSizes: 1, complete: false });
    });

    it('knows that nothing is to be fetched, and what is dropped, when everything is told', async () => {
      fixture.buildpack('samples/one', { build: writing({ 'modules.toml': CACHED, 'modules/file': 'kept', 'old.toml': CACHED, 'old/file': 'x' }) });
      await fixture.build();
      fixture.buildpack('samples/one', {
        plan: telling('samples/one', [decision('modules', 'reused', 'x unchanged')], { 'modules.toml': CACHED, 'plain.toml': LAUNCH }),
      });
      const { buildpacks, fetch } = await fixture.plan();
      expect(buildpacks).toMatchObject([
        {
          told: 'all',
          layers: [
            { name: 'modules', decision: 'reused' },
            { name: 'plain', decision: 'made', reason: 'each build makes it' },
            { name: 'old', decision: 'dropped' },
          ],
        },
      ]);
      expect(fetch).toEqual({ bytes: 0, files: 0, unknownSizes: 0, complete: true });
      expect((await fixture.build()).layers).toBeDefined();
    });

    it('hands on what reused layers give to later buildpacks, and entries of the plan that are left unmet', async () => {
      const seen: string[] = [];
      const see =
        (name: string): FakeProgram =>
        ({ args, env, hostPath }) => {
          seen.push(`${name}: ${env['TOOL'] ?? 'no tool'} ${readFileSync(hostPath(args[2]!), 'utf8').includes('"site"') ? 'site' : 'no site'}`);
          return 0;
        };
      const site = requiring('[[provides]]\nname = "site"\n[[requires]]\nname = "site"\n');
      const tool = { 'tool.toml': '[types]\nbuild = true\ncache = true\n', 'tool/env.build/TOOL.override': 'from one' };
      fixture.buildpack('samples/one', { detect: site, plan: telling('samples/one', [], { ...tool, 'build.toml': '[[unmet]]\nname = "site"\n' }) });
      fixture.buildpack('samples/two', { detect: site, plan: see('two') });
      fixture.buildpack('samples/three', { detect: site, plan: see('three') });
      await fixture.plan({}, { resolveBuilder: inOneGroup });
      expect(seen).toEqual(['two: from one site', 'three: from one no site']);
    });

    it('asks none where an extension will change the build image', async () => {
      const folder = 'extensions/ext/1';
      fixture.write(`${folder}/extension.toml`, 'api = "0.10"\n[extension]\nid = "test/ext"\nversion = "1"\n');
      fixture.write(`${folder}/detect/plan.toml`, '[[provides]]\nname = "tool"\n');
      fixture.buildpack('samples/one', {
        detect: requiring('[[requires]]\nname = "tool"\n'),
        plan: () => {
          throw new Error('it would see another build image than its build');
        },
      });
      const reference = { id: 'test/ext' as BuildpackId, version: '1' };
      const resolveBuilder: typeof fixture.resolveBuilder = async (request) => {
        const builder = await fixture.resolveBuilder(request);
        return {
          ...builder,
          order: { ...builder.order, orderExtensions: [{ group: [{ ...reference, optional: true }] }] },
          extensions: [{ reference, hostPath: join(fixture.root, folder) as HostPath, sandboxPath: '/cnb/extensions/test_ext/1' as SandboxPath }],
        };
      };
      const { modules, buildpacks, provisions } = await fixture.plan({}, { resolveBuilder });
      expect(modules[0]).toMatchObject({ kind: 'extension', id: 'test/ext', verdict: 'pass', takesPart: true });
      expect(provisions).toMatchObject([{ name: 'tool', providers: ['test/ext'] }]);
      expect(buildpacks).toMatchObject([{ id: 'samples/one', told: 'nothing', end: { reason: 'only its build can tell' } }]);
    });

    it('believes a failure only where nothing is missing', async () => {
      const group = (first: FakeProgram, second: FakeProgram) => {
        fixture.buildpack('samples/one', { plan: first });
        fixture.buildpack('samples/two', { plan: second });
      };
      const both = async () => {
        return (await fixture.plan({}, { resolveBuilder: inOneGroup })).buildpacks.map(({ told, end, provisional }) => ({
          told,
          reason: end?.reason,
          provisional,
        }));
      };
      group(telling('samples/one', []), telling('samples/two', [], {}, 1));
      expect(await both()).toEqual([
        { told: 'all', reason: undefined, provisional: false },
        { told: 'failed', reason: 'its build would fail', provisional: false },
      ]);
      group(telling('samples/one', [{ kind: 'end', reason: 'it runs make' }]), telling('samples/two', [], {}, 1));
      expect(await both()).toEqual([
        { told: 'part', reason: 'it runs make', provisional: false },
        { told: 'nothing', reason: 'it needs what buildpacks before it make', provisional: true },
      ]);
    });
  });
});
