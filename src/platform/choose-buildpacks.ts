import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createPlainLayersDirectory, detect } from '../lifecycle/index.ts';
import { mountsOf } from './build-folders.ts';
import { DetectError } from './detect-error.ts';
import { LAYERS } from './layout.ts';
import type { ImageTarget } from '../cnb/index.ts';
import type { HostPath, Sandbox } from '../executor/index.ts';
import type { DetectOutcome, ModuleStore } from '../lifecycle/index.ts';
import type { BuildRecorder } from './build-record.ts';
import type { BuildSettings } from './build-settings.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';

export type ChosenGroup = Extract<DetectOutcome, { kind: 'detected' }>;

/** Where bin/detect runs: it sees an empty `<layers>`. To be closed by the caller. */
export interface DetectPlace extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly layersDirectory: string;
}

/** Opens it, and starts it beside what is still done before detection. */
export async function openDetectPlace({ sandbox: { executor, inPlace }, workDirectory }: BuildSituation, prepared: PreparedBuild): Promise<DetectPlace> {
  const layersDirectory = inPlace === true ? prepared.layers.hostPath : (join(workDirectory, 'detect') as HostPath);
  mkdirSync(layersDirectory, { recursive: true });
  const sandbox = await executor.open(prepared.environment(mountsOf({ hostPath: layersDirectory, sandboxPath: LAYERS }, false)));
  sandbox.prepare?.();
  return { sandbox, layersDirectory, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
}

/** Asks the builder's buildpacks which of them fit. Throws `DETECT_NONE` and `DETECT_ERRORED`, and what detect throws. */
export async function chooseBuildpacks(
  { settings, task, ports, record, builder }: BuildSituation,
  prepared: PreparedBuild,
  target: ImageTarget,
  modules: ModuleStore,
  { sandbox, layersDirectory }: DetectPlace,
): Promise<ChosenGroup> {
  const outcome = await detect(
    {
      ...prepared.phases,
      target,
      order: builder.order,
      ...(builder.system === undefined || !settings.systemBuildpacks ? {} : { system: builder.system }),
      app: settings.workspace,
      scratch: prepared.scratch,
      // Most of a bin/detect is waiting: for its sandbox, and for its output.
      concurrency: 4 * ports.cores,
      signal: task.signal,
    },
    { sandbox, modules, layers: createPlainLayersDirectory(layersDirectory), events: () => undefined },
  );
  recordVerdicts(outcome, record);
  if (outcome.kind === 'none') throw detectError(outcome, settings);
  const { group } = outcome.group;
  for (const { id, version } of group) record.add({ kind: 'consumed', what: 'buildpack', name: id, version });
  const considered = outcome.runs.filter(({ kind }) => kind === 'buildpack').length;
  task.events({ kind: 'group', buildpacks: group.map(({ id, version }) => ({ id, version })), considered });
  return outcome;
}

function recordVerdicts(outcome: DetectOutcome, record: BuildRecorder): void {
  for (const { reference, verdict, output } of outcome.runs) {
    const kind = verdict === 'unsupported' ? 'skipped' : verdict;
    record.add({ kind: 'verdict', buildpack: reference.id, version: reference.version, verdict: kind, evidence: output.trim() });
  }
}

function detectError(outcome: Extract<DetectOutcome, { kind: 'none' }>, settings: BuildSettings): DetectError {
  return new DetectError({
    errored: outcome.errored,
    path: settings.origin?.name ?? settings.path,
    nextStep: applicationBeside(settings) ?? 'Name the folder of the application with --path, or use a builder that has a buildpack for it',
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
function applicationBeside({ image, path, origin }: BuildSettings): string | undefined {
  if (origin !== undefined) return undefined;
  const folder = join(path, image);
  if (!existsSync(folder) || !statSync(folder).isDirectory() || readdirSync(folder).length === 0) return undefined;
  return `"${image}" is also a folder here: to build what it holds, add --path ${image}`;
}
