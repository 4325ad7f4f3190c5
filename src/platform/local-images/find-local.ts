import { TspackError, isDigest, nearestNames } from '../../foundation/index.ts';
import { formatFamiliarReference, formatImageReference, parseImageReference } from '../../oci/index.ts';
import type { LocalImage, LocalStore } from '../../store/index.ts';

/** What a user means in the local store. */
export interface FoundLocal {
  /** Several where a name stands for several platforms, or an image has several names. */
  readonly images: readonly LocalImage[];
  /** Whether it was asked for by ID or digest instead of by name. */
  readonly byId: boolean;
}

/** undefined when the store has no such image. Throws `IMAGE_AMBIGUOUS`, `IMAGE_REFERENCE_INVALID`. */
export function findLocal(text: string, store: Pick<LocalStore, 'list' | 'findByDigest'>): FoundLocal | undefined {
  const digits = isDigest(text) ? text.slice('sha256:'.length) : text;
  const byId = /^[0-9a-f]{6,64}$/.test(digits) ? store.findByDigest(digits) : [];
  const ids = new Set(byId.map(({ imageId }) => imageId));
  if (ids.size > 1) {
    throw new TspackError({
      code: 'IMAGE_AMBIGUOUS',
      message: `Cannot choose an image by "${text}": ${ids.size} begin so`,
      nextStep: 'Give more digits or the name',
    });
  }
  if (ids.size === 1) return { images: byId, byId: true };
  const reference = parseImageReference(text);
  const { digest } = reference;
  const fits =
    digest === undefined
      ? (image: LocalImage) => formatImageReference(image.reference) === formatImageReference(reference)
      : ({ imageId, manifestDigest }: LocalImage) => imageId === digest || manifestDigest === digest;
  const images = store.list().filter(fits);
  return images.length === 0 ? undefined : { images, byId: digest !== undefined };
}

/** As {@link findLocal}. Throws `IMAGE_NOT_FOUND`. */
export function requireLocal(text: string, store: Pick<LocalStore, 'list' | 'findByDigest'>): FoundLocal {
  const found = findLocal(text, store);
  if (found !== undefined) return found;
  throw localNotFound([text], store);
}

export function localNotFound(names: readonly string[], store: Pick<LocalStore, 'list'>): TspackError {
  const [near] = nearestNames(
    names[0] ?? '',
    store.list().map(({ reference }) => formatFamiliarReference(reference)),
  );
  return new TspackError({
    code: 'IMAGE_NOT_FOUND',
    message: `Cannot find ${names.map((name) => `"${name}"`).join(', ')} in the local store`,
    nextStep: near === undefined ? 'Run tspack ls to see the images that are here' : `Did you mean "${near}"? tspack ls shows all images`,
  });
}
