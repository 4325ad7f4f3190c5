import { escapeBuildpackId, formatRestoredLayerToml, formatStoreToml, isApiAtLeast, layerNameProblem } from '../../cnb/index.ts';
import { restorePreviousSboms } from './restore-sboms.ts';
import type { ApiVersion, Group, LayerRecord, LifecycleMetadataLabel, SpecTable } from '../../cnb/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { CachedLayer, LayerCache } from '../cache/layer-cache.ts';
import type { LifecycleEvent } from '../events.ts';
import type { LayersDirectory } from '../layers-directory.ts';
import type { Analysis } from '../analyze/analyze.ts';

export interface RestoreInputs {
  readonly group: Group;
  readonly analysis: Analysis;
  readonly platformApi: ApiVersion;
}

export interface RestorePorts {
  readonly cache: LayerCache;
  readonly layers: LayersDirectory;
  readonly events: EventSink<LifecycleEvent>;
}

/** A layer whose metadata goes back into `<layers>`. */
interface RestoredLayer {
  readonly path: string;
  readonly name: string;
  readonly data: SpecTable | undefined;
  readonly diffId: string | undefined;
}

/**
 * Puts metadata, cached content, `store.toml` and SBOM files back into `<layers>` (platform.md#layer-restoration,
 * CNB.md C090-C094). Content comes from the cache alone, and only when it is what the metadata speaks of.
 */
export async function restore(inputs: RestoreInputs, ports: RestorePorts): Promise<void> {
  const { cache, layers, events } = ports;
  const { metadata } = inputs.analysis;
  const withContent = new Set<string>();
  const restored: RestoredLayer[] = [];
  for (const { id } of inputs.group.group) {
    const store = metadata.buildpacks.find(({ key }) => key === id)?.store;
    if (store !== undefined) layers.writeFile(`${escapeBuildpackId(id)}/store.toml`, formatStoreToml(store));
    for (const layer of layersToRestore(id, metadata, cache.layers, inputs.platformApi, events)) {
      const cached = cache.layers.find(({ path }) => path === layer.path);
      if (cached !== undefined && cached.diffId !== layer.diffId) {
        events({ kind: 'layer', action: 'removing', name: layer.name, reason: 'wrong sha' });
        continue;
      }
      layers.writeFile(`${layer.path}.toml`, formatRestoredLayerToml(layer.data));
      restored.push(layer);
      if (cached === undefined) continue;
      events({ kind: 'layer', action: 'restoring', name: layer.name });
      withContent.add(layer.path);
      for (const [ending, bytes] of Object.entries(cache.sboms(layer.path))) layers.writeFile(`${layer.path}.sbom.${ending}`, bytes);
    }
  }
  cache.restore(withContent);
  await restorePreviousSboms(
    inputs.analysis,
    restored.filter(({ path }) => !withContent.has(path)).map(({ path }) => path),
    layers,
    events,
  );
}

/** Which layers of a buildpack come back, from the app image (C091) and from the cache (C092). */
function layersToRestore(
  id: string,
  metadata: LifecycleMetadataLabel,
  cached: readonly CachedLayer[],
  platformApi: ApiVersion,
  events: EventSink<LifecycleEvent>,
): readonly RestoredLayer[] {
  const exported = metadata.buildpacks.find(({ key }) => key === id)?.layers ?? {};
  const inCache = new Map(cached.filter(({ buildpackId }) => buildpackId === id).map((layer) => [layer.layerName, layer]));
  const describe = (layerName: string) => ({ path: `${escapeBuildpackId(id)}/${layerName}`, name: `${id}:${layerName}` });
  const skip = (layerName: string, why: string) =>
    events({ kind: 'message', level: 'debug', message: `Not restoring metadata for "${id}:${layerName}", ${why}` });

  const isUseful = ([layerName, layer]: readonly [string, LayerRecord]): boolean => {
    const why = !layer.launch
      ? 'marked as launch=false'
      : layer.build && !layer.cache
        ? 'marked as build=true, cache=false'
        : layer.cache && !inCache.has(layerName)
          ? 'marked as cache=true, but not found in cache'
          : undefined;
    if (why !== undefined) skip(layerName, why);
    return why === undefined;
  };
  // An image may come from anywhere, and a layer's name becomes the name of a file.
  const fromImage = Object.entries(exported)
    .filter(([layerName]) => layerNameProblem(layerName) === undefined)
    .filter(isUseful)
    .map(([layerName, { data, sha }]) => ({ ...describe(layerName), data, diffId: sha }));
  const fromCache = [...inCache.values()]
    .filter(({ layerName, launch }) => !launch || (!Object.hasOwn(exported, layerName) && isApiAtLeast(platformApi, '0.14')))
    .map(({ layerName, data, diffId }) => ({ ...describe(layerName), data: data as SpecTable | undefined, diffId }));
  return [...fromImage, ...fromCache];
}
