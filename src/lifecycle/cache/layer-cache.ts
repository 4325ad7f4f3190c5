import type { BuildpackReference, SpecTable } from '../../cnb/index.ts';
import type { DiffId, Layer } from '../../oci/index.ts';
import type { LayerTree } from '../layers-directory.ts';

/** What is known of a cached layer (CNB.md C155, the entry of a layer in the cache metadata). */
export interface CachedLayer {
  /** Escaped buildpack id and layer name: `<buildpack>/<layer>`, as below `<layers>`. */
  readonly path: string;
  readonly buildpackId: string;
  readonly layerName: string;
  /** diff ID of the layer as it was exported; absent for a layer that no image holds. */
  readonly diffId?: DiffId;
  readonly launch: boolean;
  readonly build: boolean;
  /** The `[metadata]` table of `<layer>.toml`; absent when there was none. */
  readonly data?: SpecTable;
}

/** A layer's tar, known without reading the layer. */
export interface KnownTar {
  readonly diffId: DiffId;
  readonly sizeBytes: number;
}

/** A cached layer as this build leaves it. */
export interface CacheCommitLayer extends CachedLayer {
  readonly tree: LayerTree;
  /** As the image holds it; absent for a layer that no image holds. */
  readonly layer?: Layer;
  readonly tar?: KnownTar;
  /** SBOM files of the layer by their ending: `cdx.json`. */
  readonly sboms: Readonly<Record<string, Uint8Array>>;
}

/**
 * The cached layers of one application and target, between builds (platform.md#layer-restoration). Until `commit`
 * the cache is that of the last good build, whatever happens to this one.
 */
export interface LayerCache {
  /** Of the last good build. */
  readonly layers: readonly CachedLayer[];
  /** SBOM files of a cached layer by their ending. */
  sboms(path: string): Promise<Readonly<Record<string, Uint8Array>>>;
  /**
   * Puts the content of these layers, and of no others, into this build's `<layers>`. Resolves to the layers whose
   * content is there: what cannot be read is skipped with a warning (CNB.md C093).
   */
  restore(paths: ReadonlySet<string>): Promise<ReadonlySet<string>>;
  /** The tar of a layer whose content is what was exported last time, known from its fingerprint alone. */
  knownTar(path: string, tree: LayerTree): Promise<KnownTar | undefined>;
  /** Makes this build's layers the cache, all or nothing. Layers that are not named are removed. `group` is that of the build. */
  commit(layers: readonly CacheCommitLayer[], group: readonly BuildpackReference[]): Promise<void>;
}
