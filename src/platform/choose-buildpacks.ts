import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createPlainLayersDirectory, detect } from '../lifecycle/index.ts';
import { DetectError } from './detect-error.ts';
import { LAYERS, WORKSPACE } from './layout.ts';
import type { ImageTarget } from '../cnb/index.ts';
import type { HostPath } from '../executor/index.ts';
import type { DetectOutcome, ModuleStore } from '../lifecycle/index.ts';
import type { BuildOptions } from './api.ts';
import type { BuildRecorder } from './build-record.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';

export type ChosenGroup = Extract<DetectOutcome, { kind: 'detected' }>;

/** Asks the builder's buildpacks which of them fit. Throws `DETECT_NONE` and `DETECT_ERRORED`, and what detect throws. */
export async function chooseBuildpacks(situation: BuildSituation, prepared: PreparedBuild, target: ImageTarget, modules: ModuleStore): Promise<ChosenGroup> {
  const { options, task, ports, record, builder, sandbox, workDirectory } = situation;
  // Detect sees an empty <layers>.
  const layersDirectory = join(workDirectory, 'detect');
  mkdirSync(layersDirectory, { recursive: true });
  await using running = await sandbox.executor.open(
    prepared.environment({ kind: 'bind', source: layersDirectory as HostPath, target: LAYERS, writable: false }),
  );
  const outcome = await detect(
    { ...prepared.phases, target, order: builder.order, app: WORKSPACE, scratch: prepared.scratch, concurrency: ports.cores, signal: task.signal },
    { sandbox: running, modules, layers: createPlainLayersDirectory(layersDirectory), events: () => undefined },
  );
  recordVerdicts(outcome, record);
  if (outcome.kind === 'none') throw detectError(outcome, options);
  const { group } = outcome.group;
  for (const { id, version } of group) record.add({ kind: 'consumed', what: 'buildpack', name: id, version });
  task.events({ kind: 'group', buildpacks: group.map(({ id, version }) => ({ id, version })), considered: outcome.runs.length });
  return outcome;
}

function recordVerdicts(outcome: DetectOutcome, record: BuildRecorder): void {
  for (const { reference, verdict, output } of outcome.runs) {
    const kind = verdict === 'unsupported' ? 'skipped' : verdict;
    record.add({ kind: 'verdict', buildpack: reference.id, version: reference.version, verdict: kind, evidence: output.trim() });
  }
}

function detectError(outcome: Extract<DetectOutcome, { kind: 'none' }>, options: BuildOptions): DetectError {
  return new DetectError({
    errored: outcome.errored,
    path: options.path,
    nextStep: applicationBeside(options) ?? 'Name the folder of the application with --path, or use a builder that has a buildpack for it',
    explanations: outcome.runs.map(({ reference, verdict, output, reason }) => ({
      buildpack: reference.id,
      version: reference.version,
      verdict,
      output: output.trim(),
      ...(reason === undefined ? {} : { reason }),
    })),
  });
}

/** `tspack build samples/nodejs`: people name the folder where the image name belongs. */
function applicationBeside({ image, path }: BuildOptions): string | undefined {
  const folder = join(path, image);
  if (!existsSync(folder) || !statSync(folder).isDirectory() || readdirSync(folder).length === 0) return undefined;
  return `"${image}" is also a folder here: to build what it holds, add --path ${image}`;
}
