import { join } from 'node:path';
import { isApiAtLeast } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import { parseImageReference, formatImageReference } from '../oci/index.ts';
import { readExtension } from './extended-run-image.ts';
import { invalidArguments } from './phase-error.ts';
import { readRunImages } from './run-image.ts';
import type { AnalyzedToml, LaunchMetadata, RunImageEntry } from '../cnb/index.ts';
import type { ExportedRunImage } from '../lifecycle/index.ts';
import type { PhaseSituation } from './phase-situation.ts';
import type { ImagePlace } from './places/image-place.ts';

/**
 * The run image that the analyzer or an extension chose, what extensions made of it, and how the label names it (CNB.md
 * C140, C141, C154). Throws with exit code 3 when none was chosen, `RUN_IMAGE_UNREADABLE`, `EXTENDED_IMAGE_MISSING`.
 */
export async function exportedRunImage(
  analyzed: AnalyzedToml,
  launchMetadata: LaunchMetadata,
  place: ImagePlace,
  situation: PhaseSituation,
): Promise<ExportedRunImage> {
  const reference = analyzed.runImage?.reference ?? '';
  if (reference === '') throw invalidArguments('Cannot export: analyzed.toml names no run image', 'Run the analyzer first');
  const found = await place.readBase(reference);
  if (found === undefined) {
    throw new TspackError({ code: 'RUN_IMAGE_UNREADABLE', message: `Cannot find run image "${reference}"`, nextStep: 'Run the analyzer again' });
  }
  const { image, mirrors } = recordedNames(analyzed.runImage?.image ?? '', launchMetadata, readRunImages(situation));
  const isExtended = analyzed.runImage?.extend === true && isApiAtLeast(situation.api, '0.12');
  const extension = isExtended ? { extension: await readExtension(join(situation.inputs.extended, 'run')) } : {};
  return { image: found.image, reference: found.identifier, name: image, mirrors, ...extension };
}

function recordedNames(chosen: string, { extensions }: LaunchMetadata, entries: readonly RunImageEntry[]): RunImageEntry {
  const holding = entries.find(({ image, mirrors }) => [image, ...mirrors].some((name) => isSameImage(name, chosen)));
  if (holding !== undefined) return holding;
  // An extension may have chosen another run image, which no file names.
  return extensions.length > 0 ? { image: chosen, mirrors: [] } : (entries[0] ?? { image: '', mirrors: [] });
}

function isSameImage(a: string, b: string): boolean {
  try {
    return formatImageReference(parseImageReference(a)) === formatImageReference(parseImageReference(b));
  } catch {
    return a === b;
  }
}
