import { build as runBuildpacks, restore } from '../lifecycle/index.ts';
import { formatFamiliarReference } from '../oci/index.ts';
import { openCache } from './build-cache.ts';
import { writeBuildReport, writeBuildSboms } from './build-files.ts';
import { runPhase } from './build-situation.ts';
import { collectDownloads } from './collect-downloads.ts';
import { deliver } from './deliver.ts';
import { detectGroup } from './detect-group.ts';
import { extendImages } from './extend-images.ts';
import { LAYERS } from './layout.ts';
import { withBuild } from './open-build.ts';
import { requirePlaces } from './require-places.ts';
import { writeResultFiles } from './result-files.ts';
import { saveImage } from './save-image.ts';
import { deliverSboms } from './sbom/deliver-sboms.ts';
import { recordSbom } from './sbom/record-sbom.ts';
import { storeBuild } from './why/store-build.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildPhaseEvent } from '../lifecycle/index.ts';
import type { Image } from '../oci/index.ts';
import type { BuildOptions, BuildResult, Task } from './api.ts';
import type { BuildSituation } from './build-situation.ts';
import type { BuildEvent } from './events.ts';
import type { BuildPorts } from './ports.ts';

/**
 * Builds an image from an application's source: resolve, stage, analyze, detect, restore, build, export, deliver (DESIGN.md
 * §2). The image is always in the local store; outputs are more places.
 */
export async function build(options: BuildOptions, task: Task, ports: BuildPorts): Promise<BuildResult> {
  const started = performance.now();
  return await withBuild(options, task, ports, {
    check: (settings) => requirePlaces(settings, task, ports),
    run: async (situation, key) => {
      const { settings, record } = situation;
      const result = { ...(await buildIn(situation, key, started)), milliseconds: performance.now() - started };
      writeResultFiles(settings.resultFiles ?? {}, settings, result);
      return { ...result, record };
    },
  });
}

/** Says of each buildpack how long it took. */
function withBuildpackTimes(events: EventSink<BuildEvent>): EventSink<BuildPhaseEvent> {
  let begun = 0;
  return (event) => {
    if (event.kind !== 'buildpack-started' && event.kind !== 'buildpack-ended') return events(event);
    const { id: buildpack, version } = event.buildpack;
    if (event.kind === 'buildpack-ended') return events({ kind: 'buildpack-finished', buildpack, version, milliseconds: performance.now() - begun });
    begun = performance.now();
    events({ kind: 'buildpack-started', buildpack, version });
  };
}

/** The link that the image starts by is named after the process (platform.md#exporter). */
function defaultProcessOf({ config }: Image): Pick<BuildResult, 'defaultProcess'> {
  const [, defaultProcess] = /^\/cnb\/process\/(.+)$/.exec(config.config?.Entrypoint?.[0] ?? '') ?? [];
  return defaultProcess === undefined ? {} : { defaultProcess };
}

async function buildIn(situation: BuildSituation, key: string, started: number): Promise<Omit<BuildResult, 'milliseconds' | 'record'>> {
  const { settings, task, builder, sandbox } = situation;
  const { events, signal } = task;
  const { prepared, modules, analysis, target, detected } = await detectGroup(situation);
  const { group, plan } = detected;

  const extended = await extendImages(situation, prepared, { group, plan, target, modules });

  const opened = await openCache(situation, prepared, key);
  const { layers, cache } = opened;
  await runPhase(situation, 'restoring', async () => {
    await restore({ group, analysis, platformApi: builder.platformApi, skipLayers: settings.clearCache }, { cache, layers, events });
    await opened.materialize();
  });

  const { metadata: launchMetadata } = await runPhase(situation, 'building', async () => {
    try {
      await using running = await sandbox.executor.open(extended.prepared.environment(opened.mounts));
      return await runBuildpacks(
        {
          ...extended.prepared.phases,
          ...{ target: extended.target, group, plan: extended.plan, app: settings.workspace, layersPath: LAYERS, scratch: prepared.scratch, signal },
        },
        {
          sandbox: running,
          modules,
          layers,
          events: withBuildpackTimes(events),
        },
      );
    } finally {
      await collectDownloads(situation, prepared.inbox);
    }
  });

  const { image, layers: added } = await runPhase(situation, 'exporting', () =>
    saveImage(situation, prepared, { group, analysis, launchMetadata, layers, cache, runImage: extended.runImage }),
  );
  writeBuildSboms(settings, layers);
  const sbom = await recordSbom(situation, image.imageId);
  storeBuild(situation, analysis, image.imageId, performance.now() - started);
  const manifest = await deliver(situation, image);
  await deliverSboms(situation, sbom, manifest);
  writeBuildReport(settings, image, manifest);
  return {
    name: formatFamiliarReference(settings.names[0]),
    imageId: image.imageId,
    ...(manifest === undefined ? {} : { manifestDigest: manifest.digest }),
    sizeBytes: image.layers.reduce((sum, { tarSizeBytes, diffId }) => sum + (tarSizeBytes ?? situation.ports.store.blobs.size(diffId) ?? 0), 0),
    ...defaultProcessOf(image),
    layers: added,
  };
}
