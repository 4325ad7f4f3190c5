import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatBuildpackFact, parseBuildpackFacts, parseDownloadFacts } from '../../src/foundation/index.ts';
import { decideLayer, defineBuildpack } from '../../src/sdk/index.ts';
import { createBuildKit } from '../../src/sdk/testing/index.ts';
import type { DecisionFact } from '../../src/foundation/index.ts';

let shared: string;
let buildpackDirectory: string;
beforeEach(() => {
  shared = mkdtempSync(join(tmpdir(), 'tspack-decisions-'));
  buildpackDirectory = join(shared, 'buildpack');
  for (const name of ['inbox', 'store', 'buildpack']) mkdirSync(join(shared, name));
  writeFileSync(join(buildpackDirectory, 'buildpack.toml'), 'api = "0.12"\n[buildpack]\nid = "samples/one"\nversion = "1"\n');
});
afterEach(() => rmSync(shared, { recursive: true }));

const record = () => readFileSync(join(shared, 'inbox/record.jsonl'), 'utf8');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('layer()', () => {
  const buildpack = defineBuildpack({
    async build(context) {
      const version = context.env['TOOL_VERSION'] ?? '1';
      const fetch = (name: string, path: string) =>
        context.downloads.fetchFile({
          url: `https://x.example/${name}`,
          digest: { algorithm: 'sha256', hex: sha256(name) },
          path: join(path, name),
          label: name,
        });
      const layer = (name: string) =>
        context.layer({
          ...{ name, types: { cache: true }, inputs: [{ name: 'version', value: version, readable: true }] },
          create: async ({ path }) => (await fetch(name, path), {}),
        });
      await Promise.all([layer('one'), layer('two')]);
      await fetch('three', context.layersDirectory);
    },
  });

  it('writes down what it decides and why, and what was fetched for which layer', async () => {
    for (const name of ['one', 'two', 'three']) writeFileSync(join(shared, 'store', `sha256-${sha256(name)}`), name);
    using kit = createBuildKit({ buildpack, buildpackDirectory, application: {}, env: { TSPACK_DOWNLOADS: shared } });
    const build = async () => expect((await kit.build()).exitCode).toBe(0);
    await build();
    await build();
    kit.setEnv('TOOL_VERSION', '2');
    await build();
    const of = (fact: Partial<DecisionFact>) => ({ kind: 'decision', buildpack: 'samples/one/1', layer: 'one', ...fact });
    expect(parseBuildpackFacts(record()).filter((fact) => fact.kind === 'decision' && fact.layer === 'one')).toEqual([
      of({ decision: 'made', reason: 'not built before', inputs: { version: '1' } }),
      of({ decision: 'reused', reason: 'version unchanged', inputs: { version: '1' } }),
      of({ decision: 'made', reason: 'version changed from 1 to 2', change: { input: 'version', from: '1', to: '2' }, inputs: { version: '2' } }),
    ]);
    const fetched = parseDownloadFacts(record()).map(({ url, layer }) => `${url.slice('https://x.example/'.length)} for ${layer}`);
    expect(fetched.sort()).toEqual([
      'one for one',
      'one for one',
      'three for undefined',
      'three for undefined',
      'three for undefined',
      'two for two',
      'two for two',
    ]);
  });

  it('says nothing where nobody writes it down', async () => {
    for (const name of ['one', 'two', 'three']) writeFileSync(join(shared, 'store', `sha256-${sha256(name)}`), name);
    using kit = createBuildKit({ buildpack, buildpackDirectory, application: {}, env: { TSPACK_DOWNLOADS: join(shared, 'gone'), TSPACK_OFFLINE: '1' } });
    expect(await kit.build()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('TSPACK_OFFLINE') as string });
  });
});

describe('decideLayer()', () => {
  const previous = (inputs: Record<string, string>) => ({ metadata: { inputs }, hasContents: true });
  it.each([
    [{ a: '1' }, [{ name: 'a', value: '2' }], { input: 'a', from: '1', to: '2' }],
    [{}, [{ name: 'a', value: '2' }], { input: 'a', to: '2' }],
    [{ a: '1' }, [], { input: 'a', from: '1' }],
  ])('names the first input that changed from %o', (before, inputs, change) => {
    expect(decideLayer(inputs, previous(before), true)).toMatchObject({ keep: false, change });
  });
});

describe('parseBuildpackFacts()', () => {
  const fact: DecisionFact = { kind: 'decision', buildpack: 'a/1', layer: 'l', decision: 'made', reason: 'r', inputs: { a: '1' } };
  it('leaves out what nobody of good faith has written', () => {
    const lines = [
      { ...fact, decision: 'maybe' },
      { ...fact, reason: 'a\u001b[2J' },
      { ...fact, layer: 3 },
      { ...fact, kind: 'download' },
      { ...fact, buildpack: 'x'.repeat(5000) },
    ].map((line) => JSON.stringify(line));
    expect(parseBuildpackFacts([...lines, 'null', '{', '[]', formatBuildpackFact(fact)].join('\n'))).toEqual([fact]);
    const partly = { ...fact, change: { input: 'a', from: 3, to: '2' }, inputs: { a: '1', b: 2, c: '\n' } };
    expect(parseBuildpackFacts(JSON.stringify(partly))).toEqual([{ ...fact, change: { input: 'a', to: '2' } }]);
    expect(parseDownloadFacts(formatBuildpackFact(fact))).toEqual([]);
  });
});
