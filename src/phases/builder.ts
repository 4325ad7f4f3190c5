import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isApiAtLeast, parseGroupToml, parsePlanToml } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import { build, createModuleStore, createPlainLayersDirectory } from '../lifecycle/index.ts';
import { refuseRoot } from './detector.ts';
import { openHere } from './inline-sandbox.ts';
import { here, phaseEnvironment, readAnalyzed } from './phase-environment.ts';
import { readSpecFile } from './read-file.ts';
import type { Group } from '../cnb/index.ts';
import type { SandboxPath } from '../executor/index.ts';
import type { PhaseProgram, PhaseSituation } from './phase-situation.ts';

/** Runs the buildpacks of the group (platform.md#builder, CNB.md C100-C118). Refuses to run as root. */
export const builder: PhaseProgram = async (situation) => {
  refuseRoot(situation, 'build');
  await buildGroup(situation);
};

export async function buildGroup(situation: PhaseSituation): Promise<void> {
  const { api, inputs, log, ports } = situation;
  const group = readGroup(inputs.group);
  const plan = readSpecFile(inputs.plan, parsePlanToml) ?? missing(inputs.plan);
  const scratch = join(situation.scratchDirectory, 'build');
  mkdirSync(scratch, { recursive: true });
  await using sandbox = await openHere(ports);
  const { metadata } = await build(
    {
      ...phaseEnvironment(situation, isApiAtLeast(api, '0.12') ? readAnalyzed(situation) : undefined),
      group,
      plan,
      app: inputs.app as SandboxPath,
      layersPath: inputs.layers as SandboxPath,
      scratch: here(scratch),
      signal: ports.signal,
    },
    {
      sandbox,
      modules: createModuleStore({ buildpacks: [here(inputs.buildpacks)] }),
      layers: createPlainLayersDirectory(inputs.layers),
      events: (event) => (event.kind === 'buildpack-started' || event.kind === 'buildpack-ended' ? undefined : log.events(event)),
    },
  );
  log.debug(`Processes: ${metadata.processes.map(({ type }) => type).join(', ')}`);
}

/** group.toml, which detection wrote. Throws `PHASE_FILE_MISSING`. */
export function readGroup(path: string): Group {
  return readSpecFile(path, parseGroupToml) ?? missing(path);
}

export function missing(path: string): never {
  throw new TspackError({ code: 'PHASE_FILE_MISSING', message: `Cannot find "${path}"`, nextStep: 'Run the phases before this one, or name the file' });
}
