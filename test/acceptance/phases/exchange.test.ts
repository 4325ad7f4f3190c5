import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot, systemClock } from '../../../src/foundation/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { createLayerCompressor, openBlobDirectory, openLayoutStore, parseImageReference } from '../../../src/oci/index.ts';
import type { Image } from '../../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import { expectSame } from '../../support/conformance/compare.ts';
import { everything } from '../../support/conformance/everything.ts';
import type { RoundOutcome } from '../../support/conformance/outcome.ts';
import { createConformanceRoot } from '../../support/conformance/root.ts';
import type { Scenario } from '../../support/conformance/scenario.ts';
import { startFakeRegistry } from '../../support/fake-registry.ts';
import { assembleTestLifecycle, buildWithPrograms, openPrograms } from '../../support/phase-programs.ts';
import type { PhaseOwner, ProgramName } from '../../support/phase-programs.ts';
import { referenceObstacle } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';
import { syntheticImage } from '../../support/synthetic-image.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-exchange-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const LAUNCHER = join(packageRoot(), 'launcher/bin/launcher-linux-amd64');
const PHASES: readonly ProgramName[] = ['analyzer', 'detector', 'restorer', 'builder', 'exporter'];

/** Who made the image is in its label. */
function withoutVersion(outcome: RoundOutcome): RoundOutcome {
  const { image } = outcome;
  if (image === undefined) return outcome;
  const text = Buffer.from(image.configBytes)
    .toString()
    .replace(
      /\\"launcher\\":\{\\"version\\":\\"[^\\]*\\",\\"source\\":\{\\"git\\":\{\\"repository\\":\\"[^\\]*\\",\\"commit\\":\\"[^\\]*\\"\}\}\}/,
      '<launcher>',
    );
  return { ...outcome, image: { ...image, configBytes: Buffer.from(text) } };
}

describe.skipIf(skipWithout(`what the exchange of phases needs (${obstacle})`, obstacle === undefined))('programs of both lifecycles', () => {
  let lifecycle: string;
  beforeAll(async () => {
    lifecycle = await assembleTestLifecycle(home);
  }, 60_000);

  async function build(scenario: Scenario, ownerOf: (phase: ProgramName) => PhaseOwner): Promise<readonly RoundOutcome[] & AsyncDisposable> {
    const registry = await startFakeRegistry();
    const place = mkdtempSync(join(home, 'build-'));
    const store = createRegistryStore({
      http: createHttpClient({ userAgent: 'test', clock: systemClock }),
      keychain: ANONYMOUS,
      clock: systemClock,
      compressor: createLayerCompressor(openBlobDirectory(join(place, 'compressed'))),
    });
    const runImage = `${registry.host}/run:latest`;
    const container = { Env: ['PATH=/usr/bin:/bin'], Labels: { 'io.buildpacks.stack.id': 'conformance' } };
    await store.write(await syntheticImage('run', { config: { config: container } }), [parseImageReference(runImage)]);
    mkdirSync(join(place, 'root'));
    const root = createConformanceRoot(join(place, 'root'), scenario, runImage, LAUNCHER);
    const rounds: RoundOutcome[] = [];
    const names = { app: `${registry.host}/app:latest`, runImage, lifecycle };
    for (let round = 1; round <= (scenario.rounds ?? 1); round++)
      rounds.push(portFree(withoutVersion(await buildWithPrograms(scenario, root, round, names, store, ownerOf)), registry.host));
    return Object.assign(rounds, { [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() });
  }

  /** Every build has a registry of its own, and images say where they are. */
  function portFree(outcome: RoundOutcome, host: string): RoundOutcome {
    const { image } = outcome;
    if (image === undefined) return outcome;
    return { ...outcome, image: { ...image, configBytes: Buffer.from(Buffer.from(image.configBytes).toString().replaceAll(host, 'registry')) } };
  }

  const scenario = (platformApi: string): Scenario => ({
    platformApi,
    buildpacks: ['0.9', '0.10', '0.12'].map(everything),
    rounds: 2,
    files: { 'platform/env/USER_SAYS': 'from the user' },
  });

  it.each(PHASES)('the %s of tspack among those of the reference', { timeout: 120_000 }, async (own) => {
    await using reference = await build(scenario('0.14'), () => 'reference');
    await using mixed = await build(scenario('0.14'), (phase) => (phase === own ? 'tspack' : 'reference'));
    await expectSame({ rounds: reference.map((outcome, index) => ({ reference: outcome, tspack: mixed[index]! })), launches: [] });
    expect(mixed.at(-1)?.ends.at(-1)).toEqual({ phase: 'export', exitCode: 0 });
  });

  it.each(['0.7', '0.8', '0.9', '0.10', '0.11', '0.12', '0.13', '0.14', '0.15'])(
    'all of tspack, at Platform API %s',
    { timeout: 120_000 },
    async (platformApi) => {
      await using reference = await build(scenario(platformApi), () => 'reference');
      await using own = await build(scenario(platformApi), () => 'tspack');
      await expectSame({ rounds: reference.map((outcome, index) => ({ reference: outcome, tspack: own[index]! })), launches: [] });
    },
  );

  it('export to OCI layouts, and reuse the layers of the image there', { timeout: 120_000 }, async () => {
    const made: Image[] = [];
    for (const owner of ['reference', 'tspack'] as const) {
      const place = mkdtempSync(join(home, 'layout-'));
      mkdirSync(join(place, 'root/layouts'), { recursive: true });
      const shell = { ...scenario('0.14'), buildpacks: [everything('0.10')] };
      const root = createConformanceRoot(join(place, 'root'), shell, 'registry.example/run:latest', LAUNCHER);
      const compressor = createLayerCompressor(openBlobDirectory(join(place, 'compressed')));
      const open = (path: string) => openLayoutStore({ directory: root.at(`layouts/registry.example/${path}`), compressor });
      await open('run/latest').write(await syntheticImage('run', { config: { config: { Env: ['PATH=/usr/bin:/bin'] } } }), [
        parseImageReference('registry.example/run:latest'),
      ]);
      const programs = openPrograms(root, lifecycle, '0.14');
      const layout = ['-layout', '-layout-dir', '/layouts'];
      for (const round of [1, 2]) {
        root.startRound(round);
        const phases: readonly (readonly [ProgramName, readonly string[]])[] = [
          ['analyzer', [...layout, '-run-image', 'registry.example/run:latest', 'registry.example/app:v1']],
          ['detector', []],
          ['restorer', layout],
          ['builder', []],
          ['exporter', [...layout, 'registry.example/app:v1']],
        ];
        for (const [name, args] of phases) {
          const end = await programs.run(owner, name, args);
          expect(end.exitCode, `${owner} ${name}\n${end.stdout}${end.stderr}`).toBe(0);
          if (name === 'exporter' && round === 2) expect(end.stdout).toContain("Reusing layer 'test/all-0-10:tools'");
        }
      }
      made.push((await open('app/v1').readTag('v1', { os: 'linux', architecture: 'amd64' }))!);
    }
    const [reference, own] = made.map((image) => withoutVersion({ image } as RoundOutcome).image!);
    expect(own!.layers.map(({ diffId }) => diffId)).toEqual(reference!.layers.map(({ diffId }) => diffId));
    const readable = (image: Image) =>
      Buffer.from(image.configBytes)
        .toString()
        .replaceAll(/@sha256:[0-9a-f]{64}/g, '@digest');
    expect(readable(own!)).toBe(readable(reference!));
  });
});
