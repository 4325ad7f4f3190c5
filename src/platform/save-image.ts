import { exportImage } from '../lifecycle/index.ts';
import { formatFamiliarReference, storedTarLayer } from '../oci/index.ts';
import { createdTime } from './created-time.ts';
import { launcherSboms } from './launcher-sbom.ts';
import { EXEC_ENV, LAYERS, PLATFORM_API, WORKSPACE } from './layout.ts';
import type { Group, LaunchMetadata } from '../cnb/index.ts';
import type { Analysis, DirectoryLayerCache, ExportOutcome, LayersDirectory } from '../lifecycle/index.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';

/** What the earlier phases have found and made. */
export interface BuiltLayers {
  readonly group: Group;
  readonly analysis: Analysis;
  readonly launchMetadata: LaunchMetadata;
  readonly layers: LayersDirectory;
  readonly cache: DirectoryLayerCache;
}

/** Exports the image into the local store; only then does what was built become the cache. Throws what export throws. */
export async function saveImage(situation: BuildSituation, prepared: PreparedBuild, built: BuiltLayers): Promise<ExportOutcome> {
  const { options, task, ports, record, reference, builder } = situation;
  const { events, signal } = task;
  const { layers, cache } = built;
  for (const [ending, bytes] of Object.entries(launcherSboms(ports.launcher.version))) {
    layers.writeFile(`sbom/launch/buildpacksio_lifecycle/launcher/sbom.${ending}`, bytes);
  }
  const { blobs, layerWriter } = ports.store;
  const exported = await exportImage(
    {
      ...built,
      runImage: builder.runImage,
      platformApi: PLATFORM_API,
      owner: { uid: builder.user.uid, gid: builder.user.gid },
      appDirectory: prepared.appDirectory,
      appPath: WORKSPACE,
      layersPath: LAYERS,
      launcher: ports.launcher.path(ports.hostPlatform),
      launcherRecord: { version: ports.launcher.version, source: { git: { repository: '', commit: '' } } },
      projectMetadata: {},
      execEnv: EXEC_ENV,
      ...(options.defaultProcess === undefined ? {} : { defaultProcess: options.defaultProcess }),
      created: createdTime(ports.sourceDateEpoch, events),
    },
    { layers, cache, events, layerWriter, storedLayer: (diffId, sizeBytes) => (blobs.has(diffId) ? storedTarLayer(blobs, diffId, sizeBytes) : undefined) },
  );
  signal.throwIfAborted();
  await ports.store.write(exported.image, [reference]);
  const name = formatFamiliarReference(reference);
  record.add({ kind: 'delivered', place: 'local store', name, digest: exported.image.imageId });
  events({ kind: 'delivered', place: 'local store', name, digest: exported.image.imageId });
  await cache.commit(exported.cacheLayers);
  for (const { buildpackId, layerName } of exported.cacheLayers) events({ kind: 'layer', action: 'caching', name: `${buildpackId}:${layerName}` });
  for (const layer of exported.layers) {
    record.add({ kind: 'layer', name: layer.name, decision: layer.reused ? 'reused' : 'added', diffId: layer.diffId, sizeBytes: layer.sizeBytes });
  }
  return exported;
}
