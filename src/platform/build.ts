import { join } from 'node:path';
import { withDistribution } from '../cnb/index.ts';
import { TspackError, digestHex, digestOf, removeTree } from '../foundation/index.ts';
import { analyze, build as runBuildpacks, createModuleStore, openDirectoryLayerCache, readMountedText, restore } from '../lifecycle/index.ts';
import { formatFamiliarReference, parseImageReference } from '../oci/index.ts';
import { requireSourceFolder } from '../source/index.ts';
import { abandonedWork, acquireLock, createWorkDirectory } from '../store/index.ts';
import { createBuildRecord } from './build-record.ts';
import { runPhase } from './build-situation.ts';
import { chooseBuildpacks } from './choose-buildpacks.ts';
import { deliver } from './deliver.ts';
import { LAYERS, PLATFORM_API, WORKSPACE } from './layout.ts';
import { openLayers } from './open-layers.ts';
import { requireOutputPlaces } from './output-places.ts';
import { prepareBuild } from './prepare-build.ts';
import { saveImage } from './save-image.ts';
import { volumeMounts } from './volume-mounts.ts';
import type { ImageTarget } from '../cnb/index.ts';
import type { SandboxPath } from '../executor/index.ts';
import type { Analysis } from '../lifecycle/index.ts';
import type { ImageReference } from '../oci/index.ts';
import type { BuildOptions, BuildResult, Task } from './api.ts';
import type { BuildSituation } from './build-situation.ts';
import type { BuildPorts, ResolvedBuilder } from './ports.ts';

/**
 * Builds an image from a source folder: resolve, stage, analyze, detect, restore, build, export, deliver (DESIGN.md
 * §2). The image is always in the local store; outputs are more places.
 */
export async function build(options: BuildOptions, task: Task, ports: BuildPorts): Promise<BuildResult> {
  const started = performance.now();
  const { events, signal } = task;
  const record = createBuildRecord();
  const reference = parseBuildName(options.image);
  requireSourceFolder(options.path);
  volumeMounts(options.volumes, []);
  requireOutputPlaces(options.outputs);
  for (const abandoned of abandonedWork(ports.home)) removeTree(abandoned);

  const builder = await ports.resolveBuilder({ name: options.builder, platform: ports.hostPlatform, frozen: options.frozen, events, signal });
  record.add({ kind: 'consumed', what: 'builder', name: builder.name });
  for (const fact of builder.facts) record.add(fact);
  const sandbox = await ports.openSandbox(options.executor, events, signal);

  const key = cacheKey(reference, builder);
  using _lock = await acquireLock(join(ports.home.locks, `build-${key}`), {
    signal,
    onWait: (holder) =>
      events({
        kind: 'message',
        level: 'info',
        message: `Waiting for another build of ${options.image}${holder === undefined ? '' : ` (process ${holder.pid})`}`,
      }),
  });
  const workDirectory = createWorkDirectory(ports.home);
  try {
    const cacheDirectory = join(ports.home.cache, 'layers', key);
    if (options.clearCache) removeTree(cacheDirectory);
    const situation: BuildSituation = { options, task, ports, record, reference, builder, sandbox, workDirectory };
    return { ...(await buildIn(situation, cacheDirectory)), milliseconds: performance.now() - started, record };
  } finally {
    removeTree(workDirectory);
  }
}

async function buildIn(situation: BuildSituation, cacheDirectory: string): Promise<Omit<BuildResult, 'milliseconds' | 'record'>> {
  const { task, reference, builder, sandbox, workDirectory } = situation;
  const { events, signal } = task;
  const prepared = await prepareBuild(situation);
  const modules = createModuleStore({ buildpacks: [], single: builder.buildpacks });

  const analysis = await runPhase(situation, 'analyzing', () => analyzeImages(situation));
  const target = environmentTarget(analysis.target, builder);
  const { group, plan } = await runPhase(situation, 'detecting', () => chooseBuildpacks(situation, prepared, target, modules));

  const cache = await openDirectoryLayerCache(cacheDirectory);
  const opened = await openLayers({ workDirectory, cache, sandbox, target: LAYERS });
  const { layers } = opened;
  await runPhase(situation, 'restoring', async () => {
    await restore({ group, analysis, platformApi: PLATFORM_API }, { cache, layers, events });
    opened.materialize();
  });

  const { metadata: launchMetadata } = await runPhase(situation, 'building', async () => {
    await using running = await sandbox.executor.open(prepared.environment(opened.mount));
    return await runBuildpacks(
      { ...prepared.phases, target, group, plan, app: WORKSPACE, layersPath: LAYERS, scratch: prepared.scratch, signal },
      {
        sandbox: running,
        modules,
        layers,
        events: (event) => (event.kind === 'buildpack-started' || event.kind === 'buildpack-ended' ? undefined : events(event)),
      },
    );
  });

  const { image, layers: added } = await runPhase(situation, 'exporting', () =>
    saveImage(situation, prepared, { group, analysis, launchMetadata, layers, cache }),
  );
  const manifestDigest = await deliver(situation, image);
  return {
    name: formatFamiliarReference(reference),
    imageId: image.imageId,
    ...(manifestDigest === undefined ? {} : { manifestDigest }),
    sizeBytes: image.layers.reduce((sum, layer) => sum + (layer.tarSizeBytes ?? 0), 0),
    layers: added,
  };
}

async function analyzeImages({ ports, task, reference, builder }: BuildSituation): Promise<Analysis> {
  const analysis = await analyze({ previousImage: reference, runImage: builder.runImage.image }, { images: ports.store, events: task.events });
  const name = formatFamiliarReference(reference);
  const message = analysis.previousImage === undefined ? `Image "${name}" not found` : `Using image "${name}" of the local store`;
  task.events({ kind: 'message', level: 'info', message });
  return analysis;
}

/** What buildpacks are told of the run image; the build image speaks for it where it is silent (CNB.md C054). */
function environmentTarget(target: ImageTarget, { root }: ResolvedBuilder): ImageTarget {
  return withDistribution(target, readMountedText({ hostPath: root, sandboxPath: '/' as SandboxPath }, 'etc/os-release'));
}

function parseBuildName(image: string): ImageReference {
  const reference = parseImageReference(image);
  if (reference.digest === undefined) return reference;
  throw new TspackError({
    code: 'IMAGE_REFERENCE_INVALID',
    message: `Cannot build "${image}": a digest is the result of a build`,
    nextStep: 'Name the image without @sha256:...',
  });
}

/** The cache of an application is the same whatever tag is built; another builder or target has its own. */
function cacheKey(reference: ImageReference, builder: ResolvedBuilder): string {
  const { os, architecture, variant } = builder.runImage.image.config;
  return digestHex(digestOf(JSON.stringify([reference.registry, reference.repository, builder.name, os, architecture, variant ?? '']))).slice(0, 32);
}
