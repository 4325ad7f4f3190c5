import { planLayers } from '../../lifecycle/index.ts';
import { readBuildpackFacts } from '../../store/index.ts';
import { LAYERS } from '../layout.ts';
import type { BuildpackFact } from '../../foundation/index.ts';
import type { PlanRun } from '../../lifecycle/index.ts';
import type { OpenedCache } from '../build-cache.ts';
import type { BuildSituation } from '../build-situation.ts';
import type { DetectedBuild } from '../detect-group.ts';

/** What the buildpacks of the group have said of their builds. */
export interface BuildpackAnswers {
  readonly runs: readonly PlanRun[];
  readonly facts: readonly BuildpackFact[];
}

/** Runs bin/plan of the group over the restored layers, where nothing changes the build image before. */
export async function askBuildpacks(
  { settings, task, sandbox }: BuildSituation,
  { prepared, modules, target, detected: { group, plan } }: DetectedBuild,
  { layers, mounts }: OpenedCache,
): Promise<BuildpackAnswers> {
  if (group.groupExtensions.length > 0) {
    return { runs: group.group.map(({ id, version }) => ({ reference: { id, version }, ended: 'absent', output: '', layers: [] })), facts: [] };
  }
  await using running = await sandbox.executor.open(prepared.environment(mounts));
  const { scratch, phases, inbox } = prepared;
  const runs = await planLayers(
    { ...phases, target, group, plan, app: settings.workspace, layersPath: LAYERS, scratch, signal: task.signal },
    { sandbox: running, modules, layers },
  );
  return { runs, facts: readBuildpackFacts(inbox) };
}
