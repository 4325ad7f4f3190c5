import { isApiAtLeast, parseRunToml, parseStackToml } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import { registryOf } from './image-names.ts';
import { invalidArguments } from './phase-error.ts';
import { readSpecFile } from './read-file.ts';
import type { RunImageEntry } from '../cnb/index.ts';
import type { PhaseSituation } from './phase-situation.ts';
import type { ImagePlace } from './places/image-place.ts';

/** The run images that the platform names: run.toml, or stack.toml below Platform API 0.12; none when there is no such file. */
export function readRunImages({ api, inputs }: Pick<PhaseSituation, 'api' | 'inputs'>): readonly RunImageEntry[] {
  if (isApiAtLeast(api, '0.12')) return readSpecFile(inputs.run, parseRunToml)?.images ?? [];
  const stack = readSpecFile(inputs.stack, parseStackToml);
  return stack === undefined || stack.runImage.image === '' ? [] : [stack.runImage];
}

/**
 * The name of the run image (CNB.md C023): the one that was given, else the best of the first that run.toml names.
 * Throws with exit code 3 when nobody names one, `RUN_IMAGE_UNREADABLE`.
 */
export async function chooseRunImage(situation: PhaseSituation, place: ImagePlace): Promise<string> {
  const { inputs, images } = situation;
  if (inputs.runImage !== '') return inputs.runImage;
  const [entry] = readRunImages(situation);
  if (entry === undefined || entry.image === '') {
    throw invalidArguments('Cannot choose a run image: none is named', 'Name one with -run-image, or in run.toml');
  }
  return await bestRunImage(entry, registryOf(images[0] ?? ''), place);
}

/**
 * The first of image and mirrors that is in a registry and can be read, else the first that can be read
 * (platform.md#run-image-resolution, CNB.md C026). Outside of registries the first is taken as it is, as in the
 * reference. Throws `RUN_IMAGE_UNREADABLE`.
 */
export async function bestRunImage({ image, mirrors }: RunImageEntry, registry: string, place: ImagePlace): Promise<string> {
  const names = [image, ...mirrors];
  const near = names.filter((name) => safeRegistryOf(name) === registry);
  const far = names.filter((name) => !near.includes(name));
  const ordered = [...near, ...far];
  if (place.kind !== 'registry') return ordered[0]!;
  for (const name of ordered) if (await place.isReadable(name)) return name;
  throw new TspackError({
    code: 'RUN_IMAGE_UNREADABLE',
    message: `Cannot read a run image: ${names.map((name) => `"${name}"`).join(', ')}`,
    nextStep: 'Check the names in run.toml and the credentials for their registries',
  });
}

/** A name in a file that is none is nobody's mirror. */
function safeRegistryOf(name: string): string | undefined {
  try {
    return registryOf(name);
  } catch {
    return undefined;
  }
}
