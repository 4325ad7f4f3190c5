import { escapeBuildpackId, formatRestoredLayerToml, formatStoreToml, isApiAtLeast, layerNameProblem } from '../../cnb/index.ts';
import { restorePreviousSboms } from './restore-sboms.ts';
import type { ApiVersion, Group, LayerRecord, LifecycleMetadataLabel, SpecTable } from '../../cnb/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { Layer } from '../../oci/index.ts';
import type { CachedLayer, LayerCache } from '../cache/layer-cache.ts';
import type { LifecycleEvent } from '../events.ts';
import type { LayersDirectory } from '../layers-directory.ts';
import type { Analysis } from '../analyze/analyze.ts';

export interface RestoreInputs {
  readonly group: Group;
  readonly analysis: Analysis;
  readonly platformApi: ApiVersion;
  /** Restores `store.toml` alone (CNB.md C095). */
  readonly skipLayers?: boolean;
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
  const inCache = new Set<string>();
  const described: RestoredLayer[] = [];
  for (const { id } of inputs.group.group) {
    const store = metadata.buildpacks.find(({ key }) => key === id)?.store;
    if (store !== undefined) layers.writeFile(`${escapeBuildpackId(id)}/store.toml`, formatStoreToml(store));
    if (inputs.skipLayers === true) continue;
    for (const layer of layersToRestore(id, metadata, cache.layers, inputs.platformApi, events)) {
      const cached = cache.layers.find(({ path }) => path === layer.path);
      if (cached !== undefined && cached.diffId !== layer.diffId) {
        events({ kind: 'layer', action: 'removing', name: layer.name, reason: 'wrong sha' });
        continue;
      }
      described.push(layer);
      if (cached === undefined) continue;
      events({ kind: 'layer', action: 'restoring', name: layer.name });
      inCache.add(layer.path);
    }
  }
  const lost = await lostLayers(
    described.filter(({ path }) => !inCache.has(path)),
    inputs.analysis,
    events,
  );
  const withContent = await cache.restore(inCache);
  // SBOM files are known from Platform API 0.8 on.
  const hasSboms = isApiAtLeast(inputs.platformApi, '0.8');
  // Without its content, metadata would make a buildpack believe that a cached layer is there.
  const restored = described.filter(({ path }) => withContent.has(path) || (!inCache.has(path) && !lost.has(path)));
  for (const { path, data } of restored) {
    layers.writeFile(`${path}.toml`, formatRestoredLayerToml(data));
    if (!withContent.has(path) || !hasSboms) continue;
    for (const [ending, bytes] of Object.entries(await cache.sboms(path))) layers.writeFile(`${path}.sbom.${ending}`, bytes);
  }
  if (!hasSboms) return;
  await restorePreviousSboms(
    inputs.analysis,
    restored.filter(({ path }) => !withContent.has(path)).map(({ path }) => path),
    layers,
    events,
  );
}

/**
 * Layers that the previous image names and has no bytes of. A buildpack that is told of one would take it for reusable,
 * and only the export would find out.
 */
async function lostLayers(reusable: readonly RestoredLayer[], { previousImage }: Analysis, events: EventSink<LifecycleEvent>): Promise<ReadonlySet<string>> {
  if (previousImage === undefined) return new Set();
  const byDiffId = new Map<string | undefined, Layer>(previousImage.layers.map((layer) => [layer.diffId, layer]));
  const asked = reusable.map(async ({ path, name, diffId }) => {
    const layer = byDiffId.get(diffId);
    // A place that does not answer is no place that has lost it.
    const present = layer !== undefined && (layer.isPresent === undefined || (await layer.isPresent().catch(() => true)));
    if (present) return [];
    events({ kind: 'message', level: 'warning', message: `Not restoring metadata for "${name}", the previous image has lost the layer` });
    return [path];
  });
  return new Set((await Promise.all(asked)).flat());
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
    .map(({ layerName, data, diffId }) => ({ ...describe(layerName), data, diffId }));
  return [...fromImage, ...fromCache];
}
