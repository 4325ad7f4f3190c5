import { pruneHome } from '../../store/index.ts';
import { waitFor } from '../local-images/wait.ts';
import type { PrunePorts } from '../local-images/prune.ts';
import type { Task } from '../api.ts';

/** Removes the caches that were not used for longest, until all take no more than that. What builds that run may need stays. */
export async function limitCaches(keepBytes: number, task: Task, { home, store, clock, removeForeign }: PrunePorts): Promise<void> {
  const { caches, freedBytes } = await pruneHome({
    home,
    store,
    clock,
    images: false,
    keepMilliseconds: 0,
    keepBytes,
    only: () => true,
    dryRun: false,
    removeForeign: (path) => removeForeign(path, task),
    lock: waitFor(task),
  });
  if (caches.length === 0) return;
  const freed = `${(freedBytes / 1e6).toFixed(1)} MB`;
  task.events({ kind: 'message', level: 'info', message: `Removed ${freed} of caches that were not used for longest: the setting cache-size allows no more` });
}
