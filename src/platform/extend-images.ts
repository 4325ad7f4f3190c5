import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InstructionCache, envOf, openBase } from '../dockerfile/index.ts';
import { TspackError } from '../foundation/index.ts';
import { extend, generate, hasDockerfiles, imageTarget } from '../lifecycle/index.ts';
import { imagePlatform, openBlobDirectory, storedTarLayer } from '../oci/index.ts';
import { isOwnerAlive, ownTag } from '../store/index.ts';
import { runPhase } from './build-situation.ts';
import { environmentTarget } from './environment-target.ts';
import { requireImage } from './images/pull-image.ts';
import { LAYERS, PLATFORM } from './layout.ts';
import type { GroupElement, ImageTarget, Plan } from '../cnb/index.ts';
import type { BaseImage, RunSurroundings } from '../dockerfile/index.ts';
import type { HostPath, Mount, RootWorkshop, SandboxPath } from '../executor/index.ts';
import type { ExtendInputs, ExtendPorts, ExportedRunImage, MountedDirectory, ModuleStore } from '../lifecycle/index.ts';
import type { BuildSituation, PreparedBuild } from './build-situation.ts';
import type { ChosenGroup } from './choose-buildpacks.ts';

/** What a build goes on with once extensions have had their say. */
export interface ExtendedBuild {
  readonly prepared: PreparedBuild;
  /** Without what extensions provide. */
  readonly plan: Plan;
  readonly target: ImageTarget;
  readonly runImage: ExportedRunImage;
}

/** Where a build's extensions leave what they generate, as processes see it. */
const GENERATED = `${LAYERS}/generated` as SandboxPath;
/** Lists that a package manager in the image writes itself: nothing may lie over them. */
const WRITTEN_BY_PACKAGES = ['/etc/ssl/', '/etc/pki/'];

/**
 * Lets the extensions of the group generate Dockerfiles and applies them to build and run image (platform.md#extender,
 * CNB.md C070-C079). Without extensions everything stays as it is. Throws `EXTENSIONS_UNSUPPORTED` where no root can be
 * changed, and what generate, extend and pulling a run image throw.
 */
export async function extendImages(
  situation: BuildSituation,
  prepared: PreparedBuild,
  chosen: Pick<ChosenGroup, 'group' | 'plan'> & { readonly target: ImageTarget; readonly modules: ModuleStore },
): Promise<ExtendedBuild> {
  const { builder } = situation;
  const { groupExtensions } = chosen.group;
  if (groupExtensions.length === 0) return { prepared, plan: chosen.plan, target: chosen.target, runImage: builder.runImage };
  return await runPhase(situation, 'extending', async () => {
    const { generated, outcome } = await generateDockerfiles(situation, prepared, chosen);
    const isSwitched = outcome.runImage.reference !== builder.runImage.reference;
    const runImage = isSwitched ? await switchedRunImage(situation, outcome.runImage.reference) : builder.runImage;
    const chosenImages: ExtendedBuild = {
      ...{ prepared, plan: outcome.plan, runImage },
      target: isSwitched ? environmentTarget(imageTarget(runImage.image), builder) : chosen.target,
    };
    const extendsBuild = hasDockerfiles({ kind: 'build', extensions: groupExtensions, generated, platformApi: builder.platformApi });
    const extendsRun = outcome.runImage.extend === true;
    if (!extendsBuild && !extendsRun) return chosenImages;
    const work = await openWork(situation, prepared, groupExtensions, generated);
    try {
      return {
        ...chosenImages,
        ...(extendsBuild ? { prepared: await extendBuildImage(situation, prepared, work) } : {}),
        ...(extendsRun ? { runImage: await extendRunImage(situation, runImage, work) } : {}),
      };
    } finally {
      await work.sweep();
    }
  });
}

async function generateDockerfiles(situation: BuildSituation, prepared: PreparedBuild, { group, plan, target, modules }: Parameters<typeof extendImages>[2]) {
  const { builder, sandbox, task, workDirectory } = situation;
  const generated: MountedDirectory = { hostPath: join(workDirectory, 'generated') as HostPath, sandboxPath: GENERATED };
  mkdirSync(generated.hostPath, { recursive: true });
  const { settings } = situation;
  const environment = prepared.environment([{ kind: 'bind', source: generated.hostPath, target: GENERATED, writable: true }]);
  // Extensions must not write to the application (image_extension.md#generation).
  const mounts = environment.mounts.map((mount): Mount =>
    mount.kind === 'bind' && mount.target === settings.workspace ? { ...mount, writable: false } : mount,
  );
  await using running = await sandbox.executor.open({ ...environment, mounts });
  const { name, reference } = builder.runImage;
  const outcome = await generate(
    {
      ...prepared.phases,
      ...{ group, plan, target, app: settings.workspace, generated, scratch: prepared.scratch },
      runImage: { reference, image: name, target },
      runImageNames: builder.runImages.flatMap(({ image, mirrors }) => [image, ...mirrors]),
      signal: task.signal,
    },
    { sandbox: running, modules, events: task.events },
  );
  return { generated, outcome };
}

/** The image that an extension chose, with the name that the label gives it (CNB.md C154). */
async function switchedRunImage({ ports, builder, settings, task }: BuildSituation, name: string): Promise<ExportedRunImage> {
  const { image, reference } = await requireImage(
    {
      ...{ image: name, role: 'run image', platform: settings.platform, policy: settings.pullPolicy, insecureRegistries: settings.insecureRegistries },
      registryFirst: settings.outputs.some(({ kind }) => kind === 'registry'),
      ...task,
    },
    ports.extensions.pull,
  );
  const entry = builder.runImages.find((known) => [known.image, ...known.mirrors].includes(name));
  return { image, reference, name: entry?.image ?? name, mirrors: entry?.mirrors ?? [] };
}

/** What both kinds of extending share. */
interface ExtendWork {
  readonly inputs: Omit<ExtendInputs, 'kind' | 'image'>;
  readonly ports: ExtendPorts;
  /** Removes what has not been used for long, and what killed builds left. */
  readonly sweep: () => Promise<void>;
}

async function openWork(
  situation: BuildSituation,
  prepared: PreparedBuild,
  extensions: readonly GroupElement[],
  generated: MountedDirectory,
): Promise<ExtendWork> {
  const { ports, builder, settings, task, workDirectory } = situation;
  const workshop = await requireWorkshop(situation);
  const cache = { directory: join(ports.home.cache, 'dockerfile'), tag: ownTag(), now: ports.extensions.pull.clock.now().getTime() };
  const files = join(workDirectory, 'dockerfile');
  mkdirSync(files, { recursive: true });
  const shared = { extensions, generated, platformApi: builder.platformApi };
  const extendPorts: ExtendPorts = {
    workshop,
    cache,
    workDirectory: files,
    download: (url) => openDownload(() => ports.extensions.download(url, task.events, task.signal)),
    events: task.events,
  };
  return {
    inputs: {
      ...shared,
      app: prepared.appDirectory as HostPath,
      buildId: randomUUID(),
      ignoredPaths: [settings.workspace, LAYERS, PLATFORM],
      surroundings: await surroundings(situation),
      signal: task.signal,
    },
    ports: extendPorts,
    sweep: () => new InstructionCache(cache, workshop).sweep((name) => isOwnerAlive(name) === false),
  };
}

async function* openDownload(download: () => Promise<string>): AsyncGenerator<Uint8Array> {
  yield* createReadStream(await download(), { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>;
}

async function requireWorkshop({ sandbox }: BuildSituation): Promise<RootWorkshop> {
  const workshop = await sandbox.openWorkshop?.();
  if (workshop !== undefined) return workshop;
  throw new TspackError({
    code: 'EXTENSIONS_UNSUPPORTED',
    message: `Cannot apply image extensions: the ${sandbox.executor.name} executor cannot change a root file system as root`,
    nextStep: 'Build with --executor sandbox',
  });
}

async function surroundings({ ports, builder, settings }: BuildSituation): Promise<RunSurroundings> {
  const host = await ports.hostSettings(builder.root);
  return {
    mounts: host.mounts.filter(({ target }) => !WRITTEN_BY_PACKAGES.some((folder) => target.startsWith(folder))),
    env: host.env,
    network: settings.network,
    hostname: 'tspack',
  };
}

function mountPoints({ inputs }: ExtendWork): NonNullable<BaseImage['mountPoints']> {
  return inputs.surroundings.mounts.map((mount) => ({
    path: mount.target,
    type: mount.kind === 'bind' && !statSync(mount.source).isDirectory() ? 'file' : 'directory',
  }));
}

/** The build environment with the extended image as its root; buildpacks run as the same user as before (CNB.md C078). */
async function extendBuildImage(situation: BuildSituation, prepared: PreparedBuild, work: ExtendWork): Promise<PreparedBuild> {
  const image = await openBase({ ...(await buildImageBase(situation)), mountPoints: mountPoints(work) }, work.ports, work.inputs.signal);
  const extended = await extend({ ...work.inputs, kind: 'build', image }, work.ports);
  const { lowers, config } = extended.image;
  return {
    ...prepared,
    environment: (layers) => ({ ...prepared.environment(layers), root: lowers.at(-1)!, above: lowers.slice(0, -1) }),
    phases: { ...prepared.phases, imageEnv: envOf(config) },
  };
}

/** The builder's own layers; of a bundled builder the root, in which everything is root's anyway. */
async function buildImageBase({ builder, settings, ports, workDirectory }: BuildSituation): Promise<BaseImage> {
  const { uid, gid } = builder.user;
  const { os, architecture, variant } = settings.platform;
  const image = await builder.openImage?.(openBlobDirectory(join(workDirectory, 'builder')));
  return {
    // The folder is named by what it is made of.
    key: image?.imageId ?? `root ${basename(builder.root)}`,
    config: { ...image?.config.config, User: `${uid}:${gid}`, Env: Object.entries(builder.env).map(([name, value]) => `${name}=${value}`) },
    platform: image === undefined ? { os, architecture, ...(variant === undefined ? {} : { variant }) } : imagePlatform(image),
    layers: image === undefined ? [() => ports.extensions.openRootTar(builder.root)] : image.layers.map((layer) => () => layer.openTar()),
  };
}

async function extendRunImage({ ports }: BuildSituation, runImage: ExportedRunImage, work: ExtendWork): Promise<ExportedRunImage> {
  const { image } = runImage;
  const { blobs, layerWriter } = ports.store;
  const extendPorts: ExtendPorts = {
    ...work.ports,
    layerWriter,
    storedLayer: (diffId, sizeBytes) => (blobs.has(diffId) ? storedTarLayer(blobs, diffId, sizeBytes) : undefined),
  };
  const base: BaseImage = {
    key: image.imageId,
    config: image.config.config ?? {},
    platform: imagePlatform(image),
    layers: image.layers.map((layer) => () => layer.openTar()),
    mountPoints: mountPoints(work),
  };
  const opened = await openBase(base, extendPorts, work.inputs.signal);
  const extended = await extend({ ...work.inputs, kind: 'run', image: opened }, extendPorts);
  const layers = extended.layers.flatMap(({ extensionId, createdBy, layer }) => (layer === undefined ? [] : [{ extensionId, createdBy, layer }]));
  return { ...runImage, extension: { config: extended.image.config, layers } };
}
