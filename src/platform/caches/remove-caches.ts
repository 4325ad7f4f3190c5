import { pruneHome, surveyHome } from '../../store/index.ts';
import { cacheUsage } from '../local-images/disk-usage.ts';
import { waitFor } from '../local-images/wait.ts';
import { chooseCaches } from './choose-caches.ts';
import type { PrunePorts } from '../local-images/prune.ts';
import type { Task } from '../api.ts';
import type { RemoveCachesRequest, RemovedCaches } from './api.ts';

/** Removes the caches that are named, or all. What a process that runs may need stays. Throws `CACHE_NOT_FOUND`. */
export async function removeCaches(request: RemoveCachesRequest, task: Task, { home, store, clock, removeForeign }: PrunePorts): Promise<RemovedCaches> {
  const all = surveyHome(home, store).caches;
  const chosen = request.names.length === 0 ? all : chooseCaches(request.names, all);
  const paths = new Set(chosen.map(({ path }) => path));
  const { caches, freedBytes } = await pruneHome({
    home,
    store,
    clock,
    images: false,
    keepMilliseconds: 0,
    keepBytes: 0,
    only: ({ path }) => paths.has(path),
    dryRun: request.dryRun,
    removeForeign: (path) => removeForeign(path, task),
    lock: waitFor(task),
  });
  const gone = new Set(caches.map(({ path }) => path));
  return { removed: cacheUsage(caches), kept: cacheUsage(chosen.filter(({ path }) => !gone.has(path))), freedBytes };
}
