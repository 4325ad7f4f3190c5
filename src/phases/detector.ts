import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatBuildpackReference, isApiAtLeast, parseOrderToml, parseSystemToml } from '../cnb/index.ts';
import { TspackError, writeFileAtomic } from '../foundation/index.ts';
import { createModuleStore, createPlainLayersDirectory, detect } from '../lifecycle/index.ts';
import { describeDetection } from './describe-detection.ts';
import { generateFor } from './generate-for.ts';
import { guardExperimental } from './experimental.ts';
import { openHere } from './inline-sandbox.ts';
import { here, phaseEnvironment, readAnalyzed } from './phase-environment.ts';
import { EXIT, PhaseError } from './phase-error.ts';
import { readSpecFile } from './read-file.ts';
import type { Group, OrderToml, Plan, SystemToml } from '../cnb/index.ts';
import type { LayersDirectory } from '../lifecycle/index.ts';
import type { SandboxPath } from '../executor/index.ts';
import type { PhaseProgram, PhaseSituation } from './phase-situation.ts';

/** Chooses the buildpacks and writes group.toml and plan.toml (platform.md#detector, CNB.md C040-C059). Refuses to run as root. */
export const detector: PhaseProgram = async (situation) => {
  refuseRoot(situation, 'detect');
  const { group, plan } = await detectGroup(situation);
  if (group.groupExtensions.length > 0) await generateFor(group, plan, situation);
};

/** Buildpacks are others' code; with root they could change the build image (CNB.md C009). Throws with exit code 1. */
export function refuseRoot({ ports }: PhaseSituation, phase: string): void {
  if (ports.user.uid === 0) throw new PhaseError(EXIT.failure, `Cannot ${phase} as root`, 'Run it as the user of the build image');
}

/** Throws `DETECT_NONE` (exit code 20) or `DETECT_ERRORED` (21). */
export async function detectGroup(situation: PhaseSituation): Promise<{ readonly group: Group; readonly plan: Plan }> {
  const { api, inputs, log, ports } = situation;
  const order = readOrder(situation);
  if (order.orderExtensions.length > 0 && !isApiAtLeast(api, '0.13')) guardExperimental('Dockerfiles', ports.environment.CNB_EXPERIMENTAL_MODE, log);
  const system = isApiAtLeast(api, '0.15') ? readSpecFile<SystemToml>(inputs.system, parseSystemToml) : undefined;
  const scratch = join(situation.scratchDirectory, 'detect');
  mkdirSync(scratch, { recursive: true });
  await using sandbox = await openHere(ports);
  const outcome = await detect(
    {
      ...phaseEnvironment(situation, readAnalyzed(situation)),
      order,
      ...(system === undefined ? {} : { system }),
      app: inputs.app as SandboxPath,
      scratch: here(scratch),
      concurrency: ports.cores,
      signal: ports.signal,
    },
    {
      sandbox,
      modules: createModuleStore({ buildpacks: [here(inputs.buildpacks)], extensions: [here(inputs.extensions)] }),
      layers: writingTo(inputs),
      events: () => undefined,
    },
  );
  describeDetection(outcome, log);
  if (outcome.kind === 'detected') return outcome;
  throw new TspackError({
    code: outcome.errored ? 'DETECT_ERRORED' : 'DETECT_NONE',
    message: outcome.errored ? 'No group of buildpacks passes detection: one of them failed' : 'No group of buildpacks passes detection',
    nextStep: 'Check that the path is that of the application; what each buildpack looked for is above',
  });
}

/** `<layers>/order.toml` if the platform wrote one, else that of the builder. */
function readOrder({ inputs, given, ports }: PhaseSituation): OrderToml {
  const isDefault = !given.has('order') && (ports.environment.CNB_ORDER_PATH ?? '') === '';
  const path = isDefault && !existsSync(inputs.order) ? '/cnb/order.toml' : inputs.order;
  const order = readSpecFile(path, parseOrderToml);
  if (order !== undefined && order.order.length > 0) return order;
  throw new TspackError({
    code: 'ORDER_MISSING',
    message: order === undefined ? `Cannot find the order of buildpacks "${path}"` : `Cannot detect: the order of buildpacks "${path}" is empty`,
    nextStep: `Name a file with -order that lists groups such as ${formatBuildpackReference({ id: 'example/buildpack', version: '1.0.0' })}`,
  });
}

/** group.toml and plan.toml go where the arguments say. */
function writingTo({ layers, group, plan }: PhaseSituation['inputs']): LayersDirectory {
  const places: Readonly<Record<string, string>> = { 'group.toml': group, 'plan.toml': plan };
  const directory = createPlainLayersDirectory(layers);
  return { ...directory, writeFile: (path, bytes) => writeFileAtomic(places[path] ?? join(layers, path), bytes) };
}
