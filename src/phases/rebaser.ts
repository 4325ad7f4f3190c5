import { TspackError } from '../foundation/index.ts';
import { NORMALIZED_TIME, readRebaseMetadata, rebase, runImageNames } from '../lifecycle/index.ts';
import { tellWritten } from './exporter.ts';
import { registryOf } from './image-names.ts';
import { invalidArguments } from './phase-error.ts';
import { openPlace } from './places/open-place.ts';
import { bestRunImage } from './run-image.ts';
import { writeReport } from './write-report.ts';
import type { LifecycleMetadataLabel } from '../cnb/index.ts';
import type { PhaseProgram, PhaseSituation } from './phase-situation.ts';
import type { ImagePlace } from './places/image-place.ts';

/** Puts the application's layers on another run image (platform.md#rebaser, CNB.md C171-C174). */
export const rebaser: PhaseProgram = async (situation) => {
  const { inputs, images, log } = situation;
  if (inputs.runImage !== '' && inputs.deprecatedRunImage !== '') throw invalidArguments('Cannot use both -run-image and -image', 'Give -run-image alone');
  const place = await openPlace(situation);
  const name = inputs.previousImage === '' ? images[0]! : inputs.previousImage;
  const app = (await place.readBase(name)) ?? unreadable(`image "${name}"`, place);
  const runImageName = await chooseRunImage(name, readRebaseMetadata(app.image, name), place, situation);
  const runImage = (await place.readBase(runImageName)) ?? unreadable(`run image "${runImageName}"`, place);

  const { image, warnings } = rebase({
    name,
    app: app.image,
    runImage: { image: runImage.image, reference: runImage.identifier, name: runImageName },
    force: inputs.force,
    created: NORMALIZED_TIME,
  });
  for (const warning of warnings) log.warn(warning);
  log.info(`Saving ${images[0]}...`);
  const written = await place.write(image, images);
  tellWritten(written, situation);
  writeReport(situation, written);
};

async function chooseRunImage(app: string, metadata: LifecycleMetadataLabel, place: ImagePlace, { inputs }: PhaseSituation): Promise<string> {
  const given = inputs.runImage === '' ? inputs.deprecatedRunImage : inputs.runImage;
  if (given !== '') return given;
  const [image, ...mirrors] = runImageNames(metadata);
  if (image === undefined) throw invalidArguments(`Cannot rebase "${app}": it names no run image`, 'Name one with -run-image');
  return await bestRunImage({ image, mirrors }, registryOf(app), place);
}

function unreadable(what: string, place: ImagePlace): never {
  throw new TspackError({ code: 'RUN_IMAGE_UNREADABLE', message: `Cannot find ${what} in the ${place.kind}`, nextStep: 'Check the name' });
}
