import { join } from 'node:path';
import {
  buildpackPlanOf,
  escapeBuildpackId,
  formatBuildpackReference,
  formatLaunchMetadata,
  formatLegacySbom,
  isApiAtLeast,
  requireBuildpackApi,
  withoutMet,
} from '../../cnb/index.ts';
import type {
  AttributedBomEntry,
  BomEntry,
  BuildpackDescriptor,
  BuildpackReference,
  Env,
  Group,
  GroupElement,
  Label,
  LaunchMetadata,
  Plan,
  Slice,
} from '../../cnb/index.ts';
import type { Sandbox, SandboxPath } from '../../executor/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import { readProvidedEnv, startingEnv } from '../buildpack-env.ts';
import type { PhaseEnvironment, ProvidedEnv } from '../buildpack-env.ts';
import type { LifecycleEvent } from '../events.ts';
import type { LayersDirectory } from '../layers-directory.ts';
import type { MountedDirectory } from '../mounted-directory.ts';
import { requireModule } from '../module-store.ts';
import type { ModuleStore } from '../module-store.ts';
import { writtenBy } from '../written-by.ts';
import { copySboms, findSboms } from './collect-sboms.ts';
import type { CollectedSbom } from './collect-sboms.ts';
import { NO_PROCESSES, addProcesses, sortedProcesses } from './process-list.ts';
import type { ProcessList } from './process-list.ts';
import { addBuildLayers, readLayers } from './read-layers.ts';
import type { BuildpackLayers, DescribedLayer } from './read-layers.ts';
import { readOutputs } from './read-outputs.ts';
import { runBuild } from './run-build.ts';

export interface BuildInputs extends PhaseEnvironment {
  /** What detect wrote. */
  readonly group: Group;
  readonly plan: Plan;
  readonly app: SandboxPath;
  /** `<layers>` as processes see it. */
  readonly layersPath: SandboxPath;
  /** A folder that processes may write to. */
  readonly scratch: MountedDirectory;
  readonly signal?: AbortSignal;
}

export interface BuildPorts {
  readonly sandbox: Sandbox;
  readonly modules: ModuleStore;
  readonly layers: LayersDirectory;
  readonly events: EventSink<BuildPhaseEvent>;
}

export type BuildPhaseEvent =
  | LifecycleEvent
  | { readonly kind: 'buildpack-started'; readonly buildpack: BuildpackReference }
  | { readonly kind: 'buildpack-ended'; readonly buildpack: BuildpackReference; readonly layers: readonly DescribedLayer[] };

export interface BuildOutcome {
  /** What `<layers>/config/metadata.toml` holds. */
  readonly metadata: LaunchMetadata;
  /** Each buildpack of the group with the layers it described. */
  readonly buildpacks: readonly { readonly reference: BuildpackReference; readonly layers: readonly DescribedLayer[] }[];
}

/** What the buildpacks so far have left. */
interface Progress {
  readonly plan: Plan;
  readonly env: Env;
  readonly processes: ProcessList;
  readonly labels: readonly Label[];
  readonly slices: readonly Slice[];
  readonly launchBom: readonly AttributedBomEntry[];
  readonly buildBom: readonly AttributedBomEntry[];
  readonly sboms: readonly CollectedSbom[];
  readonly buildpacks: BuildOutcome['buildpacks'];
}

/**
 * Runs bin/build of each buildpack of the group (`platform.md#builder`, `buildpack.md#phase-3-build`) and writes
 * `<layers>/config/metadata.toml` and `<layers>/sbom/`. Throws `BUILDPACK_FAILED` when one fails (exit code 51);
 * `SPEC_FILE_INVALID` and `ENV_FILE_INVALID` for what one wrote; `BUILDPACK_NOT_FOUND`,
 * `BUILDPACK_API_UNSUPPORTED`, `SANDBOX_FAILED`, and the abort reason.
 */
export async function build(inputs: BuildInputs, ports: BuildPorts): Promise<BuildOutcome> {
  const { layers } = ports;
  const group = [...inputs.group.group, ...inputs.group.groupExtensions];
  for (const element of group) requireBuildpackApi(element.api, formatBuildpackReference(element));
  layers.remove('sbom');

  const provided = readProvidedEnv(inputs);
  let progress: Progress = {
    plan: inputs.plan,
    env: startingEnv(inputs),
    processes: NO_PROCESSES,
    labels: [],
    slices: [],
    launchBom: [],
    buildBom: [],
    sboms: [],
    buildpacks: [],
  };
  for (const element of inputs.group.group) {
    inputs.signal?.throwIfAborted();
    progress = await runBuildpack(element, progress, provided, inputs, ports);
  }

  const metadata: LaunchMetadata = {
    ...(progress.processes.defaultType === undefined ? {} : { buildpackDefaultProcessType: progress.processes.defaultType }),
    buildpacks: inputs.group.group,
    extensions: inputs.group.groupExtensions,
    labels: progress.labels,
    processes: sortedProcesses(progress.processes),
    slices: progress.slices,
    ...(isApiAtLeast(inputs.platformApi, '0.9') ? {} : { bom: progress.launchBom }),
  };
  writeSboms(progress, inputs, layers);
  // A buildpack could have left a link here, to have the host write elsewhere.
  layers.remove('config');
  layers.writeFile('config/metadata.toml', formatLaunchMetadata(metadata, inputs.platformApi));
  return { metadata, buildpacks: progress.buildpacks };
}

async function runBuildpack(element: GroupElement, before: Progress, provided: ProvidedEnv, inputs: BuildInputs, ports: BuildPorts): Promise<Progress> {
  const reference: BuildpackReference = { id: element.id, version: element.version };
  const module = requireModule(ports.modules, 'buildpack', reference);
  const folder = escapeBuildpackId(element.id);
  const { layersPath } = inputs;
  const at: BuildpackLayers = { layers: ports.layers, folder, sandboxPath: join(layersPath, folder) as SandboxPath, layersPath };
  const plan = buildpackPlanOf(before.plan, element.id);

  ports.events({ kind: 'buildpack-started', buildpack: reference });
  ports.layers.mkdir(folder);
  await runBuild(module, {
    sandbox: ports.sandbox,
    events: ports.events,
    environment: inputs,
    provided,
    env: before.env,
    plan,
    app: inputs.app,
    layers: at.sandboxPath,
    scratch: inputs.scratch,
    signal: inputs.signal,
  });
  await ports.layers.refresh();

  const descriptor = module.descriptor as BuildpackDescriptor;
  const { described, outputs, sboms, env } = writtenBy(reference, () => {
    const layers = readLayers(at);
    return {
      described: layers,
      outputs: readOutputs(at, descriptor, plan),
      sboms: findSboms(at, descriptor, layers),
      env: addBuildLayers(before.env, layers, at),
    };
  });
  const added = addProcesses(before.processes, element.id, outputs.launch.processes);
  for (const message of [...outputs.launch.warnings, ...outputs.warnings, ...added.warnings]) {
    ports.events({ kind: 'message', level: 'warning', message });
  }
  ports.events({ kind: 'buildpack-ended', buildpack: reference, layers: described });
  const attributed = (bom: readonly BomEntry[]): readonly AttributedBomEntry[] => bom.map((entry) => ({ ...entry, buildpack: reference }));
  return {
    plan: withoutMet(before.plan, outputs.met),
    env,
    processes: added.list,
    labels: [...before.labels, ...outputs.launch.labels],
    slices: [...before.slices, ...outputs.launch.slices],
    launchBom: [...before.launchBom, ...attributed(outputs.launch.bom)],
    buildBom: [...before.buildBom, ...attributed(outputs.build.bom)],
    sboms: [...before.sboms, ...sboms],
    buildpacks: [...before.buildpacks, { reference, layers: described }],
  };
}

function writeSboms(progress: Progress, inputs: BuildInputs, layers: LayersDirectory): void {
  layers.remove('sbom');
  if (isApiAtLeast(inputs.platformApi, '0.8')) copySboms(layers, inputs.layersPath, progress.sboms);
  if (isApiAtLeast(inputs.platformApi, '0.9')) {
    layers.writeFile('sbom/launch/sbom.legacy.json', formatLegacySbom(progress.launchBom));
    layers.writeFile('sbom/build/sbom.legacy.json', formatLegacySbom(progress.buildBom));
  }
}
