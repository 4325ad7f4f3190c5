import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDirectoryLayerCache } from '../../lifecycle/index.ts';
import { layerCacheDirectory, openCache } from '../build-cache.ts';
import { openLayers } from '../open-layers.ts';
import type { OpenedCache } from '../build-cache.ts';
import type { BuildSituation, PreparedBuild } from '../build-situation.ts';

/** The layer cache that the build would find. Nothing is cleared, and none is made where there is none yet. */
export async function openKnownCache(situation: BuildSituation, prepared: Pick<PreparedBuild, 'layers'>, key: string): Promise<OpenedCache> {
  const { settings, ports, sandbox, workDirectory } = situation;
  const isThere = settings.cache.kind !== 'volume' || existsSync(layerCacheDirectory(ports.home, key));
  if (isThere && !settings.clearCache) return await openCache(situation, prepared, key);
  const cache = await openDirectoryLayerCache(join(workDirectory, 'no-cache'));
  return { cache, ...(await openLayers({ workDirectory, cache, sandbox, folder: prepared.layers })) };
}
