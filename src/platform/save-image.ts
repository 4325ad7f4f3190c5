import { lifecycleVersion } from '../cnb/index.ts';
import { exportImage } from '../lifecycle/index.ts';
import { formatFamiliarReference, storedTarLayer } from '../oci/index.ts';
import { announceDelivery } from './build-situation.ts';
import { createdTime } from './created-time.ts';
import { launcherSboms } from './launcher-sbom.ts';
import { LAYERS } from './layout.ts';
import { projectMetadata } from './project-metadata.ts';
import { layerReason } from './why/layer-reason.ts';
import type { Group, LaunchMetadata } from '../cnb/index.ts';
import type { Analysis, ExportOutcome, ExportedRunImage, LayerCache, LayersDirectory } from '../lifecycle/index.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';

/** What the earlier phases have found and made. */
export interface BuiltLayers {
  readonly group: Group;
  readonly analysis: Analysis;
  readonly launchMetadata: LaunchMetadata;
  readonly layers: LayersDirectory;
  readonly cache: LayerCache;
  /** With what extensions put on it. */
  readonly runImage: ExportedRunImage;
}

/** Exports the image into the local store; only then does what was built become the cache. Throws what export throws. */
export async function saveImage(situation: BuildSituation, prepared: PreparedBuild, built: BuiltLayers): Promise<ExportOutcome> {
  const { settings, task, ports, record, builder, sandbox } = situation;
  const { events, signal } = task;
  const { layers, cache } = built;
  for (const [ending, bytes] of Object.entries(launcherSboms(ports.launcher.version))) {
    layers.writeFile(`sbom/launch/buildpacksio_lifecycle/launcher/sbom.${ending}`, bytes);
  }
  const { blobs, layerWriter } = ports.store;
  const exported = await exportImage(
    {
      ...built,
      platformApi: builder.platformApi,
      owner: { uid: builder.user.uid, gid: builder.user.gid },
      appDirectory: prepared.appDirectory,
      appPath: settings.workspace,
      // A volume has the mode that somebody else gave it; a copy always this one.
      ...(sandbox.inPlace === true ? { appMode: 0o755 } : {}),
      layersPath: LAYERS,
      launcher: ports.launcher.path(settings.platform),
      launcherRecord: { version: lifecycleVersion(ports.launcher.version), source: { git: { repository: '', commit: '' } } },
      projectMetadata: projectMetadata(settings),
      execEnv: settings.execEnv,
      ...(settings.defaultProcess === undefined ? {} : { defaultProcess: settings.defaultProcess }),
      created: createdTime(settings.creationTime, ports.sourceDateEpoch, events),
    },
    { layers, cache, events, layerWriter, storedLayer: (diffId, sizeBytes) => (blobs.has(diffId) ? storedTarLayer(blobs, diffId, sizeBytes) : undefined) },
  );
  signal.throwIfAborted();
  await ports.store.write(exported.image, settings.names);
  announceDelivery(situation, 'local store', settings.names.map(formatFamiliarReference), exported.image.imageId);
  await cache.commit(exported.cacheLayers, built.group.group);
  for (const layer of exported.layers) {
    const { name, diffId, sizeBytes, reused } = layer;
    const reason = layerReason(layer, record.facts, built.analysis.metadata);
    record.add({ kind: 'layer', name, decision: reused ? 'reused' : 'added', diffId, sizeBytes, reason });
  }
  return exported;
}
