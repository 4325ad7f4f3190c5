import { lstatSync } from 'node:fs';
import { abandonedWork } from './home.ts';
import { surveyBlobs } from './survey-blobs.ts';
import { sizeOnDisk, surveyCaches } from './survey-caches.ts';
import type { Digest } from '../foundation/index.ts';
import type { Home } from './home.ts';
import type { LocalImage } from './local-image.ts';
import type { LocalStore } from './local-store.ts';
import type { StoredBlob } from './survey-blobs.ts';
import type { CacheEntry } from './survey-caches.ts';

/** An image of the store with all of its names. */
export interface SurveyedImage {
  readonly imageId: Digest;
  readonly names: readonly LocalImage[];
  /** When it got the last of them, in milliseconds since 1970. */
  readonly usedAt: number;
  /** Of the blobs that no other image needs. */
  readonly ownBytes: number;
}

/** A layer cache whose application has no image in the store any more is forgotten. */
export type SurveyedCache = CacheEntry & { readonly forgotten: boolean };

/** Everything that takes space in the data folder. */
export interface Survey {
  readonly images: readonly SurveyedImage[];
  readonly blobs: readonly StoredBlob[];
  readonly caches: readonly SurveyedCache[];
  /** What killed processes have left. */
  readonly leftOvers: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly totalBytes: number;
}

/** Looks at everything in the data folder; changes nothing, and nothing counts as used by it. */
export function surveyHome(home: Home, store: Pick<LocalStore, 'list'>): Survey {
  const names = store.list();
  const blobs = surveyBlobs(home.store);
  const known = new Set(names.map(({ reference: { registry, repository } }) => `${registry}/${repository}`));
  const caches = surveyCaches(home).map((entry): SurveyedCache => {
    const { application } = entry;
    return { ...entry, forgotten: application?.kind === 'image' && !known.has(application.name) };
  });
  const leftOvers = abandonedWork(home).flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ path, sizeBytes: sizeOnDisk(path, stat, new Set()) }];
  });
  const totalBytes = [...blobs, ...caches, ...leftOvers].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { images: surveyImages(names, blobs), blobs, caches, leftOvers, totalBytes };
}

function surveyImages(names: readonly LocalImage[], blobs: readonly StoredBlob[]): readonly SurveyedImage[] {
  const own = new Map<Digest, number>();
  for (const { images, sizeBytes } of blobs) {
    const [imageId] = images;
    if (imageId !== undefined && images.size === 1) own.set(imageId, (own.get(imageId) ?? 0) + sizeBytes);
  }
  const byId = new Map<Digest, LocalImage[]>();
  for (const name of names) byId.set(name.imageId, [...(byId.get(name.imageId) ?? []), name]);
  return [...byId].map(([imageId, all]) => ({
    imageId,
    names: all,
    usedAt: Math.max(...all.map(({ updatedAt = 0 }) => updatedAt)),
    ownBytes: own.get(imageId) ?? 0,
  }));
}
