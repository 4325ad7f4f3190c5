import { escapeBuildpackId, parseLayerToml, parseStoreToml } from '../../cnb/index.ts';
import type { BuildpackLayersRecord, GroupElement, LayerContentMetadata, LayerRecord, StoreToml } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import type { Layer } from '../../oci/index.ts';
import type { CacheCommitLayer } from '../cache/layer-cache.ts';
import { layerNames } from '../layer-names.ts';
import type { LayerTree } from '../layers-directory.ts';
import { readLayersFile, readLayersText } from '../read-layers-file.ts';
import { writtenBy } from '../written-by.ts';
import { announceLayer } from './added-layer.ts';
import type { AddedLayer } from './added-layer.ts';
import type { ExportInputs, ExportPorts } from './export-inputs.ts';
import { CREATED_BY } from './history.ts';
import { treeLayer } from './layer-specs.ts';

/** What an export keeps of one buildpack. */
export interface ExportedBuildpack {
  /** Its entry in the lifecycle metadata label. */
  readonly record: BuildpackLayersRecord;
  /** Its launch layers, by name. */
  readonly layers: readonly AddedLayer[];
  readonly cacheLayers: readonly CacheCommitLayer[];
}

/** A layer that a buildpack described, and its content. */
interface FoundLayer {
  readonly layerName: string;
  /** `<buildpack>/<layer>`, as below `<layers>`. */
  readonly path: string;
  /** `<buildpack id>:<layer>`. */
  readonly name: string;
  readonly content: LayerContentMetadata;
  readonly tree: LayerTree | undefined;
}

/** Exports the launch layers of one buildpack, and says which layers the cache should keep (CNB.md C143, C155). */
export async function exportBuildpack(element: GroupElement, inputs: ExportInputs, ports: ExportPorts): Promise<ExportedBuildpack> {
  const { id, version } = element;
  const folder = escapeBuildpackId(id);
  const before = inputs.analysis.metadata.buildpacks.find(({ key }) => key === id)?.layers ?? {};
  const records: [string, LayerRecord][] = [];
  const added: AddedLayer[] = [];
  const cacheLayers: CacheCommitLayer[] = [];
  for (const layerName of layerNames(ports.layers, folder)) {
    const found = writtenBy(element, () => findLayer(id, folder, layerName, inputs, ports));
    const { launch, build, cache } = found.content.types;
    let layer: Layer | undefined;
    if (launch) {
      layer = found.tree === undefined ? reusedLayer(found, before[layerName], inputs) : await layerOfTree(found.path, found.tree, inputs, ports);
      added.push(
        announceLayer({ name: found.name, createdBy: CREATED_BY.buildpackLayer(layerName, id, version), layer }, [before[layerName]?.sha], ports.events),
      );
      const { metadata } = found.content;
      records.push([layerName, { sha: layer.diffId, ...(metadata === undefined ? {} : { data: metadata }), build, launch, cache }]);
    }
    if (cache) cacheLayers.push(...cacheLayer(id, folder, found, layer, inputs, ports));
  }
  const store = writtenBy(element, () => readStore(folder, inputs, ports));
  return { record: { key: id, version, layers: Object.fromEntries(records), ...(store === undefined ? {} : { store }) }, layers: added, cacheLayers };
}

function findLayer(id: string, folder: string, layerName: string, { layersPath }: ExportInputs, { layers }: ExportPorts): FoundLayer {
  const path = `${folder}/${layerName}`;
  const content = parseLayerToml(readLayersText(layers, layersPath, `${path}.toml`) ?? '', `${layersPath}/${path}.toml`);
  return { layerName, path, name: `${id}:${layerName}`, content, tree: layers.layerTree(path) };
}

/** A layer with content: known by its fingerprint, or read once. */
async function layerOfTree(path: string, tree: LayerTree, inputs: ExportInputs, ports: ExportPorts): Promise<Layer> {
  const known = await ports.cache.knownTar(path, tree);
  const stored = known && ports.storedLayer(known.diffId, known.sizeBytes);
  return stored ?? (await ports.layerWriter.write(treeLayer(tree, `${inputs.layersPath}/${path}`, inputs.owner, inputs.folderAbove)));
}

/** A launch layer without a folder: the buildpack wants the one of the previous image. */
function reusedLayer({ name, content }: FoundLayer, record: LayerRecord | undefined, inputs: ExportInputs): Layer {
  if (content.types.cache) {
    throw new TspackError({ code: 'LAYER_CACHE_EMPTY', message: `Cannot export layer "${name}": it is cache=true but has no contents` });
  }
  const layer = record && inputs.analysis.previousImage?.layers.find(({ diffId }) => diffId === record.sha);
  if (layer !== undefined) return layer;
  throw new TspackError(
    record === undefined
      ? {
          code: 'LAYER_NOT_REUSABLE',
          message: `Cannot export layer "${name}": it has no folder, and the previous image has no metadata for it`,
          nextStep: 'Ask the authors of the buildpack to make the folder of each launch layer that was not restored',
        }
      : {
          code: 'LAYER_NOT_REUSABLE',
          message: `Cannot reuse layer "${name}": the previous image names it and has lost it`,
          nextStep: 'Build again with --clear-cache, so that the buildpack makes it anew',
        },
  );
}

function cacheLayer(
  id: string,
  folder: string,
  found: FoundLayer,
  layer: Layer | undefined,
  inputs: ExportInputs,
  ports: ExportPorts,
): readonly CacheCommitLayer[] {
  const { layerName, path, name, content, tree } = found;
  if (tree === undefined) {
    ports.events({ kind: 'message', level: 'warning', message: `Failed to cache layer '${name}' because it has no contents` });
    return [];
  }
  const { launch, build } = content.types;
  const known =
    layer === undefined
      ? {}
      : { diffId: layer.diffId, layer, ...(layer.tarSizeBytes === undefined ? {} : { tar: { diffId: layer.diffId, sizeBytes: layer.tarSizeBytes } }) };
  const data = content.metadata === undefined ? {} : { data: content.metadata };
  return [{ path, buildpackId: id, layerName, launch, build, ...data, tree, sboms: layerSboms(folder, layerName, inputs, ports), ...known }];
}

/** SBOM files of a layer by their ending. */
function layerSboms(folder: string, layerName: string, { layersPath }: ExportInputs, { layers }: ExportPorts): Readonly<Record<string, Uint8Array>> {
  const prefix = `${layerName}.sbom.`;
  const names = (layers.readdir(folder) ?? []).filter((name) => name.startsWith(prefix));
  return Object.fromEntries(
    names.flatMap((name) => {
      const bytes = readLayersFile(layers, layersPath, `${folder}/${name}`);
      return bytes === undefined ? [] : [[name.slice(prefix.length), bytes] as const];
    }),
  );
}

function readStore(folder: string, { layersPath }: ExportInputs, { layers }: ExportPorts): StoreToml | undefined {
  const text = readLayersText(layers, layersPath, `${folder}/store.toml`);
  return text === undefined ? undefined : parseStoreToml(text, `${layersPath}/${folder}/store.toml`);
}
