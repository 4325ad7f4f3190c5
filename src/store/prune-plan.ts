import type { StoredBlob } from './survey-blobs.ts';
import type { Survey, SurveyedCache, SurveyedImage } from './survey.ts';

/** How much pruning leaves. Without limits it removes all that only costs time to get again. */
export interface PruneLimits {
  /** Images too, with their names. */
  readonly images: boolean;
  /** What was used within so many milliseconds stays. */
  readonly keepMilliseconds: number;
  /** Nothing more is removed once everything together takes no more than this; 0: no such limit. */
  readonly keepBytes: number;
}

/** What pruning removes, in this order. */
export interface PrunePlan {
  readonly leftOvers: Survey['leftOvers'];
  readonly caches: readonly SurveyedCache[];
  readonly images: readonly SurveyedImage[];
  /** Those that no image needs, once the images above are gone. */
  readonly blobs: readonly StoredBlob[];
  readonly freedBytes: number;
  /** Of everything, before. */
  readonly totalBytes: number;
}

/**
 * Chooses what to remove: left-overs and blobs that nothing needs, the layers of forgotten applications, then caches and
 * at last images, those not used for longest first. `isIdle` says of a time whether nobody can need what was last used
 * then.
 */
export function planPrune(survey: Survey, limits: PruneLimits, now: number, isIdle: (usedAt: number) => boolean): PrunePlan {
  let left = survey.totalBytes;
  const { keepMilliseconds } = limits;
  // Without a limit everything is old, also what a clock that was set back calls newer than now.
  const isOld = ({ usedAt }: { readonly usedAt: number }) => (keepMilliseconds === 0 || now - usedAt >= keepMilliseconds) && isIdle(usedAt);
  const take = <Item>(items: readonly Item[], bytes: (item: Item) => number): readonly Item[] => {
    const taken: Item[] = [];
    for (const item of items) {
      if (limits.keepBytes > 0 && left <= limits.keepBytes) break;
      taken.push(item);
      left -= bytes(item);
    }
    return taken;
  };
  const size = ({ sizeBytes }: { readonly sizeBytes: number }) => sizeBytes;
  const leftOvers = take(survey.leftOvers, size);
  const unneeded = take(
    survey.blobs.filter((blob) => blob.images.size === 0 && isOld(blob)),
    size,
  );
  const oldest = (one: { readonly usedAt: number }, other: { readonly usedAt: number }) => one.usedAt - other.usedAt;
  const rank = (entry: SurveyedCache) => (entry.forgotten ? 0 : 1);
  const caches = take(
    survey.caches.filter(isOld).sort((one, other) => rank(one) - rank(other) || oldest(one, other)),
    size,
  );
  const images = limits.images ? take(survey.images.filter(isOld).sort(oldest), ({ ownBytes }) => ownBytes) : [];
  const gone = new Set(images.map(({ imageId }) => imageId));
  const freed = survey.blobs.filter((blob) => blob.images.size > 0 && isIdle(blob.usedAt) && [...blob.images].every((imageId) => gone.has(imageId)));
  const blobs = [...unneeded, ...freed];
  const freedBytes = [...leftOvers, ...caches, ...blobs].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { leftOvers, caches, images, blobs, freedBytes, totalBytes: survey.totalBytes };
}
