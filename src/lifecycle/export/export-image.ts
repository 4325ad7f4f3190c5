import { LABELS, escapeBuildpackId, formatBuildMetadataLabel, formatLifecycleMetadataLabel, formatProjectMetadataLabel, isApiAtLeast, parseLayerToml, parseStoreToml } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { appendLayers, createImage, withContainerConfig } from '../../oci/index.ts';
import { listAppFiles } from './app-files.ts';
import { appContainerConfig, checkProcessTypes, entrypointOf } from './image-config.ts';
import { appLayer, launcherLayer, processTypesLayer, treeLayer } from './layer-specs.ts';
import { sliceFiles } from './slices.ts';
import type { ApiVersion, BuildpackLayersRecord, Group, LaunchMetadata, LauncherRecord, LayerRecord, LifecycleMetadataLabel, ProjectMetadata, StoreToml } from '../../cnb/index.ts';
import type { EventSink } from '../../foundation/index.ts';
import type { LayerTarSpec } from '../../archive/index.ts';
import type { DiffId, HistoryEntry, Image, Layer, LayerWriter } from '../../oci/index.ts';
import type { Analysis } from '../analyze/analyze.ts';
import type { CacheCommitLayer, LayerCache } from '../cache/layer-cache.ts';
import type { LifecycleEvent } from '../events.ts';
import type { LayersDirectory, LayerTree } from '../layers-directory.ts';
import { readLayersText } from '../read-layers-file.ts';
import type { LayerOwner } from './layer-specs.ts';

/** The run image of an export, as the label names it (CNB.md C154). */
export interface ExportedRunImage {
  readonly image: Image;
  /** Digest reference or image ID. */
  readonly reference: string;
  readonly name: string;
  readonly mirrors: readonly string[];
}

export interface ExportInputs {
  readonly group: Group;
  readonly analysis: Analysis;
  readonly launchMetadata: LaunchMetadata;
  readonly runImage: ExportedRunImage;
  readonly platformApi: ApiVersion;
  readonly owner: LayerOwner;
  /** Host folder of the application, and where it lies in the image. */
  readonly appDirectory: string;
  readonly appPath: string;
  readonly layersPath: string;
  /** Host path of the launcher. */
  readonly launcher: string;
  readonly launcherRecord: LauncherRecord;
  readonly projectMetadata: ProjectMetadata;
  readonly execEnv: string;
  readonly defaultProcess?: string;
  /** RFC 3339; 1980-01-01T00:00:01Z unless asked otherwise (CNB.md C151). */
  readonly created: string;
}

export interface ExportPorts {
  readonly layers: LayersDirectory;
  readonly layerWriter: LayerWriter;
  readonly cache: LayerCache;
  /** A layer whose tar was stored before; undefined when it is gone. */
  readonly storedLayer: (diffId: DiffId, sizeBytes: number) => Layer | undefined;
  readonly events: EventSink<LifecycleEvent>;
}

export interface ExportedLayer {
  readonly name: string;
  readonly diffId: DiffId;
  readonly sizeBytes: number;
  readonly reused: boolean;
}

export interface ExportOutcome {
  readonly image: Image;
  /** What was put on the run image, in order. */
  readonly layers: readonly ExportedLayer[];
  /** What the layer cache should keep once the image is saved. */
  readonly cacheLayers: readonly CacheCommitLayer[];
}

/** Layers of the reference have this time in the history (CNB.md C142). */
export const NORMALIZED_TIME = '1980-01-01T00:00:01Z';

/**
 * Puts the layers of buildpacks, application and lifecycle on the run image (platform.md#exporter, CNB.md C140-C156).
 * Nothing is saved: the caller writes the image, then commits the cache.
 *
 * Throws `LAYER_NOT_REUSABLE`, `LAYER_CACHE_EMPTY`, `PROCESS_TYPE_INVALID`, `PROCESS_TYPE_UNKNOWN`,
 * `SLICE_PATTERN_INVALID`, `SPEC_FILE_INVALID`.
 */
export async function exportImage(inputs: ExportInputs, ports: ExportPorts): Promise<ExportOutcome> {
  const { owner, layersPath, launchMetadata } = inputs;
  const { layers, cache, events } = ports;
  const previous = inputs.analysis.metadata;
  checkProcessTypes(launchMetadata);
  const { entrypoint, processType } = entrypointOf(launchMetadata, inputs.defaultProcess);

  const added: { readonly layer: Layer; readonly history: HistoryEntry; readonly summary: ExportedLayer }[] = [];
  const cacheLayers: CacheCommitLayer[] = [];

  function add(name: string, createdBy: string, layer: Layer & { readonly tarSizeBytes?: number }, previousShas: readonly string[], announce = true): DiffId {
    const reused = previousShas.includes(layer.diffId);
    const sizeBytes = layer.tarSizeBytes ?? 0;
    if (announce) events({ kind: 'layer', action: reused ? 'reusing' : 'adding', name, sizeBytes });
    added.push({ layer, history: { created: NORMALIZED_TIME, created_by: createdBy }, summary: { name, diffId: layer.diffId, sizeBytes, reused } });
    return layer.diffId;
  }
  const write = async (name: string, createdBy: string, spec: LayerTarSpec, previousSha: string | undefined) =>
    add(name, createdBy, await ports.layerWriter.write(spec), previousSha === undefined ? [] : [previousSha]);

  /** A buildpack's layer: known by its fingerprint, or read once. */
  async function layerOfTree(path: string, tree: LayerTree): Promise<Layer> {
    const known = await cache.knownTar(path, tree);
    const stored = known && ports.storedLayer(known.diffId, known.sizeBytes);
    return stored ?? (await ports.layerWriter.write(treeLayer(tree, `${layersPath}/${path}`, owner)));
  }

  async function exportBuildpack(id: string, version: string): Promise<BuildpackLayersRecord> {
    const folder = escapeBuildpackId(id);
    const before = previous.buildpacks.find(({ key }) => key === id)?.layers ?? {};
    const records: [string, LayerRecord][] = [];
    for (const layerName of layerNames(layers, folder)) {
      const path = `${folder}/${layerName}`;
      const name = `${id}:${layerName}`;
      const content = parseLayerToml(readLayersText(layers, layersPath, `${path}.toml`) ?? '', `${layersPath}/${path}.toml`);
      const { launch, build, cache: isCached } = content.types;
      const tree = layers.layerTree(path);
      const data = content.metadata ?? {};
      let layer: Layer | undefined;
      if (launch) {
        const createdBy = `Layer: '${layerName}', Created by buildpack: ${id}@${version}`;
        layer = tree === undefined ? reuse(name, before[layerName], isCached) : await layerOfTree(path, tree);
        add(name, createdBy, layer, before[layerName] === undefined ? [] : [before[layerName].sha]);
        records.push([layerName, { sha: layer.diffId, ...(content.metadata === undefined ? {} : { data: content.metadata }), build, launch, cache: isCached }]);
      }
      if (!isCached) continue;
      if (tree === undefined) {
        events({ kind: 'message', level: 'warning', message: `Failed to cache layer '${name}' because it has no contents` });
        continue;
      }
      const known = layer === undefined ? {} : { diffId: layer.diffId, tar: { diffId: layer.diffId, sizeBytes: layer.tarSizeBytes ?? 0 } };
      cacheLayers.push({ path, buildpackId: id, layerName, launch, build, data, tree, sboms: layerSboms(layers, folder, layerName), ...known });
    }
    const store = readStore(layers, folder, layersPath);
    return { key: id, version, layers: Object.fromEntries(records), ...(store === undefined ? {} : { store }) };
  }

  /** A launch layer without a folder: the buildpack wants the one of the previous image (CNB.md C143). */
  function reuse(name: string, record: LayerRecord | undefined, isCached: boolean): Layer {
    if (isCached) {
      throw new TspackError({ code: 'LAYER_CACHE_EMPTY', message: `Cannot export layer "${name}": it is cache=true but has no contents` });
    }
    const layer = record && inputs.analysis.previousImage?.layers.find(({ diffId }) => diffId === record.sha);
    if (layer !== undefined) return layer;
    throw new TspackError({
      code: 'LAYER_NOT_REUSABLE',
      message: `Cannot reuse layer "${name}": the previous image has ${record === undefined ? 'no metadata for it' : 'lost it'}`,
      nextStep: 'Build again with --clear-cache',
    });
  }

  const buildpacks: BuildpackLayersRecord[] = [];
  for (const { id, version } of inputs.group.group) buildpacks.push(await exportBuildpack(id, version));

  const sbomTree = layers.layerTree('sbom/launch');
  const sbom = sbomTree && { sha: await write('launch.sbom', 'Software Bill-of-Materials', treeLayer(sbomTree, `${layersPath}/sbom/launch`, owner), previous.sbom?.sha) };

  const slices = sliceFiles(listAppFiles(inputs.appDirectory), launchMetadata.slices);
  const app: { sha: DiffId }[] = [];
  for (const [index, files] of slices.entries()) {
    const createdBy = slices.length === 1 ? 'Application Layer' : `Application Slice: ${index + 1}`;
    const layer = await ports.layerWriter.write(appLayer(files, inputs.appDirectory, inputs.appPath, owner));
    app.push({ sha: add(slices.length === 1 ? 'app' : `slice-${index + 1}`, createdBy, layer, previous.app.map(({ sha }) => sha)) });
  }

  const launcher = { sha: await write('launcher', 'Buildpacks Application Launcher', launcherLayer(inputs.launcher), previous.launcher.sha) };
  const configTree = layers.layerTree('config');
  if (configTree === undefined) throw new Error('the build phase has not written <layers>/config');
  const config = { sha: await write('config', 'Buildpacks Launcher Config', treeLayer(configTree, `${layersPath}/config`, owner), previous.config.sha) };
  const types = launchMetadata.processes.map(({ type }) => type);
  const processTypes =
    types.length === 0 ? { sha: '' } : { sha: await write('process-types', 'Buildpacks Process Types', processTypesLayer(types), previous['process-types'].sha) };

  const { image: runImage, reference, name, mirrors } = inputs.runImage;
  const runImageNames = { image: name, ...(mirrors.length === 0 ? {} : { mirrors }) };
  const label: LifecycleMetadataLabel = {
    app,
    ...(sbom === undefined ? {} : { sbom }),
    buildpacks,
    config,
    launcher,
    'process-types': processTypes,
    runImage: { topLayer: runImage.layers.at(-1)?.diffId ?? '', reference, ...(isApiAtLeast(inputs.platformApi, '0.12') ? runImageNames : {}) },
    stack: { runImage: runImageNames },
  };
  const labels: Record<string, string> = {
    [LABELS.lifecycleMetadata]: formatLifecycleMetadataLabel(label),
    [LABELS.buildMetadata]: formatBuildMetadataLabel(launchMetadata, inputs.launcherRecord, inputs.platformApi),
    [LABELS.projectMetadata]: formatProjectMetadataLabel(inputs.projectMetadata),
    ...Object.fromEntries(launchMetadata.labels.map(({ key, value }) => [key, value])),
    ...(isApiAtLeast(inputs.platformApi, '0.15') && inputs.execEnv !== '' ? { [LABELS.execEnv]: inputs.execEnv } : {}),
  };
  if (processType !== undefined) events({ kind: 'message', level: 'info', message: `Setting default process type '${processType}'` });
  else events({ kind: 'message', level: 'info', message: 'no default process type' });

  const layered = appendLayers(normalizeHistory(runImage), added);
  const configured = withContainerConfig(layered, (container) =>
    appContainerConfig(container, { appPath: inputs.appPath, layersPath, platformApi: inputs.platformApi, entrypoint, labels }),
  );
  const image = createImage({ config: { ...configured.config, created: inputs.created }, layers: configured.layers });
  return { image, layers: added.map(({ summary }) => summary), cacheLayers };
}

/** Layers of a buildpack that have a `<layer>.toml`, by name. */
function layerNames(layers: LayersDirectory, folder: string): readonly string[] {
  const reserved = ['launch.toml', 'build.toml', 'store.toml'];
  return (layers.readdir(folder) ?? [])
    .filter((name) => name.endsWith('.toml') && !reserved.includes(name) && ['file', 'symlink'].includes(layers.kind(`${folder}/${name}`) ?? ''))
    .map((name) => name.slice(0, -'.toml'.length));
}

function layerSboms(layers: LayersDirectory, folder: string, layerName: string): Readonly<Record<string, Uint8Array>> {
  const prefix = `${layerName}.sbom.`;
  const names = (layers.readdir(folder) ?? []).filter((name) => name.startsWith(prefix));
  return Object.fromEntries(names.flatMap((name) => {
    const bytes = layers.readFile(`${folder}/${name}`);
    return bytes === undefined ? [] : [[name.slice(prefix.length), bytes] as const];
  }));
}

function readStore(layers: LayersDirectory, folder: string, layersPath: string): StoreToml | undefined {
  const text = readLayersText(layers, layersPath, `${folder}/store.toml`);
  return text === undefined ? undefined : parseStoreToml(text, `${layersPath}/${folder}/store.toml`);
}

/** One entry a layer with a constant time; a history that does not fit its layers is replaced by empty entries. */
function normalizeHistory(image: Image): Image {
  const entries = (image.config.history ?? []).filter((entry) => entry.empty_layer !== true);
  const fitting = entries.length === image.layers.length ? entries : image.layers.map(() => ({}));
  return createImage({ config: { ...image.config, history: fitting.map((entry) => ({ ...entry, created: NORMALIZED_TIME })) }, layers: image.layers });
}
