import { TspackError } from '../foundation/index.ts';
import { parseByteSize } from '../configuration/index.ts';
import { cacheUsage, exportCaches, importCaches, limitCaches, removeCaches, requireFilePlace, writeWhole } from '../platform/index.ts';
import { openDownloadStore, surveyHome } from '../store/index.ts';
import { heldWhileRead, withHome } from './with-home.ts';
import { openSandbox } from './sandbox.ts';
import type { HostPath } from '../executor/index.ts';
import type { CacheVerbs, ExportCachesOptions, PrunePorts, Task } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** The verbs on the caches of the data folder, on this machine. */
export function composeCaches(machine: Machine): CacheVerbs {
  const survey = () => surveyHome(machine.home(), machine.store()).caches;
  const open = (options: ExportCachesOptions, task: Task) => heldWhileRead(machine, task, exportCaches(options, survey(), machine.home(), task));
  return {
    caches: async () => {
      const items = cacheUsage(survey());
      return { items, totalBytes: items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
    },
    // It changes what others may be using: it does not count as a user itself.
    removeCaches: (request, task) => removeCaches(request, task, prunePorts(machine)),
    exportCaches: async (options, task) => open(options, task),
    async exportCachesTo(path, options, task) {
      requireFilePlace(path);
      await writeWhole(path, open(options, task), task.signal);
    },
    importCaches: (source, task) =>
      withHome(machine, task, () => importCaches(source, task, { home: machine.home(), downloads: openDownloadStore(machine.home(), machine.clock) })),
  };
}

/** What removes things of the data folder. */
export function prunePorts(machine: Machine): PrunePorts {
  return {
    home: machine.home(),
    store: machine.store(),
    clock: machine.clock,
    removeForeign: async (path, { events, signal }) => (await (await openSandbox(machine, events, signal)).openWorkshop?.())?.remove(path as HostPath),
  };
}

/** The setting `cache-size` in bytes; undefined: there is no limit. Throws `SETTINGS_UNUSABLE`. */
export function cacheLimit(machine: Machine): number | undefined {
  const setting = machine.configuration().find('cache-size');
  const [text] = setting?.values ?? [];
  if (text === undefined) return undefined;
  const bytes = parseByteSize(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new TspackError({
    code: 'SETTINGS_UNUSABLE',
    message: `Cannot use cache-size "${text}" of ${setting?.origin}: want a size such as 10GB`,
    nextStep: 'Correct it, or forget it with tspack config cache-size --unset',
  });
}

/** Does the work of a build, then keeps to the setting `cache-size`. What this build has used stays: it still counts as running. */
export async function withinCacheLimit<Result>(machine: Machine, task: Task, work: () => Promise<Result>): Promise<Result> {
  const limit = cacheLimit(machine);
  const result = await work();
  try {
    if (limit !== undefined) await limitCaches(limit, task, prunePorts(machine));
  } catch (error) {
    task.signal.throwIfAborted();
    // The image is there: it would be wrong to call its build a failure.
    task.events({ kind: 'message', level: 'warning', message: `Cannot keep to the setting cache-size: ${(error as Error).message}` });
  }
  return result;
}
