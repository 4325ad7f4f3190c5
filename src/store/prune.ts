import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestHex, hasSystemCode, removeTree } from '../foundation/index.ts';
import { createWorkDirectory } from './home.ts';
import { holdHome, oldestUse } from './home-use.ts';
import { tryLock } from './lock.ts';
import { planPrune } from './prune-plan.ts';
import { surveyBlobs } from './survey-blobs.ts';
import { surveyHome } from './survey.ts';
import type { Clock, Digest } from '../foundation/index.ts';
import type { Home } from './home.ts';
import type { LocalStore } from './local-store.ts';
import type { LockOptions } from './lock.ts';
import type { PruneLimits, PrunePlan } from './prune-plan.ts';
import type { StoredBlob } from './survey-blobs.ts';
import type { CacheEntry } from './survey-caches.ts';
import type { Survey, SurveyedCache } from './survey.ts';

/** What a mark as used may be behind, and then some: see `markUsed`. */
const MARGIN_MILLISECONDS = 120_000;

export interface PruneOptions extends PruneLimits {
  readonly home: Home;
  readonly store: LocalStore;
  readonly clock: Clock;
  /** Only these caches, and nothing else: what they take is then all that counts against `keepBytes`. */
  readonly only?: (entry: SurveyedCache) => boolean;
  /** Say what would be removed. */
  readonly dryRun: boolean;
  /** Removes a folder that an ordinary removal cannot, because it has files of other users. */
  readonly removeForeign?: (path: string) => Promise<void>;
  readonly lock: LockOptions;
}

/** What was removed; `inUse`: whether other processes kept something. */
export type Pruned = PrunePlan & { readonly inUse: boolean };

/**
 * Makes room in the data folder. Builds that run go on: what they may need, which is all that was used since the first
 * of them began, stays. A folder disappears from its place at once and is deleted afterwards; when that is interrupted,
 * the rest is a left-over.
 */
export async function pruneHome(options: PruneOptions): Promise<Pruned> {
  const { home, store, clock } = options;
  const trash = options.dryRun ? undefined : createWorkDirectory(home);
  try {
    using _hold = await holdHome(home, options.lock);
    const oldest = oldestUse(home);
    const plan = planPrune(surveyFor(options), options, clock.now().getTime(), (usedAt) => isIdle(usedAt, oldest));
    if (trash === undefined) return { ...plan, inUse: oldest !== undefined };
    await store.remove(plan.images.flatMap(({ names }) => names));
    const caches: SurveyedCache[] = [];
    for (const entry of plan.caches) if (await takeOut(entry, trash, options)) caches.push(entry);
    for (const { path } of plan.leftOvers) moveTo(path, join(trash, basename(path)));
    removeBlobs(home, plan.blobs, oldest);
    return { ...plan, caches, inUse: oldest !== undefined };
  } finally {
    if (trash !== undefined) await empty(trash, options);
  }
}

/**
 * Removes the blobs that only these images needed, now that their names are gone. What running builds may need stays
 * until it is pruned. Returns the bytes.
 */
export async function sweepImages(home: Home, candidates: readonly StoredBlob[], lock: LockOptions): Promise<number> {
  using _hold = await holdHome(home, lock);
  const oldest = oldestUse(home);
  const digests = new Set(candidates.map(({ digest }) => digest));
  const unneeded = surveyBlobs(home.store).filter(({ digest, images, usedAt }) => digests.has(digest) && images.size === 0 && isIdle(usedAt, oldest));
  return removeBlobs(home, unneeded, oldest);
}

/** The blobs that an image and no other needs. */
export function blobsOf(home: Pick<Home, 'store'>, imageIds: ReadonlySet<Digest>): readonly StoredBlob[] {
  return surveyBlobs(home.store).filter(({ images }) => images.size > 0 && [...images].every((imageId) => imageIds.has(imageId)));
}

function surveyFor({ home, store, only }: PruneOptions): Survey {
  const survey = surveyHome(home, store);
  if (only === undefined) return survey;
  const caches = survey.caches.filter(only);
  return { images: [], blobs: [], leftOvers: [], caches, totalBytes: caches.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

/** Whether no process that runs can need what was last used then. */
function isIdle(usedAt: number, oldest: number | undefined): boolean {
  return oldest === undefined || usedAt < oldest - MARGIN_MILLISECONDS;
}

/** The records that name a blob go with it: a name without content would only be looked for in vain. */
function removeBlobs(home: Home, blobs: readonly StoredBlob[], oldest: number | undefined): number {
  let freedBytes = 0;
  for (const { digest, path, sizeBytes } of blobs) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || !isIdle(found.mtimeMs, oldest)) continue;
    rmSync(path, { force: true });
    for (const folder of ['compressed', 'distribution', 'sbom']) rmSync(join(home.store, folder, `${digestHex(digest)}.json`), { force: true });
    freedBytes += sizeBytes;
  }
  return freedBytes;
}

/** Removes an entry; false when it stays. Folders of other users, which layers of Dockerfiles can be, cannot be moved. */
async function takeOut(entry: CacheEntry, trash: string, { home, removeForeign }: PruneOptions): Promise<boolean> {
  try {
    return moveAway(entry, trash, home);
  } catch (error) {
    if (!hasSystemCode(error, 'EACCES', 'EPERM')) throw error;
    await removeForeign?.(entry.path);
    return removeForeign !== undefined;
  }
}

/** Takes an entry out of its cache. False when somebody has begun to use it meanwhile. */
function moveAway(entry: CacheEntry, trash: string, home: Home): boolean {
  using lock = entry.cache === 'layers' ? tryLock(join(home.locks, `build-${basename(entry.path)}`)) : FREE;
  if (lock === undefined) return false;
  const to = join(trash, entry.id.replaceAll('/', '-'));
  if (!moveTo(entry.path, to)) return false;
  const moved = statSync(to, { throwIfNoEntry: false });
  if (moved === undefined || moved.mtimeMs === entry.usedAt) return true;
  return !moveTo(to, entry.path);
}

const FREE: Disposable = { [Symbol.dispose]: () => undefined };

function moveTo(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

async function empty(trash: string, { removeForeign }: PruneOptions): Promise<void> {
  for (const name of readdirSync(trash)) {
    try {
      removeTree(join(trash, name));
    } catch (error) {
      if (removeForeign === undefined || !hasSystemCode(error, 'EACCES', 'EPERM')) throw error;
      await removeForeign(join(trash, name));
    }
  }
  removeTree(trash);
}
