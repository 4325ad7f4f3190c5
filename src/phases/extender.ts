import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InstructionCache, envOf, openBase } from '../dockerfile/index.ts';
import { extend, hasDockerfiles } from '../lifecycle/index.ts';
import { createLayerWriter, imagePlatform, openBlobDirectory, storedTarLayer } from '../oci/index.ts';
import { buildGroup, missing, readGroup } from './builder.ts';
import { refuseRoot } from './detector.ts';
import { readSparseImage, saveExtendedImage } from './extended-run-image.ts';
import { here, readAnalyzed } from './phase-environment.ts';
import { PhaseError, invalidArguments, withExitCodeOf } from './phase-error.ts';
import { PHASES } from './phase-names.ts';
import { becomeImageUser } from './privileges.ts';
import { requireGroupApis } from './restorer.ts';
import type { DockerfilePorts, InstructionCachePlace, StageImage } from '../dockerfile/index.ts';
import type { HostPath } from '../executor/index.ts';
import type { ExtendInputs, ExtendOutcome } from '../lifecycle/index.ts';
import type { Image } from '../oci/index.ts';
import type { OwnRoot } from './phase-ports.ts';
import type { PhaseProgram, PhaseSituation } from './phase-situation.ts';

/**
 * Applies the Dockerfiles of extensions to the container that it runs in (platform.md#extender, CNB.md C077-C079): the
 * build image, where the buildpacks then build as the user of the images, or the run image, whose new layers it saves.
 */
export const extender: PhaseProgram = async (situation) => {
  const { kind } = situation.inputs;
  if (kind === 'build') return await extendBuildImage(situation);
  if (kind === 'run') return await extendRunImage(situation);
  throw invalidArguments(`Cannot extend a "${kind}" image: want build or run`);
};

async function extendBuildImage(situation: PhaseSituation): Promise<void> {
  const { inputs, ports } = situation;
  const image = await readSparseImage(readAnalyzedOrFail(situation).buildImage?.reference, 'build', ports.extenderDirectory);
  const root = openRoot(situation);
  const extended = await applyDockerfiles(situation, root, image, {});
  await root.settle(extended.image.lowers, ports.signal);
  const environment = becomeImageUser(inputs, [inputs.layers, situation.scratchDirectory], true, {
    ...ports,
    environment: { ...ports.environment, ...envOf(extended.image.config) },
  });
  refuseRoot(situation, 'build');
  await withExitCodeOf('builder', () => buildGroup({ ...situation, ports: { ...ports, environment } }));
}

async function extendRunImage(situation: PhaseSituation): Promise<void> {
  const { inputs, log, ports } = situation;
  const image = await readSparseImage(readAnalyzedOrFail(situation).runImage?.reference, 'run', ports.extenderDirectory);
  const blobs = openBlobDirectory(join(cachePlace(situation).directory, 'layers'));
  const { image: extended, layers } = await applyDockerfiles(situation, openRoot(situation), image, {
    layerWriter: createLayerWriter(blobs),
    storedLayer: (diffId, sizeBytes) => (blobs.has(diffId) ? storedTarLayer(blobs, diffId, sizeBytes) : undefined),
  });
  const directory = await saveExtendedImage(image, { config: extended.config, layers }, join(inputs.extended, 'run'), situation.scratch.compressor);
  log.debug(`Saved the extended run image to ${directory}`);
}

function readAnalyzedOrFail(situation: PhaseSituation) {
  return readAnalyzed(situation) ?? missing(situation.inputs.analyzed);
}

function openRoot({ inputs, ports, scratchDirectory }: PhaseSituation): OwnRoot {
  const { generated, extended } = inputs;
  return ports.openOwnRoot({
    temporaryDirectory: scratchDirectory,
    ignoredPaths: [...ignoredPaths(inputs), generated, extended, scratchDirectory, ports.extenderDirectory],
  });
}

/** What is written there is not kept (platform.md#extender). */
function ignoredPaths({ app, layers, platform }: PhaseSituation['inputs']): readonly string[] {
  return [app, layers, platform];
}

/** Kept beside what kaniko would keep. Several containers may share it, each with process ids of its own. */
function cachePlace({ inputs, ports }: PhaseSituation): InstructionCachePlace {
  const now = ports.clock.now().getTime();
  return { directory: join(ports.extenderDirectory, 'cache', 'tspack'), tag: String(now), now, maximumAgeMilliseconds: inputs.kanikoCacheTtl };
}

async function applyDockerfiles(
  situation: PhaseSituation,
  root: OwnRoot,
  image: Image,
  layers: Pick<DockerfilePorts, 'layerWriter' | 'storedLayer'>,
): Promise<ExtendOutcome> {
  const { api, inputs, log, ports, scratchDirectory } = situation;
  const group = readGroup(inputs.group);
  requireGroupApis(group);
  const kind = inputs.kind as ExtendInputs['kind'];
  const shared = { kind, extensions: group.groupExtensions, generated: here(inputs.generated), platformApi: api };
  if (hasDockerfiles(shared)) requireRoot(situation);
  const cache = cachePlace(situation);
  const workDirectory = join(scratchDirectory, 'extend');
  mkdirSync(workDirectory, { recursive: true });
  const outcome = await extend(
    {
      ...shared,
      app: inputs.app as HostPath,
      image: await openRootImage(image, root, cache, ports.signal),
      buildId: randomUUID(),
      ignoredPaths: ignoredPaths(inputs),
      surroundings: { mounts: [], env: proxies(ports.environment), network: 'host', hostname: hostname() },
      signal: ports.signal,
    },
    { ...layers, workshop: root, download: ports.download, cache, workDirectory, events: log.events },
  );
  await new InstructionCache(cache, root).sweep((name) => cache.now - Number.parseInt(name, 10) > ABANDONED_MILLISECONDS);
  return outcome;
}

/** No RUN takes that long. */
const ABANDONED_MILLISECONDS = 24 * 60 * 60 * 1000;

/** The root that we live in as the base of a Dockerfile: it need not be unpacked. */
async function openRootImage(image: Image, root: OwnRoot, cache: InstructionCachePlace, signal: AbortSignal): Promise<StageImage> {
  const workshop: OwnRoot = { ...root, unpack: ({ directory }) => Promise.resolve(void mkdirSync(directory)) };
  const base = { key: image.manifest!.descriptor.digest, config: image.config.config ?? {}, platform: imagePlatform(image), layers: [() => root.outline()] };
  // Its files are not in that tar.
  return { ...(await openBase(base, { workshop, cache }, signal)), tars: undefined };
}

function requireRoot({ ports }: PhaseSituation): void {
  if (ports.user.uid === 0) return;
  throw new PhaseError(
    PHASES.extender.failure,
    `Cannot extend an image as user ${ports.user.uid}: Dockerfiles change the root of the container`,
    'Run the extender as root; it goes on as the user of the images',
  );
}

/** What Docker predefines for RUN. */
function proxies(environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));
}
