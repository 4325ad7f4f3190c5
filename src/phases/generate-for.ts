import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatAnalyzedToml, formatPlanToml } from '../cnb/index.ts';
import { writeFileAtomic } from '../foundation/index.ts';
import { createModuleStore, generate } from '../lifecycle/index.ts';
import { openHere } from './inline-sandbox.ts';
import { here, phaseEnvironment, readAnalyzed } from './phase-environment.ts';
import { invalidArguments } from './phase-error.ts';
import { readRunImages } from './run-image.ts';
import type { Group, Plan } from '../cnb/index.ts';
import type { SandboxPath } from '../executor/index.ts';
import type { PhaseSituation } from './phase-situation.ts';

/**
 * Runs bin/generate of the extensions in the group, and rewrites analyzed.toml and plan.toml by what they say (CNB.md
 * C070-C075). Throws with exit code 3 without an analyzed run image, and what the phase throws.
 */
export async function generateFor(group: Group, plan: Plan, situation: PhaseSituation): Promise<void> {
  const { inputs, log, ports } = situation;
  const analyzed = readAnalyzed(situation);
  if (analyzed?.runImage === undefined) throw invalidArguments('Cannot generate Dockerfiles: analyzed.toml names no run image', 'Run the analyzer first');
  const scratch = join(situation.scratchDirectory, 'generate');
  mkdirSync(scratch, { recursive: true });
  mkdirSync(inputs.generated, { recursive: true });
  await using sandbox = await openHere(ports);
  const outcome = await generate(
    {
      ...phaseEnvironment(situation, analyzed),
      group,
      plan,
      app: inputs.app as SandboxPath,
      generated: here(inputs.generated),
      scratch: here(scratch),
      runImage: analyzed.runImage,
      runImageNames: readRunImages(situation).flatMap(({ image, mirrors }) => [image, ...mirrors]),
      signal: ports.signal,
    },
    { sandbox, modules: createModuleStore({ buildpacks: [], extensions: [here(inputs.extensions)] }), events: log.events },
  );
  writeFileAtomic(inputs.analyzed, formatAnalyzedToml({ ...analyzed, runImage: outcome.runImage }));
  writeFileAtomic(inputs.plan, formatPlanToml(outcome.plan));
}
