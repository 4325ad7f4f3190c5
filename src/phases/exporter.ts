import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY_LIFECYCLE_METADATA, isApiAtLeast, parseLaunchMetadata, parseProjectMetadataToml } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import { createPlainLayersDirectory, exportImage } from '../lifecycle/index.ts';
import { createLayerWriter } from '../oci/index.ts';
import { missing, readGroup } from './builder.ts';
import { buildBom } from './build-bom.ts';
import { createdTime } from './created-time.ts';
import { guardExperimental } from './experimental.ts';
import { exportedRunImage } from './exported-run-image.ts';
import { withLaunchCache, writeLaunchCache } from './launch-cache.ts';
import { collectLauncherSboms } from './launcher-sboms.ts';
import { openCache, ownerOf } from './open-cache.ts';
import { readAnalyzed } from './phase-environment.ts';
import { invalidArguments } from './phase-error.ts';
import { openPlace } from './places/open-place.ts';
import { readSpecFile } from './read-file.ts';
import { requireGroupApis } from './restorer.ts';
import { writeReport } from './write-report.ts';
import type { AnalyzedToml, Group } from '../cnb/index.ts';
import type { ExportOutcome, LayerCache } from '../lifecycle/index.ts';
import type { Image } from '../oci/index.ts';
import type { PhaseProgram, PhaseSituation } from './phase-situation.ts';
import type { ImagePlace, WrittenImage } from './places/image-place.ts';

/** Makes the app image from what the other phases left (platform.md#exporter, CNB.md C140-C159). */
export const exporter: PhaseProgram = async (situation) => {
  const { inputs, given, log } = situation;
  for (const name of ['runImage', 'deprecatedRunImage'] as const) {
    if (given.has(name))
      throw invalidArguments(`Cannot use -${name === 'runImage' ? 'run-image' : 'image'}: the analyzer has chosen the run image`, 'Give it to the analyzer');
  }
  if (inputs.launchCache !== '' && !inputs.daemon) log.warn('Ignoring -launch-cache, only intended for use with -daemon');
  await exportApp(situation);
};

export async function exportApp(situation: PhaseSituation): Promise<void> {
  const { api, inputs, images, log, ports } = situation;
  const analyzed = readAnalyzed(situation) ?? missing(inputs.analyzed);
  const group = readGroup(inputs.group);
  requireGroupApis(group);
  if (isExtended(inputs.extended) && !isApiAtLeast(api, '0.13')) guardExperimental('Dockerfiles', ports.environment.CNB_EXPERIMENTAL_MODE, log);
  const cache = await openCache(situation);
  const place = await openPlace(situation);
  const previous = await readPrevious(analyzed, place, situation);
  const outcome = await makeImage(situation, { analyzed, group, cache, place, previous });

  const image = withKnownBlobs(outcome.image, previous);
  const commit = () => cache.commit(outcome.cacheLayers, group.group);
  log.info(`Saving ${images[0]}...`);
  const [written] = inputs.parallel ? await Promise.all([place.write(image, images), commit()]) : [await place.write(image, images)];
  tellWritten(written, situation);
  const bom = isApiAtLeast(api, '0.9') ? undefined : buildBom(group, createPlainLayersDirectory(inputs.layers));
  writeReport(situation, written, bom);
  if (!inputs.parallel) await commit();
  if (inputs.daemon && inputs.launchCache !== '') await writeLaunchCache(inputs.launchCache, image.layers.slice(-outcome.layers.length));
}

interface ExportSources {
  readonly analyzed: AnalyzedToml;
  readonly group: Group;
  readonly cache: LayerCache;
  readonly place: ImagePlace;
  readonly previous: Image | undefined;
}

async function makeImage(situation: PhaseSituation, { analyzed, group, cache, place, previous }: ExportSources): Promise<ExportOutcome> {
  const { api, inputs, log, ports, scratch } = situation;
  const layers = createPlainLayersDirectory(inputs.layers);
  const metadataFile = join(inputs.layers, 'config', 'metadata.toml');
  const launchMetadata = readSpecFile(metadataFile, parseLaunchMetadata) ?? missing(metadataFile);
  if (isApiAtLeast(api, '0.11')) collectLauncherSboms(inputs.launcherSbom, layers, log);
  if (!existsSync(inputs.launcher)) missing(inputs.launcher);
  const target = analyzed.runImage?.target ?? { os: ports.platform.os, arch: ports.platform.architecture };
  return await exportImage(
    {
      group,
      analysis: {
        metadata: previous === undefined ? EMPTY_LIFECYCLE_METADATA : analyzed.metadata,
        target,
        ...(previous === undefined ? {} : { previousImage: previous }),
      },
      launchMetadata,
      runImage: await exportedRunImage(analyzed, launchMetadata, place, situation),
      platformApi: api,
      owner: ownerOf(situation),
      folderAbove,
      appDirectory: inputs.app,
      appPath: inputs.app,
      layersPath: inputs.layers,
      launcher: inputs.launcher,
      launcherRecord: { version: ports.version, source: { git: { repository: '', commit: '' } } },
      projectMetadata: readSpecFile(inputs.projectMetadata, parseProjectMetadataToml) ?? {},
      execEnv: inputs.execEnv,
      ...(inputs.processType === '' ? {} : { defaultProcess: inputs.processType }),
      created: createdTime(isApiAtLeast(api, '0.9') ? ports.environment.SOURCE_DATE_EPOCH : undefined, log),
    },
    { layers, layerWriter: createLayerWriter(scratch.blobs), cache, storedLayer: () => undefined, events: log.events },
  );
}

/** The previous image may have gone since it was analyzed: then nothing of it is used again. */
async function readPrevious(analyzed: AnalyzedToml, place: ImagePlace, { inputs, log }: PhaseSituation): Promise<Image | undefined> {
  const reference = analyzed.image?.reference ?? '';
  if (reference === '') return undefined;
  try {
    const found = await place.read(reference);
    if (found !== undefined) {
      log.info(`Reusing layers from image '${reference}'`);
      return withLaunchCache(found.image, inputs);
    }
    log.warn(`Cannot find the previous image "${reference}" any more`);
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    log.warn(`Ignoring the previous image "${reference}": ${error.message}`);
  }
  return undefined;
}

/** A layer that the previous image has keeps its compressed bytes, so that nothing is compressed or sent again (CNB.md C157). */
function withKnownBlobs(image: Image, previous: Image | undefined): Image {
  const known = new Map(previous?.layers.map((layer) => [layer.diffId, layer]));
  return {
    ...image,
    layers: image.layers.map((layer) => (layer.blob === undefined && known.get(layer.diffId)?.blob !== undefined ? known.get(layer.diffId)! : layer)),
  };
}

/** The folders of images are those of this container (CNB.md C144). */
function folderAbove(path: string) {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
}

function isExtended(directory: string): boolean {
  const run = join(directory, 'run');
  return existsSync(run) && readdirSync(run).length > 0;
}

export function tellWritten(written: WrittenImage, { images, log }: Pick<PhaseSituation, 'images' | 'log'>): void {
  log.info(`*** Images (${'digest' in written ? written.digest : written.imageId.replace('sha256:', '').slice(0, 12)}):`);
  for (const name of images) log.info(`      ${name}`);
}
