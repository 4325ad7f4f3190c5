import { join } from 'node:path';
import { openImageLayerCache, openTarLayerCache } from '../lifecycle/index.ts';
import { parseImageReference } from '../oci/index.ts';
import type { LayerCache } from '../lifecycle/index.ts';
import type { PhaseSituation } from './phase-situation.ts';

/** Of builds that keep nothing. */
const NO_CACHE: LayerCache = {
  layers: [],
  sboms: () => Promise.resolve({}),
  restore: () => Promise.resolve(new Set()),
  knownTar: () => Promise.resolve(undefined),
  commit: () => Promise.resolve(),
};

/** The cache that the arguments name: an image, else a folder, else none, which is told. */
export async function openCache(situation: PhaseSituation): Promise<LayerCache> {
  const { inputs, log, ports } = situation;
  const common = { layersDirectory: inputs.layers, layersPath: inputs.layers, owner: ownerOf(situation), events: log.events, signal: ports.signal };
  if (inputs.cacheImage !== '') {
    return await openImageLayerCache({
      ...common,
      images: await situation.registry(),
      reference: parseImageReference(inputs.cacheImage),
      platform: ports.platform,
      scratch: join(situation.scratchDirectory, 'cache'),
    });
  }
  if (inputs.cacheDir !== '') return openTarLayerCache({ ...common, directory: inputs.cacheDir });
  log.warn('No cached data will be used, no cache specified.');
  return NO_CACHE;
}

/** Who owns what buildpacks made, in images and caches. */
export function ownerOf({ inputs, ports }: Pick<PhaseSituation, 'inputs' | 'ports'>): { readonly uid: number; readonly gid: number } {
  return { uid: inputs.uid ?? ports.user.uid, gid: inputs.gid ?? ports.user.gid };
}
