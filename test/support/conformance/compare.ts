import { existsSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { extractTar, readTar } from '../../../src/archive/index.ts';
import { packageRoot, systemClock } from '../../../src/foundation/index.ts';
import { createHttpClient } from '../../../src/http/index.ts';
import { createLayerCompressor, openBlobDirectory, parseImageReference, withDigest } from '../../../src/oci/index.ts';
import type { Image, Layer } from '../../../src/oci/index.ts';
import { ANONYMOUS, createRegistryStore } from '../../../src/registry/index.ts';
import type { RegistryStore } from '../../../src/registry/index.ts';
import { startFakeRegistry } from '../fake-registry.ts';
import { findProgram } from '../requirement.ts';
import { syntheticImage } from '../synthetic-image.ts';
import type { RoundOutcome } from './outcome.ts';
import { PLATFORM, buildWithReference, runInRoot } from './reference.ts';
import type { ProgramEnd } from './reference.ts';
import { createConformanceRoot } from './root.ts';
import type { Scenario } from './scenario.ts';
import { buildWithTspack, launcherRecordOf } from './tspack.ts';

/** What both lifecycles made of a scenario, build by build. */
export interface Comparison extends AsyncDisposable {
  readonly rounds: readonly { readonly reference: RoundOutcome; readonly tspack: RoundOutcome }[];
  /** Each launch of the last image, by both launchers. */
  readonly launches: readonly { readonly reference: ProgramEnd; readonly tspack: ProgramEnd }[];
}

/** Characters of output beside a difference. */
const SHOWN = 1500;
const LAUNCHER = join(packageRoot(), 'launcher/bin/launcher-linux-amd64');

/** A registry, and what reads and writes its images. */
export async function openConformanceRegistry(directory: string): Promise<AsyncDisposable & { readonly host: string; readonly store: RegistryStore }> {
  const registry = await startFakeRegistry();
  const store = createRegistryStore({
    http: createHttpClient({ userAgent: 'test', clock: systemClock }),
    keychain: ANONYMOUS,
    clock: systemClock,
    compressor: createLayerCompressor(openBlobDirectory(join(directory, 'compressed'))),
  });
  return { host: registry.host, store, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
}

/** Builds a scenario with both lifecycles, each in a root of its own, and launches what came of it. Dispose of it when it has been looked at. */
export async function runScenario(home: string, scenario: Scenario): Promise<Comparison> {
  const place = mkdtempSync(join(home, 'scenario-'));
  const registry = await openConformanceRegistry(place);
  const { store } = registry;
  const runName = `${registry.host}/run:latest`;
  const container = { Env: ['PATH=/usr/bin:/bin', 'FROM_RUN_IMAGE=yes'], Labels: { 'io.buildpacks.stack.id': 'conformance' }, ...scenario.runImage };
  await store.write(await syntheticImage('run', { config: { config: container } }), [parseImageReference(runName)]);
  const runImage = (await store.read(parseImageReference(runName), PLATFORM))!;
  const { registry: host, repository, digest } = withDigest(parseImageReference(runName), runImage.manifest!.descriptor.digest);
  const app = `${registry.host}/app:latest`;
  const folder = (name: string): string => {
    mkdirSync(join(place, name));
    return join(place, name);
  };
  const roots = [folder('reference'), folder('tspack')].map((root) => createConformanceRoot(root, scenario, runName, LAUNCHER));

  const rounds: { reference: RoundOutcome; tspack: RoundOutcome }[] = [];
  for (let round = 1; round <= (scenario.rounds ?? 1); round++) {
    const reference = await buildWithReference(scenario, roots[0]!, round, { app, runImage: runName }, store);
    const tspack = await buildWithTspack({
      scenario,
      root: roots[1]!,
      round,
      place: join(place, 'tspack'),
      app,
      runImage: { name: runName, reference: `${host}/${repository}@${digest}`, image: runImage },
      previous: rounds.at(-1)?.tspack.image,
      launcherRecord: launcherRecordOf(reference.image),
    });
    rounds.push({ reference, tspack });
  }

  const last = rounds.at(-1)?.tspack.image;
  const launches: { reference: ProgramEnd; tspack: ProgramEnd }[] = [];
  if (last !== undefined) {
    const root = folder('container');
    for (const name of ['usr', 'dev', 'proc', 'tmp']) mkdirSync(join(root, name));
    for (const name of ['bin', 'lib', 'lib64']) if (existsSync(`/${name}`)) symlinkSync(`usr/${name}`, join(root, name));
    for (const layer of last.layers.slice(runImage.layers.length)) await extractTar(layer.openTar(), root, { dropLeadingSlash: true, symlinks: 'any' });
    const env = Object.fromEntries((last.config.config?.Env ?? []).map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
    const launcher = findProgram('launcher') ?? '/dev/null';
    for (const command of scenario.launches ?? []) {
      const execEnv = scenario.execEnv === undefined ? {} : { CNB_EXEC_ENV: scenario.execEnv };
      const start = (binds: readonly string[]) => runInRoot(root, { ...env, ...execEnv }, command, '/workspace', binds);
      launches.push({ reference: await start(['--ro-bind', launcher, '/cnb/lifecycle/launcher']), tspack: await start([]) });
    }
  }
  // Layers of the reference's images are read from there.
  return { rounds, launches, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
}

/** Differences on purpose: what both sides look like without them. Each has a name and a reason in differences.ts. */
export type Neutral = (outcome: RoundOutcome, side: 'reference' | 'tspack') => RoundOutcome;

/** Expects the same of both lifecycles, in an order in which the first difference explains the others. */
export async function expectSame(comparison: Pick<Comparison, 'rounds' | 'launches'>, neutral: Neutral = (outcome) => outcome): Promise<void> {
  for (const [index, both] of comparison.rounds.entries()) {
    const [reference, tspack] = [neutral(both.reference, 'reference'), neutral(both.tspack, 'tspack')];
    const said = `build ${index + 1}\n${reference.output.slice(-SHOWN)}\n${tspack.output.slice(-SHOWN)}`;
    expect(tspack.ends, said).toEqual(reference.ends);
    expect(tspack.records, said).toEqual(reference.records);
    expect(tspack.group, said).toEqual(reference.group);
    expect(tspack.plan, said).toEqual(reference.plan);
    expect(tspack.restored, said).toEqual(reference.restored);
    expect(tspack.built, said).toEqual(reference.built);
    await expectSameImage(tspack.image, reference.image);
  }
  for (const { reference, tspack } of comparison.launches) expect(tspack).toEqual(reference);
}

async function expectSameImage(ours: Image | undefined, reference: Image | undefined): Promise<void> {
  if (ours === undefined || reference === undefined) {
    expect(ours).toEqual(reference);
    return;
  }
  for (const [index, layer] of reference.layers.entries()) {
    const own = ours.layers[index];
    if (own?.diffId !== layer.diffId) expect({ index, entries: own && (await entriesOf(own)) }).toEqual({ index, entries: await entriesOf(layer) });
  }
  expect(JSON.parse(Buffer.from(ours.configBytes).toString())).toEqual(JSON.parse(Buffer.from(reference.configBytes).toString()));
  expect(Buffer.from(ours.configBytes).toString()).toBe(Buffer.from(reference.configBytes).toString());
}

async function entriesOf(layer: Layer): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const entry of readTar(layer.openTar())) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    const content = entry.sizeBytes < 4000 ? Buffer.concat(chunks).toString('latin1') : '';
    lines.push([entry.path, entry.type, entry.mode.toString(8), entry.uid, entry.gid, entry.sizeBytes, entry.linkTarget ?? '', content].join(' '));
  }
  return lines;
}
