import { existsSync } from 'node:fs';
import { formatAnalyzedToml, formatBuildpackReference, isApiAtLeast, requireBuildpackApi } from '../cnb/index.ts';
import { writeFileAtomic } from '../foundation/index.ts';
import { createPlainLayersDirectory, restore } from '../lifecycle/index.ts';
import { readGroup } from './builder.ts';
import { describeExtendedImages } from './extended-images.ts';
import { openCache } from './open-cache.ts';
import { readAnalyzed } from './phase-environment.ts';
import { restoreCollectedSboms } from './restore-collected-sboms.ts';
import type { AnalyzedToml, Group } from '../cnb/index.ts';
import type { PhaseProgram, PhaseSituation } from './phase-situation.ts';

/** Puts layers and what is known of them back into `<layers>` (platform.md#restorer, CNB.md C090-C097). */
export const restorer: PhaseProgram = async (situation) => {
  const { inputs, log } = situation;
  const group = readGroup(inputs.group);
  requireGroupApis(group);
  const before = readAnalyzed(situation);
  if (before === undefined) log.warn(`Not using analyzed data, usable file not found: ${inputs.analyzed}`);
  const analyzed = before && (await describeExtendedImages(before, group, situation));
  if (analyzed !== before && analyzed !== undefined) writeFileAtomic(inputs.analyzed, formatAnalyzedToml(analyzed));
  await restoreGroup(group, analyzed, situation);
};

/** Throws `BUILDPACK_API_UNSUPPORTED` (exit code 12). */
export function requireGroupApis(group: Group): void {
  for (const element of [...group.group, ...group.groupExtensions]) requireBuildpackApi(element.api, formatBuildpackReference(element));
}

export async function restoreGroup(group: Group, analyzed: AnalyzedToml | undefined, situation: PhaseSituation): Promise<void> {
  const { api, inputs, log, ports } = situation;
  const skipLayers = inputs.skipLayers || inputs.skipRestore;
  if (skipLayers) log.info('Skipping buildpack layer analysis');
  const layers = createPlainLayersDirectory(inputs.layers);
  const cache = await openCache(situation);
  const target = { os: ports.platform.os, arch: ports.platform.architecture };
  await restore(
    { group, analysis: { metadata: analyzed?.metadata ?? NOTHING_ANALYZED, target }, platformApi: api, skipLayers },
    { cache, layers, events: log.events },
  );
  if (isApiAtLeast(api, '0.8') && !skipLayers && existsSync(inputs.layers)) restoreCollectedSboms(group, layers);
}

const NOTHING_ANALYZED: AnalyzedToml['metadata'] = {
  app: [],
  buildpacks: [],
  config: { sha: '' },
  launcher: { sha: '' },
  'process-types': { sha: '' },
  runImage: { topLayer: '', reference: '' },
};
