import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isApiAtLeast } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import { imageTarget } from '../lifecycle/index.ts';
import { openBlobDirectory, writeIndex } from '../oci/index.ts';
import { openPlace } from './places/open-place.ts';
import { registryPlace } from './places/registry-place.ts';
import { readRunImages } from './run-image.ts';
import type { AnalyzedToml, Group } from '../cnb/index.ts';
import type { Image } from '../oci/index.ts';
import type { PhaseSituation } from './phase-situation.ts';
import type { PlacedImage } from './places/image-place.ts';

/** Completes analyzed.toml for the extender: which build image, which run image (CNB.md C075, C095). The same value when nothing is to be said. */
export async function describeExtendedImages(analyzed: AnalyzedToml, group: Group, situation: PhaseSituation): Promise<AnalyzedToml> {
  const { api, inputs } = situation;
  const withBuildImage =
    isApiAtLeast(api, '0.10') && inputs.buildImage !== ''
      ? { ...analyzed, buildImage: { reference: (await pullSparse(inputs.buildImage, situation)).identifier } }
      : analyzed;
  return await describeRunImage(withBuildImage, group, situation);
}

async function describeRunImage(analyzed: AnalyzedToml, group: Group, situation: PhaseSituation): Promise<AnalyzedToml> {
  const { api, inputs } = situation;
  const { runImage } = analyzed;
  const name = runImage?.image ?? '';
  if (runImage === undefined) return analyzed;
  if (isApiAtLeast(api, '0.14') && name !== '') await requireReadable(name, situation);
  const isExtended = isApiAtLeast(api, '0.12') && !inputs.layout && runImage.extend === true;
  const isUnknown = isApiAtLeast(api, '0.10') && group.groupExtensions.length > 0 && (runImage.target?.os ?? '') === '';
  if (!isExtended && !isUnknown) return analyzed;
  const found = isExtended ? await pullSparse(name, situation) : await (await openPlace(situation)).read(name);
  if (found === undefined) throw unreadable(name);
  const target = isApiAtLeast(api, '0.12') ? { target: imageTarget(found.image) } : {};
  return { ...analyzed, runImage: { ...runImage, reference: found.identifier, ...target } };
}

/** A run image that the platform names may have gone since it was analyzed. */
async function requireReadable(name: string, situation: PhaseSituation): Promise<void> {
  const named = readRunImages(situation).some(({ image, mirrors }) => [image, ...mirrors].includes(name));
  if (!named || situation.inputs.daemon || situation.inputs.layout) return;
  if (!(await (await openPlace(situation)).isReadable(name))) throw unreadable(name);
}

/** Reads an image of a registry, and keeps manifest and config where there is a folder for them. */
async function pullSparse(name: string, situation: PhaseSituation): Promise<PlacedImage> {
  const found = await registryPlace(await situation.registry(), situation.ports.platform).read(name);
  if (found === undefined) throw unreadable(name);
  const { extenderDirectory } = situation.ports;
  if (existsSync(extenderDirectory)) saveSparse(found.image, sparseImagePlace(extenderDirectory, found.image.manifest!.descriptor.digest));
  return found;
}

/** Where the restorer leaves an image for the extender, as the reference has it. */
export function sparseImagePlace(extenderDirectory: string, digest: string): string {
  return join(extenderDirectory, 'cache', 'base', digest);
}

/** An OCI layout of an image without its layers. */
function saveSparse(image: Image, directory: string): void {
  const { manifest } = image;
  if (manifest === undefined) throw new Error('only an image with a manifest can be kept by its digest');
  const blobs = openBlobDirectory(directory);
  blobs.putBytes(image.configBytes);
  blobs.putBytes(manifest.bytes);
  writeIndex(directory, [manifest.descriptor]);
}

function unreadable(name: string): TspackError {
  return new TspackError({
    code: 'RUN_IMAGE_UNREADABLE',
    message: `Cannot read image "${name}"`,
    nextStep: 'Check its name and the credentials for its registry',
  });
}
