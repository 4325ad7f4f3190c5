import { isApiAtLeast } from '../cnb/index.ts';
import { analyzer } from './analyzer.ts';
import { buildGroup } from './builder.ts';
import { detectGroup } from './detector.ts';
import { exportApp } from './exporter.ts';
import { PhaseError, withExitCodeOf } from './phase-error.ts';
import { PHASES } from './phase-names.ts';
import { readAnalyzed } from './phase-environment.ts';
import { restoreGroup } from './restorer.ts';
import type { PhaseProgram } from './phase-situation.ts';
import type { PhaseName } from './phase-names.ts';

/** All phases one after the other, with the exit code of the one that fails (platform.md#creator, CNB.md C170). Refuses image extensions. */
export const creator: PhaseProgram = async (situation) => {
  const { api, inputs, log } = situation;
  const phase = async <Result>(name: PhaseName, title: string, work: () => Promise<Result>): Promise<Result> => {
    log.info(`===> ${title}`);
    return await withExitCodeOf(name, work);
  };
  await phase('analyzer', 'ANALYZING', () => analyzer(situation));
  const { group } = await phase('detector', 'DETECTING', async () => {
    const detected = await detectGroup(situation);
    if (detected.group.groupExtensions.length === 0) return detected;
    throw new PhaseError(PHASES.detector.failure, 'Cannot create the image: the detected group contains extensions', 'Run the phases one by one');
  });
  const skips = inputs.skipLayers || inputs.skipRestore;
  if (!skips || isApiAtLeast(api, '0.10')) await phase('restorer', 'RESTORING', () => restoreGroup(group, readAnalyzed(situation), situation));
  await phase('builder', 'BUILDING', () => buildGroup(situation));
  await phase('exporter', 'EXPORTING', () => exportApp(situation));
};
