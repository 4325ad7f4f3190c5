import { TspackError } from '../../foundation/index.ts';
import { formatFamiliarReference } from '../../oci/index.ts';
import { blobsOf, sweepImages } from '../../store/index.ts';
import { findLocal, localNotFound } from './find-local.ts';
import type { Home, LocalImage, LocalStore } from '../../store/index.ts';
import type { Task } from '../api.ts';
import type { RemovedImages } from './api.ts';
import { waitFor } from './wait.ts';

/** See {@link ImageVerbs.removeImages}: first everything is looked for, then all of it is removed. */
export async function removeImages(
  names: readonly string[],
  { force }: { readonly force: boolean },
  task: Task,
  { home, store }: { readonly home: Home; readonly store: LocalStore },
): Promise<RemovedImages> {
  const found = names.map((name) => ({ name, local: findLocal(name, store) }));
  const missing = found.flatMap(({ name, local }) => (local === undefined ? [name] : []));
  if (missing.length > 0 && !force) throw localNotFound(missing, store);
  for (const { name, local } of found) {
    if (local === undefined || !local.byId || force || local.images.length < 2) continue;
    throw new TspackError({
      code: 'IMAGE_HAS_NAMES',
      message: `Cannot remove "${name}" alone: it has the names ${local.images.map(nameOf).join(', ')}`,
      nextStep: 'Remove the names that you mean, or use --force for all of them',
    });
  }
  const removed = [...new Set(found.flatMap(({ local }) => local?.images ?? []))];
  const ids = new Set(removed.map(({ imageId }) => imageId));
  const candidates = blobsOf(home, ids);
  await store.remove(removed);
  const left = new Set(store.list().map(({ imageId }) => imageId));
  const deleted = [...ids].filter((imageId) => !left.has(imageId));
  const freedBytes = deleted.length === 0 ? 0 : await sweepImages(home, candidates, waitFor(task));
  return { untagged: removed.map(nameOf), deleted, missing, freedBytes };
}

function nameOf({ reference }: LocalImage): string {
  return formatFamiliarReference(reference);
}
