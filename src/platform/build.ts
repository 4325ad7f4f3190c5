import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseApiVersion } from '../cnb/index.ts';
import { TspackError, digestHex, digestOf, removeTree } from '../foundation/index.ts';
import { analyze, build as buildPhase, createModuleStore, createPlainLayersDirectory, detect, exportImage, openDirectoryLayerCache, restore } from '../lifecycle/index.ts';
import { formatFamiliarReference, parseImageReference, storedTarLayer } from '../oci/index.ts';
import { stageSource } from '../source/index.ts';
import { abandonedWorkDirectories, acquireLock, createWorkDirectory } from '../store/index.ts';
import { createBuildRecord } from './build-record.ts';
import { createdTime } from './created-time.ts';
import { deliver } from './deliver.ts';
import { DetectError } from './detect-error.ts';
import { launcherSboms } from './launcher-sbom.ts';
import { openLayers } from './open-layers.ts';
import { createPlatformDirectory } from './platform-directory.ts';
import type { BuildEnvironment, HostPath, Mount, SandboxPath } from '../executor/index.ts';
import type { DetectOutcome, MountedDirectory } from '../lifecycle/index.ts';
import type { ImageReference } from '../oci/index.ts';
import type { BuildOptions, BuildResult, Task } from './api.ts';
import type { BuildRecorder } from './build-record.ts';
import type { PhaseName } from './events.ts';
import type { BuildPorts, ResolvedBuilder } from './ports.ts';

/** The newest Platform API, which this platform and its lifecycle speak. */
const PLATFORM_API = parseApiVersion('0.15');
const EXEC_ENV = 'production';

const WORKSPACE = '/workspace' as SandboxPath;
const LAYERS = '/layers' as SandboxPath;
const PLATFORM = '/platform' as SandboxPath;
const SCRATCH = '/tmp/cnb' as SandboxPath;

/**
 * Builds an image from a source folder: resolve, stage, analyze, detect, restore, build, export, deliver (DESIGN.md
 * §2). The image is always in the local store; outputs are more places.
 */
export async function build(options: BuildOptions, task: Task, ports: BuildPorts): Promise<BuildResult> {
  const started = performance.now();
  const { signal } = task;
  const record = createBuildRecord();
  const reference = parseImageReference(options.image);
  if (reference.digest !== undefined) {
    throw new TspackError({ code: 'IMAGE_REFERENCE_INVALID', message: `Cannot build "${options.image}": a digest is the result of a build`, nextStep: 'Name the image without @sha256:...' });
  }
  checkPath(options.path);
  for (const abandoned of abandonedWorkDirectories(ports.home)) removeTree(abandoned);

  const builder = await ports.resolveBuilder({ name: options.builder, platform: ports.hostPlatform, frozen: options.frozen, events: task.events, signal });
  for (const fact of builder.facts) record.add(fact);
  const sandbox = await ports.openSandbox(task.events, signal);

  const key = cacheKey(reference, builder);
  using _lock = await acquireLock(join(ports.home.locks, `build-${key}`), {
    signal,
    onWait: (holder) => task.events({ kind: 'message', level: 'info', message: `Waiting for another build of ${options.image}${holder === undefined ? '' : ` (process ${holder.pid})`}` }),
  });
  const workDirectory = createWorkDirectory(ports.home);
  try {
    return await buildIn(workDirectory, { options, task, ports, record, reference, builder, sandbox, key, started });
  } finally {
    removeTree(workDirectory);
  }
}

interface BuildSituation {
  readonly options: BuildOptions;
  readonly task: Task;
  readonly ports: BuildPorts;
  readonly record: BuildRecorder;
  readonly reference: ImageReference;
  readonly builder: ResolvedBuilder;
  readonly sandbox: Awaited<ReturnType<BuildPorts['openSandbox']>>;
  readonly key: string;
  readonly started: number;
}

async function buildIn(workDirectory: string, situation: BuildSituation): Promise<BuildResult> {
  const { options, task, ports, record, reference, builder, sandbox } = situation;
  const { events, signal } = task;
  const cacheDirectory = join(ports.home.cache, 'layers', situation.key);
  if (options.clearCache) removeTree(cacheDirectory);

  const appDirectory = join(workDirectory, 'workspace');
  stageSource(options.path, appDirectory);
  const host = await ports.hostSettings(builder.root);
  const platformDirectory = join(workDirectory, 'platform');
  createPlatformDirectory(platformDirectory, { ...host.platformEnv, ...options.env });
  for (const folder of ['home', 'scratch']) mkdirSync(join(workDirectory, folder), { recursive: true });

  const mounts = environmentMounts(workDirectory, situation, host.mounts);
  const environment = (layers: Mount): BuildEnvironment => ({
    root: builder.root,
    user: { uid: builder.user.uid, gid: builder.user.gid },
    mounts: [...mounts, layers],
    network: options.network,
    hostname: 'tspack',
  });
  const phase = async <Result>(name: PhaseName, run: () => Promise<Result>): Promise<Result> => {
    const begun = performance.now();
    signal.throwIfAborted();
    events({ kind: 'phase-started', phase: name });
    const result = await run();
    const milliseconds = performance.now() - begun;
    record.add({ kind: 'time', phase: name, milliseconds });
    events({ kind: 'phase-finished', phase: name, milliseconds });
    return result;
  };

  const analysis = await phase('analyzing', async () => {
    const found = await analyze({ previousImage: reference, runImage: builder.runImage.image }, { images: ports.store, events });
    const told = found.previousImage === undefined ? `Image "${formatFamiliarReference(reference)}" not found` : `Using image "${formatFamiliarReference(reference)}" of the local store`;
    events({ kind: 'message', level: 'info', message: told });
    return found;
  });

  const modules = createModuleStore({ buildpacks: [], single: builder.buildpacks });
  const shared = {
    platformApi: PLATFORM_API,
    imageEnv: builder.env,
    extraEnv: { HOME: builder.user.home, ...host.env },
    platform: { hostPath: platformDirectory as HostPath, sandboxPath: PLATFORM },
    target: analysis.target,
    execEnv: EXEC_ENV,
  };
  const scratch: MountedDirectory = { hostPath: join(workDirectory, 'scratch') as HostPath, sandboxPath: SCRATCH };

  const detected = await phase('detecting', async () => {
    const files = createPlainLayersDirectory(join(workDirectory, 'detect'));
    await using running = await sandbox.executor.open(environment(emptyLayers(workDirectory)));
    const outcome = await detect(
      { ...shared, order: builder.order, app: WORKSPACE, scratch, concurrency: ports.cores, signal },
      { sandbox: running, modules, layers: files, events: () => undefined },
    );
    recordVerdicts(outcome, record);
    if (outcome.kind === 'none') throw detectError(outcome, options);
    events({ kind: 'group', buildpacks: outcome.group.group.map(({ id, version }) => ({ id, version })), considered: outcome.runs.length });
    return outcome;
  });

  const cache = await openDirectoryLayerCache(cacheDirectory);
  const opened = await openLayers({ workDirectory, cache, sandbox, target: LAYERS });
  const { layers } = opened;
  await phase('restoring', async () => {
    await restore({ group: detected.group, analysis, platformApi: PLATFORM_API }, { cache, layers, events });
    opened.materialize();
  });

  const outcome = await phase('building', async () => {
    await using running = await sandbox.executor.open(environment(opened.mount));
    return await buildPhase(
      { ...shared, group: detected.group, plan: detected.plan, app: WORKSPACE, layersPath: LAYERS, scratch, signal },
      { sandbox: running, modules, layers, events: (event) => (event.kind === 'buildpack-started' || event.kind === 'buildpack-ended' ? undefined : events(event)) },
    );
  });

  const exported = await phase('exporting', async () => {
    for (const [ending, bytes] of Object.entries(launcherSboms(ports.launcher.version))) {
      layers.writeFile(`sbom/launch/buildpacksio_lifecycle/launcher/sbom.${ending}`, bytes);
    }
    const result = await exportImage(
      {
        group: detected.group,
        analysis,
        launchMetadata: outcome.metadata,
        runImage: builder.runImage,
        platformApi: PLATFORM_API,
        owner: { uid: builder.user.uid, gid: builder.user.gid },
        appDirectory,
        appPath: WORKSPACE,
        layersPath: LAYERS,
        launcher: ports.launcher.path(ports.hostPlatform),
        launcherRecord: { version: ports.launcher.version, source: { git: { repository: '', commit: '' } } },
        projectMetadata: {},
        execEnv: EXEC_ENV,
        ...(options.defaultProcess === undefined ? {} : { defaultProcess: options.defaultProcess }),
        created: createdTime(ports.sourceDateEpoch, events),
      },
      {
        layers,
        cache,
        events,
        layerWriter: ports.store.layerWriter,
        storedLayer: (diffId, sizeBytes) => (ports.store.blobs.has(diffId) ? storedTarLayer(ports.store.blobs, diffId, sizeBytes) : undefined),
      },
    );
    signal.throwIfAborted();
    await ports.store.write(result.image, [reference]);
    events({ kind: 'delivered', place: 'local store', name: formatFamiliarReference(reference), digest: result.image.imageId });
    await cache.commit(result.cacheLayers);
    for (const { buildpackId, layerName } of result.cacheLayers) events({ kind: 'layer', action: 'caching', name: `${buildpackId}:${layerName}` });
    return result;
  });
  for (const layer of exported.layers) {
    record.add({ kind: 'layer', name: layer.name, decision: layer.reused ? 'reused' : 'added', diffId: layer.diffId, sizeBytes: layer.sizeBytes });
  }

  const manifestDigest = await deliver({ image: exported.image, reference, options, ports, record, task });
  return {
    name: formatFamiliarReference(reference),
    imageId: exported.image.imageId,
    ...(manifestDigest === undefined ? {} : { manifestDigest }),
    sizeBytes: exported.image.layers.reduce((sum, layer) => sum + (layer.tarSizeBytes ?? 0), 0),
    layers: exported.layers,
    milliseconds: performance.now() - situation.started,
    record,
  };
}

/** The cache of an application is the same whatever tag is built; another builder or target has its own. */
function cacheKey(reference: ImageReference, builder: ResolvedBuilder): string {
  const { os, architecture, variant } = builder.runImage.image.config;
  return digestHex(digestOf(JSON.stringify([reference.registry, reference.repository, builder.name, os, architecture, variant ?? '']))).slice(0, 32);
}

function checkPath(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) return;
  throw new TspackError(
    stat === undefined
      ? { code: 'SOURCE_NOT_FOUND', message: `Cannot build "${path}": there is no such folder`, nextStep: 'Name the folder of the application with --path' }
      : { code: 'SOURCE_NOT_DIRECTORY', message: `Cannot build "${path}": it is not a folder`, nextStep: 'Name the folder that holds the application with --path' },
  );
}

function environmentMounts(workDirectory: string, { builder, options }: BuildSituation, hostMounts: readonly Mount[]): readonly Mount[] {
  const bind = (source: string, target: string, writable: boolean): Mount => ({ kind: 'bind', source: source as HostPath, target: target as SandboxPath, writable });
  return [
    ...hostMounts,
    ...builder.mounts,
    ...builder.buildpacks.map(({ hostPath, sandboxPath }) => bind(hostPath, sandboxPath, false)),
    bind(join(workDirectory, 'platform'), PLATFORM, false),
    bind(join(workDirectory, 'workspace'), WORKSPACE, true),
    bind(join(workDirectory, 'home'), builder.user.home, true),
    bind(join(workDirectory, 'scratch'), SCRATCH, true),
    ...options.volumes.map(({ source, target, writable }) => bind(resolve(source), target, writable)),
  ];
}

/** Detect sees an empty `<layers>`. */
function emptyLayers(workDirectory: string): Mount {
  const folder = join(workDirectory, 'detect');
  mkdirSync(folder, { recursive: true });
  return { kind: 'bind', source: folder as HostPath, target: LAYERS, writable: false };
}

function recordVerdicts(outcome: DetectOutcome, record: BuildRecorder): void {
  for (const { reference, verdict, output } of outcome.runs) {
    const kind = verdict === 'unsupported' ? 'skipped' : verdict;
    record.add({ kind: 'verdict', buildpack: reference.id, version: reference.version, verdict: kind, evidence: output.trim() });
  }
}

function detectError(outcome: Extract<DetectOutcome, { kind: 'none' }>, options: BuildOptions): DetectError {
  return new DetectError({
    errored: outcome.errored,
    path: options.path,
    nextStep: applicationBeside(options) ?? 'Name the folder of the application with --path, or use a builder that has a buildpack for it',
    explanations: outcome.runs.map(({ reference, verdict, output, reason }) => ({
      buildpack: reference.id,
      version: reference.version,
      verdict,
      output: output.trim(),
      ...(reason === undefined ? {} : { reason }),
    })),
  });
}

/** `tspack build samples/nodejs`: people name the folder where the image name belongs. */
function applicationBeside({ image, path }: BuildOptions): string | undefined {
  const folder = join(path, image);
  if (!existsSync(folder) || !statSync(folder).isDirectory() || readdirSync(folder).length === 0) return undefined;
  return `"${image}" is also a folder here: to build what it holds, add --path ${image}`;
}

