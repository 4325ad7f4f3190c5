import { pruneHome, surveyHome } from '../../store/index.ts';
import { usedSpace } from './disk-usage.ts';
import { waitFor } from './wait.ts';
import type { Clock } from '../../foundation/index.ts';
import type { Home, LocalStore } from '../../store/index.ts';
import type { Task } from '../api.ts';
import type { PruneRequest, PruneResult } from './api.ts';

export interface PrunePorts {
  readonly home: Home;
  readonly store: LocalStore;
  readonly clock: Clock;
  /** Removes a folder with files of other users, as layers of Dockerfiles can have. */
  readonly removeForeign: (path: string, task: Task) => Promise<void>;
}

/** Makes room in the data folder, while builds go on; see {@link pruneHome}. */
export async function prune(request: PruneRequest, task: Task, { home, store, clock, removeForeign }: PrunePorts): Promise<PruneResult> {
  const pruned = await pruneHome({
    ...request,
    home,
    store,
    clock,
    removeForeign: (path) => removeForeign(path, task),
    lock: waitFor(task),
  });
  if (pruned.inUse) {
    task.events({ kind: 'message', level: 'info', message: 'Other tspack processes are running: what they may need stays' });
  }
  const gone = new Set(pruned.images.map(({ imageId }) => imageId));
  // What an image needed goes with it; the others belong to nobody.
  const blobs = pruned.blobs.filter(({ images }) => images.size !== 1 || ![...images].every((imageId) => gone.has(imageId)));
  const removed = usedSpace({ ...pruned, blobs: blobs.map((blob) => ({ ...blob, images: new Set() })) });
  const left = request.dryRun ? pruned.totalBytes - pruned.freedBytes : surveyHome(home, store).totalBytes;
  return { removed, freedBytes: pruned.freedBytes, totalBytes: left };
}
