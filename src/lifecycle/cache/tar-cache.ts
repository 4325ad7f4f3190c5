import type { BuildpackReference } from '../../cnb/index.ts';
import { TspackError, isDigest } from '../../foundation/index.ts';
import type { DiffId } from '../../oci/index.ts';
import { treeLayer } from '../export/layer-specs.ts';
import { layersOfMetadata, metadataOfLayers } from './cache-metadata.ts';
import type { TarredLayer } from './cache-metadata.ts';
import type { CacheDraft, CachePlace, TarCacheOptions } from './cache-place.ts';
import { readCachedSboms, sbomLayerSpec } from './cached-sboms.ts';
import type { CachedSboms } from './cached-sboms.ts';
import type { CacheCommitLayer, LayerCache } from './layer-cache.ts';
import { restoreTars } from './restore-tars.ts';

const SBOM_NAME = 'buildpacksio/lifecycle:cache.sbom';

/**
 * A layer cache of tars, wherever they lie: restoring extracts them into `<layers>`, committing makes them anew. A
 * commit that fails says so and leaves the cache of the last good build: the image is there all the same (CNB.md C155).
 */
export function createTarCache(place: CachePlace, options: TarCacheOptions): LayerCache {
  const { layersPath, owner, events, signal } = options;
  const layers = layersOfMetadata(place.metadata);
  let sboms: Promise<CachedSboms> | undefined;
  const warn = (message: string) => events({ kind: 'message', level: 'warning', message });

  async function addLayer(draft: CacheDraft, layer: CacheCommitLayer): Promise<TarredLayer | undefined> {
    const name = `${layer.buildpackId}:${layer.layerName}`;
    try {
      const { diffId, reused } = await draft.add(layer.layer ?? treeLayer(layer.tree, `${layersPath}/${layer.path}`, owner));
      announce(name, reused);
      const { path, buildpackId, layerName, launch, build, data } = layer;
      return { path, buildpackId, layerName, launch, build, ...(data === undefined ? {} : { data }), diffId };
    } catch (error) {
      if (!(error instanceof TspackError)) throw error;
      warn(`Failed to cache layer '${name}': ${error.message}`);
      return undefined;
    }
  }

  async function addSboms(draft: CacheDraft, committed: readonly CacheCommitLayer[]): Promise<DiffId | undefined> {
    const spec = sbomLayerSpec(committed, layersPath, owner);
    if (spec === undefined) return undefined;
    const { diffId, reused } = await draft.add(spec);
    announce(SBOM_NAME, reused);
    return diffId;
  }

  function announce(name: string, reused: boolean): void {
    events({ kind: 'layer', action: reused ? 'keeping' : 'caching', name });
  }

  async function write(draft: CacheDraft, committed: readonly CacheCommitLayer[], group: readonly BuildpackReference[]): Promise<void> {
    const added: TarredLayer[] = [];
    for (const layer of committed) {
      signal?.throwIfAborted();
      const tarred = await addLayer(draft, layer);
      if (tarred !== undefined) added.push(tarred);
    }
    const kept = committed.filter(({ path }) => added.some((layer) => layer.path === path));
    await draft.finish(metadataOfLayers(group, added, await addSboms(draft, kept)));
  }

  return {
    layers,
    async sboms(path) {
      const sha = place.metadata.sbom?.sha ?? '';
      if (!isDigest(sha)) return {};
      sboms ??= readCachedSboms(place.openTar(sha), events);
      return (await sboms).get(path) ?? {};
    },
    restore: (paths) =>
      restoreTars(
        layers.filter(({ path }) => paths.has(path)),
        { ...options, openTar: ({ diffId }) => place.openTar(diffId) },
      ),
    // Extracted files are new files: only reading them tells what they hold.
    knownTar: () => Promise.resolve(undefined),
    async commit(committed, group) {
      let draft: CacheDraft | undefined;
      try {
        draft = place.begin();
        await write(draft, committed, group);
      } catch (error) {
        signal?.throwIfAborted();
        warn(`Failed to export cache: ${(error as Error).message}`);
      } finally {
        draft?.abandon();
      }
    },
  };
}
