import { formatAnalyzedToml, isApiAtLeast } from '../cnb/index.ts';
import { TspackError, writeFileAtomic } from '../foundation/index.ts';
import { analyze, createPlainLayersDirectory } from '../lifecycle/index.ts';
import { parseImageReference } from '../oci/index.ts';
import { extractSbomLayer } from './extract-sbom-layer.ts';
import { withLaunchCache } from './launch-cache.ts';
import { openPlace } from './places/open-place.ts';
import { chooseRunImage } from './run-image.ts';
import type { AnalyzedToml } from '../cnb/index.ts';
import type { PhaseProgram, PhaseSituation } from './phase-situation.ts';
import type { ImagePlace, PlacedImage } from './places/image-place.ts';

/** Looks at previous image and run image and writes analyzed.toml (platform.md#analyzer, CNB.md C020-C029). */
export const analyzer: PhaseProgram = async (situation) => {
  const { api, inputs, images, log } = situation;
  if (inputs.launchCache !== '' && !inputs.daemon) log.warn('Ignoring -launch-cache, only intended for use with -daemon');
  const place = await openPlace(situation);
  const runImageName = await chooseRunImage(situation, place);
  await checkAccess(situation, place);
  const runImage = await readRunImage(runImageName, place);
  const previousName = inputs.previousImage === '' ? images[0]! : inputs.previousImage;
  const previous = await place.read(previousName);
  if (previous === undefined) log.info(`Image with name "${previousName}" not found`);

  const analysis = await analyze(
    { previousImage: parseImageReference(previousName), runImage: runImage.image },
    { images: { read: () => Promise.resolve(previous?.image) }, events: log.events },
  );
  const { metadata, previousImage, target } = analysis;
  if (isApiAtLeast(api, '0.8') && !inputs.skipLayers && previousImage !== undefined && metadata.sbom !== undefined) {
    log.info('Restoring data for SBOM from previous image');
    const layers = createPlainLayersDirectory(inputs.layers);
    await extractSbomLayer(withLaunchCache(previousImage, inputs).layers, metadata.sbom.sha, { layers, layersPath: inputs.layers, log });
  }
  const namesTarget = isApiAtLeast(api, '0.12');
  const analyzed: AnalyzedToml = {
    ...(previousImage === undefined || previous === undefined ? {} : { image: { reference: previous.identifier } }),
    metadata,
    runImage: { reference: runImage.identifier, ...(namesTarget ? { image: runImageName, target } : {}) },
  };
  writeFileAtomic(inputs.analyzed, formatAnalyzedToml(analyzed));
};

/** Asks before anything is built, not after (CNB.md C022). */
async function checkAccess(situation: PhaseSituation, place: ImagePlace): Promise<void> {
  const { inputs, images } = situation;
  await place.verifyWritable(images);
  if (inputs.cacheImage !== '') await (await situation.registry()).verifyPushAccess(parseImageReference(inputs.cacheImage));
}

async function readRunImage(name: string, place: ImagePlace): Promise<PlacedImage> {
  const found = await place.read(name);
  if (found !== undefined) return found;
  throw new TspackError({
    code: 'RUN_IMAGE_UNREADABLE',
    message: `Cannot find run image "${name}" in the ${place.kind}`,
    nextStep: 'Check its name, or name another one with -run-image',
  });
}
