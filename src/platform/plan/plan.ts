import { restore } from '../../lifecycle/index.ts';
import { formatFamiliarReference, formatPlatform } from '../../oci/index.ts';
import { runPhase } from '../build-situation.ts';
import { detectGroup } from '../detect-group.ts';
import { withBuild } from '../open-build.ts';
import { readStoredBuild } from '../why/stored-build.ts';
import { askBuildpacks } from './ask-buildpacks.ts';
import { describeBuildpacks, sumFetches } from './describe-buildpacks.ts';
import { listLayers } from './list-layers.ts';
import { openKnownCache } from './open-known-cache.ts';
import type { Digest } from '../../foundation/index.ts';
import type { DetectRun } from '../../lifecycle/index.ts';
import type { RecordStore } from '../../store/index.ts';
import type { BuildOptions, Task } from '../api.ts';
import type { BuildSituation } from '../build-situation.ts';
import type { ChosenGroup } from '../choose-buildpacks.ts';
import type { BuildPorts } from '../ports.ts';
import type { KnownLayer, PlannedBuild, PlannedModule, PreviousImage } from './api.ts';

const NO_LAYERS: ReadonlyMap<string, KnownLayer> = new Map();

/**
 * What a build with these options would do: bin/detect of the buildpacks runs, then bin/plan of those that have one; bin/build does
 * not, and no layer is kept. Fetched is what they run in and look at, where it is not on this machine yet: the builder, buildpacks
 * and sources of other places. Throws what a build throws up to detection.
 */
export async function plan(options: BuildOptions, task: Task, ports: BuildPorts): Promise<PlannedBuild> {
  return await withBuild(options, task, ports, { run: planIn });
}

async function planIn(situation: BuildSituation, key: string): Promise<PlannedBuild> {
  const { settings, builder } = situation;
  const found = await detectGroup(situation);
  const { analysis, detected } = found;
  const opened = await openKnownCache(situation, found.prepared, key);
  const known = await runPhase(situation, 'restoring', async () => {
    const { cache, layers } = opened;
    const { clearCache: skipLayers } = settings;
    await restore({ group: detected.group, analysis, platformApi: builder.platformApi, skipLayers }, { cache, layers, events: situation.task.events });
    await opened.materialize();
    return new Map<string, ReadonlyMap<string, KnownLayer>>(
      detected.group.group.map(({ id }) => [id, skipLayers ? NO_LAYERS : listLayers(id, analysis, cache, layers)]),
    );
  });
  const { runs, facts } = await runPhase(situation, 'planning', () => askBuildpacks(situation, found, opened));
  const buildpacks = describeBuildpacks(runs, facts, (id) => known.get(id) ?? NO_LAYERS);
  const [name, ...tags] = settings.names.map(formatFamiliarReference);
  return {
    image: name!,
    tags,
    source: settings.origin?.name ?? settings.path,
    platform: formatPlatform(settings.platform),
    builder: builder.name,
    runImage: { name: builder.runImage.name, reference: builder.runImage.reference },
    ...(analysis.previousImage === undefined ? {} : { previousImage: describePrevious(analysis.previousImage.imageId, situation.ports.records) }),
    modules: detected.runs.map((run) => describeModule(run, detected)),
    provisions: detected.plan.entries.map(({ requires, providers }) => ({
      name: requires[0]?.name ?? '',
      providers: providers.map(({ id }) => id),
      requires,
    })),
    buildpacks,
    fetch: sumFetches(facts, buildpacks),
  };
}

function describePrevious(imageId: Digest, records: RecordStore): PreviousImage {
  const stored = readStoredBuild(records, imageId);
  return { imageId, ...(stored === undefined ? {} : { built: stored.built, milliseconds: stored.milliseconds }) };
}

function describeModule({ kind, reference, verdict, output, reason, plan: { alternatives } }: DetectRun, { group }: ChosenGroup): PlannedModule {
  const members = kind === 'buildpack' ? group.group : group.groupExtensions;
  return {
    kind,
    id: reference.id,
    version: reference.version,
    verdict: verdict === 'unsupported' ? 'skipped' : verdict,
    evidence: [output.trim(), reason ?? ''].filter((text) => text !== '').join('\n'),
    takesPart: members.some(({ id, version }) => id === reference.id && version === reference.version),
    alternatives: verdict === 'pass' ? alternatives : [],
  };
}
