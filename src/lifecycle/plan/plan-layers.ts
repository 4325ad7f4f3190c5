import { join } from 'node:path';
import { buildpackPlanOf, escapeBuildpackId, withoutMet } from '../../cnb/index.ts';
import type { BuildpackDescriptor, BuildpackReference, Env, Plan } from '../../cnb/index.ts';
import type { SandboxPath } from '../../executor/index.ts';
import { readProvidedEnv, startingEnv } from '../buildpack-env.ts';
import type { ProvidedEnv } from '../buildpack-env.ts';
import type { BuildInputs, BuildPorts } from '../build/build.ts';
import { BuildpackError } from '../build/buildpack-error.ts';
import { addBuildLayers, readLayers } from '../build/read-layers.ts';
import type { BuildpackLayers, DescribedLayer } from '../build/read-layers.ts';
import { readOutputs } from '../build/read-outputs.ts';
import { runBuild } from '../build/run-build.ts';
import { CapturedOutput } from '../captured-output.ts';
import { requireModule } from '../module-store.ts';
import type { LocatedModule } from '../module-store.ts';
import { writtenBy } from '../written-by.ts';

/** How bin/plan of a buildpack ended. */
export interface PlanRun {
  readonly reference: BuildpackReference;
  /** `absent`: it has no bin/plan, so that only its build can tell. */
  readonly ended: 'well' | 'badly' | 'absent';
  /** What it printed. */
  readonly output: string;
  /** The layers that it described. */
  readonly layers: readonly DescribedLayer[];
}

interface Progress {
  readonly env: Env;
  readonly plan: Plan;
}

/**
 * Runs bin/plan of each buildpack of the group that has one, with the arguments and the environment of bin/build: a program of
 * tspack's SDK that goes through the build as far as it can without doing its work. What it leaves in `<layers>` counts for those
 * after it, and is for the caller to throw away. Throws what reading its files throws, and the abort reason.
 */
export async function planLayers(inputs: BuildInputs, ports: Omit<BuildPorts, 'events'>): Promise<readonly PlanRun[]> {
  const provided = readProvidedEnv(inputs);
  let progress: Progress = { env: startingEnv(inputs), plan: inputs.plan };
  const runs: PlanRun[] = [];
  for (const { id, version } of inputs.group.group) {
    inputs.signal?.throwIfAborted();
    const reference = { id, version };
    const module = requireModule(ports.modules, 'buildpack', reference);
    if (!module.executables.includes('plan')) {
      runs.push({ reference, ended: 'absent', output: '', layers: [] });
      continue;
    }
    const folder = escapeBuildpackId(id);
    const { layersPath } = inputs;
    const at: BuildpackLayers = { layers: ports.layers, folder, sandboxPath: join(layersPath, folder) as SandboxPath, layersPath };
    ports.layers.mkdir(folder);
    const run = await runPlan(module, at, progress, provided, inputs, ports);
    await ports.layers.refresh();
    const layers = run.ended === 'well' ? writtenBy(reference, () => readLayers(at)) : [];
    runs.push({ reference, ...run, layers: layers.filter(({ content: { types } }) => types.launch || types.build || types.cache) });
    if (run.ended === 'well') progress = writtenBy(reference, () => progressAfter(progress, module, at, layers));
  }
  return runs;
}

async function runPlan(
  module: LocatedModule,
  at: BuildpackLayers,
  { env, plan }: Progress,
  provided: ProvidedEnv,
  inputs: BuildInputs,
  { sandbox }: Omit<BuildPorts, 'events'>,
): Promise<Pick<PlanRun, 'ended' | 'output'>> {
  const captured = new CapturedOutput();
  const own = buildpackPlanOf(plan, module.descriptor.id);
  const { app, scratch, signal } = inputs;
  try {
    await runBuild(module, {
      ...{ program: 'plan', sandbox, environment: inputs, provided, env, plan: own, app, layers: at.sandboxPath, scratch, signal },
      events: (event) => {
        if (event.kind === 'output') captured.write(event.bytes);
      },
    });
    return { ended: 'well', output: captured.text() };
  } catch (error) {
    if (!(error instanceof BuildpackError)) throw error;
    return { ended: 'badly', output: captured.text() };
  }
}

function progressAfter({ env, plan }: Progress, module: LocatedModule, at: BuildpackLayers, layers: readonly DescribedLayer[]): Progress {
  const { met } = readOutputs(at, module.descriptor as BuildpackDescriptor, buildpackPlanOf(plan, module.descriptor.id));
  return { env: addBuildLayers(env, layers, at), plan: withoutMet(plan, met) };
}
