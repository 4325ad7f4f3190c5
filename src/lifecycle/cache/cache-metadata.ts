import { buildpackIdProblem, escapeBuildpackId, layerNameProblem } from '../../cnb/index.ts';
import type { BuildpackReference, CacheMetadata } from '../../cnb/index.ts';
import { isDigest } from '../../foundation/index.ts';
import type { DiffId } from '../../oci/index.ts';
import type { CachedLayer } from './layer-cache.ts';

/** A cached layer that has its tar in the cache. */
export type TarredLayer = CachedLayer & { readonly diffId: DiffId };

/**
 * The layers that metadata of a cache speaks of (CNB.md C155). A cache may come from anywhere, and names and digests
 * become names of files: what is not a layer of a buildpack is left out.
 */
export function layersOfMetadata(metadata: CacheMetadata): readonly TarredLayer[] {
  return metadata.buildpacks.flatMap(({ key, layers }) =>
    Object.entries(layers).flatMap(([layerName, { sha, data, launch, build, cache }]) => {
      if (!cache || !isDigest(sha) || buildpackIdProblem(key) !== undefined || layerNameProblem(layerName) !== undefined) return [];
      const path = `${escapeBuildpackId(key)}/${layerName}`;
      return [{ path, buildpackId: key, layerName, diffId: sha, launch, build, ...(data === undefined ? {} : { data }) }];
    }),
  );
}

/** Metadata of these layers. Every buildpack of the group has an entry, also one without cached layers. */
export function metadataOfLayers(group: readonly BuildpackReference[], layers: readonly TarredLayer[], sbom: DiffId | undefined): CacheMetadata {
  return {
    ...(sbom === undefined ? {} : { sbom: { sha: sbom } }),
    buildpacks: group.map(({ id, version }) => ({
      key: id,
      version,
      layers: Object.fromEntries(
        layers
          .filter(({ buildpackId }) => buildpackId === id)
          .map(({ layerName, diffId, data, launch, build }) => [
            layerName,
            { sha: diffId, ...(data === undefined ? {} : { data }), build, launch, cache: true },
          ]),
      ),
    })),
  };
}
