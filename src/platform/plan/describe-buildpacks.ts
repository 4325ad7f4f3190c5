import { splitReference } from '../split-reference.ts';
import type { BuildpackFact, DecisionFact, WantedFact } from '../../foundation/index.ts';
import type { PlanRun } from '../../lifecycle/index.ts';
import type { KnownLayer, PlannedBuildpack, PlannedDownload, PlannedFetch, PlannedLayer } from './api.ts';

/** What each buildpack of the group has told; `known` are its layers of the last build. */
export function describeBuildpacks(
  runs: readonly PlanRun[],
  facts: readonly BuildpackFact[],
  known: (id: string) => ReadonlyMap<string, KnownLayer>,
): readonly PlannedBuildpack[] {
  const described: PlannedBuildpack[] = [];
  for (const run of runs) {
    const provisional = described.some(({ told }) => told !== 'all');
    const own = facts.filter(({ buildpack }) => splitReference(buildpack).id === run.reference.id);
    described.push(describeBuildpack(run, own, known(run.reference.id), provisional));
  }
  return described;
}

function describeBuildpack(
  { reference: { id, version }, ended, output, layers }: PlanRun,
  facts: readonly BuildpackFact[],
  known: ReadonlyMap<string, KnownLayer>,
  provisional: boolean,
): PlannedBuildpack {
  const end = facts.find((fact) => fact.kind === 'end');
  const outcome = outcomeOf(ended, provisional, end);
  return {
    ...{ id, version, ...outcome, provisional },
    choices: facts.filter((fact) => fact.kind === 'choice').map(({ name, version: chosen, reason }) => ({ name, version: chosen, reason })),
    layers: describeLayers(facts, layers, known, outcome.told),
    output: output.trim(),
  };
}

type Outcome = Pick<PlannedBuildpack, 'told' | 'end'>;

function outcomeOf(ended: PlanRun['ended'], provisional: boolean, end: Extract<BuildpackFact, { kind: 'end' }> | undefined): Outcome {
  if (ended === 'absent') return { told: 'nothing', end: { reason: 'only its build can tell' } };
  if (ended === 'badly') {
    // Its build would find what this one has missed.
    return provisional
      ? { told: 'nothing', end: { reason: 'it needs what buildpacks before it make' } }
      : { told: 'failed', end: { reason: 'its build would fail' } };
  }
  if (end === undefined) return { told: 'all' };
  return { told: 'part', end: { ...(end.layer === undefined ? {} : { layer: end.layer }), reason: end.reason } };
}

function describeLayers(
  facts: readonly BuildpackFact[],
  described: PlanRun['layers'],
  known: ReadonlyMap<string, KnownLayer>,
  told: PlannedBuildpack['told'],
): readonly PlannedLayer[] {
  const decisions = new Map(facts.filter((fact) => fact.kind === 'decision').map((fact) => [fact.layer, fact]));
  const types = new Map<string, PlannedLayer['types']>(described.map(({ name, content }) => [name, content.types]));
  const wanted = wantedFiles(facts);
  const names = new Set([...decisions.keys(), ...types.keys(), ...known.keys()]);
  return [...names].map((name) => {
    const before = known.get(name);
    const kinds = types.get(name) ?? before?.types;
    return {
      ...{ name, ...(kinds === undefined ? {} : { types: kinds }), ...(before === undefined ? {} : { known: before }) },
      ...describeDecision(decisions.get(name), types.has(name), told),
      downloads: downloadsOf(wanted, name),
    };
  });
}

function describeDecision(
  decision: DecisionFact | undefined,
  isDescribed: boolean,
  told: PlannedBuildpack['told'],
): Pick<PlannedLayer, 'decision' | 'reason' | 'change' | 'inputs'> {
  if (decision !== undefined) {
    const { decision: decided, reason, change, inputs } = decision;
    return { decision: decided, reason, ...(change === undefined ? {} : { change }), inputs };
  }
  // One that it makes without the SDK, which keeps no inputs.
  if (isDescribed) return { decision: 'made', reason: 'each build makes it', inputs: {} };
  return { decision: told === 'all' ? 'dropped' : 'open', inputs: {} };
}

function downloadsOf(wanted: readonly WantedFact[], name: string): readonly PlannedDownload[] {
  return wanted.filter(({ layer }) => layer === name).map(({ kind: _kind, buildpack: _buildpack, layer: _layer, ...download }) => download);
}

/** Each file once, whatever the number of places that a buildpack would look in. */
function wantedFiles(facts: readonly BuildpackFact[]): readonly WantedFact[] {
  return [...new Map(facts.filter((fact) => fact.kind === 'wanted').map((fact) => [fact.digest, fact])).values()];
}

/** What all of it costs the network. */
export function sumFetches(facts: readonly BuildpackFact[], buildpacks: readonly PlannedBuildpack[]): PlannedFetch {
  const files = wantedFiles(facts).filter(({ from }) => from === 'network');
  return {
    bytes: files.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0),
    files: files.length,
    unknownSizes: files.filter(({ sizeBytes }) => sizeBytes === undefined).length,
    complete: buildpacks.every(({ told }) => told === 'all'),
  };
}
