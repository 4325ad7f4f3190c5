import type { LayerTarSpec } from '../../archive/index.ts';
import type { LayerSha } from '../../cnb/index.ts';
import { appendLayers, createImage, withContainerConfig } from '../../oci/index.ts';
import type { DiffId, Image } from '../../oci/index.ts';
import type { CacheCommitLayer } from '../cache/layer-cache.ts';
import { announceLayer } from './added-layer.ts';
import type { AddedLayer } from './added-layer.ts';
import { listAppFiles } from './app-files.ts';
import { exportBuildpack } from './buildpack-layers.ts';
import type { ExportedBuildpack } from './buildpack-layers.ts';
import type { ExportInputs, ExportPorts } from './export-inputs.ts';
import { extensionLayers } from './extension-layers.ts';
import { CREATED_BY, historyEntry, normalizeHistory } from './history.ts';
import { appContainerConfig, checkProcessTypes, entrypointOf } from './image-config.ts';
import { appLabels } from './labels.ts';
import { appLayer, launcherLayer, processTypesLayer, treeLayer } from './layer-specs.ts';
import { sliceFiles } from './slices.ts';

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

/**
 * Puts the layers of buildpacks, application and lifecycle on the run image (platform.md#exporter, CNB.md C140-C156).
 * Nothing is saved: the caller writes the image, then commits the cache.
 *
 * Throws `LAYER_NOT_REUSABLE`, `LAYER_CACHE_EMPTY`, `PROCESS_TYPE_INVALID`, `PROCESS_TYPE_UNKNOWN`,
 * `SLICE_PATTERN_INVALID`, `SPEC_FILE_INVALID`, `TOML_INVALID`.
 */
export async function exportImage(inputs: ExportInputs, ports: ExportPorts): Promise<ExportOutcome> {
  const { launchMetadata } = inputs;
  const { events } = ports;
  checkProcessTypes(launchMetadata);
  const { entrypoint, processType } = entrypointOf(launchMetadata, inputs.defaultProcess);

  const extended = extensionLayers(inputs, ports);
  const buildpacks: ExportedBuildpack[] = [];
  for (const element of inputs.group.group) buildpacks.push(await exportBuildpack(element, inputs, ports));
  const sbom = await exportSbom(inputs, ports);
  const app = await exportApp(inputs, ports);
  const lifecycle = await exportLifecycle(inputs, ports);
  const labels = appLabels(
    {
      buildpacks: buildpacks.map(({ record }) => record),
      ...(sbom === undefined ? {} : { sbom: shaOf(sbom) }),
      app: app.map(shaOf),
      launcher: shaOf(lifecycle.launcher),
      config: shaOf(lifecycle.config),
      'process-types': shaOf(lifecycle.processTypes),
    },
    inputs,
  );
  events({ kind: 'message', level: 'info', message: processType === undefined ? 'no default process type' : `Setting default process type '${processType}'` });

  const added = [...extended, ...buildpacks.flatMap(({ layers }) => layers), sbom, ...app, lifecycle.launcher, lifecycle.config, lifecycle.processTypes].filter(
    (each) => each !== undefined,
  );
  const layered = appendLayers(
    normalizeHistory(inputs.runImage.image, inputs),
    added.map(({ layer, createdBy }) => ({ layer, history: historyEntry(createdBy, inputs) })),
  );
  const { config, layers } = withContainerConfig(layered, (container) =>
    appContainerConfig(inputs.runImage.extension?.config ?? container, { ...inputs, entrypoint, labels }),
  );
  return {
    image: createImage({ config: { ...config, created: inputs.created }, layers }),
    layers: added.map(({ name, layer, reused }) => ({ name, diffId: layer.diffId, sizeBytes: layer.tarSizeBytes ?? 0, reused })),
    cacheLayers: buildpacks.flatMap(({ cacheLayers }) => cacheLayers),
  };
}

async function exportSbom(inputs: ExportInputs, ports: ExportPorts): Promise<AddedLayer | undefined> {
  const tree = ports.layers.layerTree('sbom/launch');
  if (tree === undefined) return undefined;
  const spec = treeLayer(tree, `${inputs.layersPath}/sbom/launch`, inputs.owner, inputs.folderAbove);
  return await writeLayer('launch.sbom', CREATED_BY.sbom, spec, inputs.analysis.metadata.sbom, ports);
}

/** One layer a slice, and one for the rest. */
async function exportApp(
  { appDirectory, appMode, appPath, owner, folderAbove, launchMetadata, analysis }: ExportInputs,
  ports: ExportPorts,
): Promise<readonly AddedLayer[]> {
  const slices = sliceFiles(listAppFiles(appDirectory, appMode), launchMetadata.slices);
  const previous = analysis.metadata.app.map(({ sha }) => sha);
  const added: AddedLayer[] = [];
  for (const [index, files] of slices.entries()) {
    const number = index + 1;
    const [name, createdBy] = slices.length === 1 ? ['app', CREATED_BY.app] : [`slice-${number}`, CREATED_BY.slice(number)];
    const layer = await ports.layerWriter.write(appLayer(files, appDirectory, appPath, owner, folderAbove));
    added.push(announceLayer({ name, createdBy, layer }, previous, ports.events));
  }
  return added;
}

/** The launcher, its config, and one link to it a process type. */
async function exportLifecycle(inputs: ExportInputs, ports: ExportPorts) {
  const { layersPath, owner } = inputs;
  const previous = inputs.analysis.metadata;
  const tree = ports.layers.layerTree('config');
  if (tree === undefined) throw new Error('the build phase has not written <layers>/config');
  const types = inputs.launchMetadata.processes.map(({ type }) => type);
  return {
    launcher: await writeLayer('launcher', CREATED_BY.launcher, launcherLayer(inputs.launcher), previous.launcher, ports),
    config: await writeLayer('config', CREATED_BY.config, treeLayer(tree, `${layersPath}/config`, owner, inputs.folderAbove), previous.config, ports),
    processTypes:
      types.length === 0 ? undefined : await writeLayer('process-types', CREATED_BY.processTypes, processTypesLayer(types), previous['process-types'], ports),
  };
}

async function writeLayer(name: string, createdBy: string, spec: LayerTarSpec, previous: LayerSha | undefined, ports: ExportPorts): Promise<AddedLayer> {
  return announceLayer({ name, createdBy, layer: await ports.layerWriter.write(spec) }, [previous?.sha], ports.events);
}

const shaOf = (added: AddedLayer | undefined): LayerSha => ({ sha: added?.layer.diffId ?? '' });
