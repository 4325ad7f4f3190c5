import { TspackError } from '../../foundation/index.ts';
import { formatFamiliarReference, formatImageReference, parseImageReference } from '../../oci/index.ts';
import { requireLocal } from './find-local.ts';
import type { LocalStore } from '../../store/index.ts';

/** Gives a local image, on each platform that it has, more names. Throws `IMAGE_NOT_FOUND`, `IMAGE_REFERENCE_INVALID`. */
export async function tagImage(image: string, names: readonly string[], store: LocalStore): Promise<readonly string[]> {
  const references = names.map(parseImageReference);
  const withDigest = references.find(({ digest }) => digest !== undefined);
  if (withDigest !== undefined) {
    throw new TspackError({
      code: 'IMAGE_REFERENCE_INVALID',
      message: `Cannot tag an image "${formatImageReference(withDigest)}": a name to give has no digest`,
      nextStep: 'Name a tag',
    });
  }
  const { images } = requireLocal(image, store);
  // By its ID an image is found once for each of its names.
  const each = images.filter(({ imageId }, index) => images.findIndex((other) => other.imageId === imageId) === index);
  for (const found of each) await store.tag(found, references);
  return references.map(formatFamiliarReference);
}
