import { createModuleStore } from '../lifecycle/index.ts';
import { analyzeImages } from './analyze-images.ts';
import { runPhase } from './build-situation.ts';
import { chooseBuildpacks, openDetectPlace } from './choose-buildpacks.ts';
import { environmentTarget } from './environment-target.ts';
import { prepareBuild } from './prepare-build.ts';
import type { ImageTarget } from '../cnb/index.ts';
import type { Analysis, ModuleStore } from '../lifecycle/index.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';
import type { ChosenGroup } from './choose-buildpacks.ts';

/** What is known before the first buildpack builds. */
export interface DetectedBuild {
  readonly prepared: PreparedBuild;
  readonly modules: ModuleStore;
  readonly analysis: Analysis;
  readonly target: ImageTarget;
  readonly detected: ChosenGroup;
}

/** Stages the source, reads the previous image, and asks the buildpacks which of them fit. Throws what these steps throw. */
export async function detectGroup(situation: BuildSituation): Promise<DetectedBuild> {
  const { builder } = situation;
  const modules = createModuleStore({ ...builder.moduleFolders, single: builder.buildpacks, singleExtensions: builder.extensions });
  const prepared = await prepareBuild(situation, modules);
  await using place = await openDetectPlace(situation, prepared);
  const analysis = await runPhase(situation, 'analyzing', () => analyzeImages(situation));
  const target = environmentTarget(analysis.target, builder);
  const detected = await runPhase(situation, 'detecting', () => chooseBuildpacks(situation, prepared, target, modules, place));
  return { prepared, modules, analysis, target, detected };
}
