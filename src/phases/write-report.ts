import { join } from 'node:path';
import { formatReportToml } from '../cnb/index.ts';
import { writeFileAtomic } from '../foundation/index.ts';
import { parseImageReference, tektonResults } from '../oci/index.ts';
import type { AttributedBomEntry } from '../cnb/index.ts';
import type { PhaseSituation } from './phase-situation.ts';
import type { WrittenImage } from './places/image-place.ts';

/**
 * Says what image a phase has written: in report.toml (CNB.md C153), and in the folder that `TSPACK_TEKTON_RESULTS` names,
 * where each phase is a step of a Tekton Task and no shell is there to copy the digest. In a daemon there is none.
 */
export function writeReport({ inputs, images, ports }: PhaseSituation, written: WrittenImage, buildBom?: readonly AttributedBomEntry[]): void {
  writeFileAtomic(inputs.report, formatReportToml({ image: { tags: images, ...written }, ...(buildBom === undefined ? {} : { buildBom }) }));
  const directory = ports.environment.TSPACK_TEKTON_RESULTS ?? '';
  if (directory === '' || !('digest' in written)) return;
  const results = tektonResults(images.map(parseImageReference), written.digest);
  for (const [name, value] of Object.entries(results)) writeFileAtomic(join(directory, name), value);
}
