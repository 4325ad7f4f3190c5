import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SUPPORTED_APIS, escapeBuildpackId } from '../cnb/index.ts';
import { TspackError, isDigest, makeDirectory, markUsed, removeTree, writeFileAtomic } from '../foundation/index.ts';
import {
  buildImageOwner,
  createRunImage,
  findBundledBuilder,
  listBundledBuilders,
  operatorEnv,
  orderOf,
  readBundledBuildpacks,
  runImageKey,
  unpackBuildImage,
  unpackBuilderNode,
} from '../builder/index.ts';
import { formatFamiliarReference, formatImageReference, parseImageReference, withDigest } from '../oci/index.ts';
import { createWorkDirectory } from '../store/index.ts';
import { parseImagePlace } from './images/image-place.ts';
import type { Clock, EventSink } from '../foundation/index.ts';
import type { Architecture, BuilderDefinition, BuilderEvent, BundledBuildpack, PackageSupply, RegistryFile } from '../builder/index.ts';
import type { HostPath, SandboxPath } from '../executor/index.ts';
import type { Image, ImagePlatform } from '../oci/index.ts';
import type { Home, LocalStore } from '../store/index.ts';
import type { BuildFact } from './build-fact.ts';
import type { BuildEvent } from './events.ts';
import type { BuilderRequest, ResolvedBuilder } from './ports.ts';

/** The part of a request that a bundled builder answers by itself. */
export type BundledBuilderRequest = Pick<BuilderRequest, 'name' | 'platform' | 'frozen' | 'events' | 'signal'>;

/** What turns a bundled builder's files into images. */
export interface BundledBuilderPorts {
  readonly home: Home;
  readonly store: LocalStore;
  /** Folders of builders and of built buildpacks in this package. */
  readonly buildersDirectory: string;
  readonly buildpacksDirectory: string;
  readonly createSupply: (
    builder: BuilderDefinition,
    architecture: Architecture,
    frozen: boolean,
    events: EventSink<BuilderEvent>,
    signal: AbortSignal,
  ) => PackageSupply;
  /** The npm registry of the host, and a verified download from it. */
  readonly npmRegistry: () => Promise<string>;
  readonly download: (file: RegistryFile, path: string, events: EventSink<BuilderEvent>, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
}

/** The images of a bundled builder for one platform, assembled when they are not here yet. Throws `BUILDER_UNKNOWN`, `PLATFORM_UNSUPPORTED`. */
export async function resolveBundledBuilder(request: BundledBuilderRequest, ports: BundledBuilderPorts): Promise<ResolvedBuilder> {
  const architecture = architectureOf(request.platform);
  const builder = findBundledBuilder(ports.buildersDirectory, request.name);
  const owner = buildImageOwner(builder, ports.buildersDirectory);
  const events = builderEvents(request.events);
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const cacheDirectory = join(ports.home.cache, 'images');
  makeDirectory(cacheDirectory);
  const supply = ports.createSupply(owner, architecture, request.frozen, events, signal);
  // Before the others start: nobody would listen to their failure while this is awaited.
  const registry = await ports.npmRegistry();
  const [buildImage, node, run] = await allOrNone(stop, [
    unpackBuildImage({ builder: owner, architecture, supply, cacheDirectory, clock: ports.clock, events }),
    unpackBuilderNode({
      builder: owner,
      architecture,
      registry,
      download: (file, path) => ports.download(file, path, events, signal),
      cacheDirectory,
      clock: ports.clock,
    }),
    // One supply for both images, so that a lock that is behind is made anew once.
    runImageOf(builder, architecture, owner === builder ? supply : ports.createSupply(builder, architecture, request.frozen, events, signal), ports, events),
  ]);
  const { user } = builder;
  const buildpacks = readBundledBuildpacks(builder, ports.buildpacksDirectory);
  const runImage = named(builder, run);
  return {
    name: builder.name,
    root: buildImage.root as HostPath,
    user: { uid: user.uid, gid: user.gid, home: `/home/${user.name}` },
    env: buildImage.env,
    platformApi: SUPPORTED_APIS.platform.at(-1)!,
    order: { order: orderOf(builder, buildpacks), orderExtensions: [] },
    buildpacks: mountedBuildpacks(buildpacks),
    extensions: [],
    moduleFolders: { buildpacks: [], extensions: [] },
    platformEnv: operatorEnv(builder),
    runImages: [{ image: runImage.name, mirrors: [] }],
    mounts: [{ kind: 'bind', source: node.directory as HostPath, target: '/cnb/tspack' as SandboxPath, writable: false }],
    runImage,
    facts: factsOf(buildImage.lock, run),
  };
}

/**
 * The run image of the bundled builder that has this name or gives it to its run image, from the builder's current lock;
 * undefined when no builder does. Throws `PLATFORM_UNSUPPORTED`.
 */
export async function resolveBundledRunImage(
  name: string,
  request: Omit<BundledBuilderRequest, 'name'>,
  ports: BundledBuilderPorts,
): Promise<ResolvedBuilder['runImage'] | undefined> {
  const builder = listBundledBuilders(ports.buildersDirectory).find((each) => each.name === name || isNameOf(each, name));
  if (builder === undefined) return undefined;
  const architecture = architectureOf(request.platform);
  const events = builderEvents(request.events);
  const supply = ports.createSupply(builder, architecture, request.frozen, events, request.signal);
  return named(builder, await runImageOf(builder, architecture, supply, ports, events));
}

function isNameOf({ runImage }: BuilderDefinition, name: string): boolean {
  const place = parseImagePlace(name);
  if (runImage === undefined || place.kind !== 'name') return false;
  return formatImageReference(parseImageReference(runImage.reference)) === formatImageReference(parseImageReference(place.name));
}

/** By the digest of the manifest that it has, or will have, in a registry. */
function named(builder: BuilderDefinition, image: DistributedImage): ResolvedBuilder['runImage'] {
  const name = builder.runImage?.reference ?? builder.name;
  return { image, name, reference: formatFamiliarReference(withDigest(parseImageReference(name), image.manifest.descriptor.digest)), mirrors: [] };
}

/** Waits for all. When one fails the others are stopped and waited for: they have temporary files to remove. */
async function allOrNone<Values extends readonly unknown[]>(
  stop: AbortController,
  promises: { readonly [Key in keyof Values]: Promise<Values[Key]> },
): Promise<Values> {
  try {
    return await Promise.all(promises);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(promises);
    throw error;
  }
}

/**
 * The run image from the store, or assembled and put there under its name. It is compressed once, because images name
 * it by the digest of the manifest that it has, or will have, in a registry (DESIGN.md §4).
 */
async function runImageOf(
  builder: BuilderDefinition,
  architecture: Architecture,
  supply: PackageSupply,
  ports: BundledBuilderPorts,
  events: EventSink<BuilderEvent>,
): Promise<DistributedImage> {
  const recordOf = (lock: PackageSupply['lock']) => join(ports.home.cache, 'run-images', runImageKey(builder, lock));
  const record = recordOf(supply.lock);
  if (markUsed(record)) {
    const imageId = readFileSync(record, 'utf8');
    const image = isDigest(imageId) ? await ports.store.readById(imageId) : undefined;
    if (image?.manifest !== undefined && image.layers.every(({ diffId }) => ports.store.blobs.has(diffId))) return { ...image, manifest: image.manifest };
  }
  const workDirectory = createWorkDirectory(ports.home);
  const made = await createRunImage({ builder, architecture, supply, layerWriter: ports.store.layerWriter, workDirectory, events }).finally(() =>
    removeTree(workDirectory),
  );
  const image = await ports.store.distribute(made.image);
  await ports.store.write(image, [parseImageReference(builder.runImage?.reference ?? builder.name)]);
  writeFileAtomic(recordOf(made.lock), image.imageId);
  return image;
}

type DistributedImage = Image & Required<Pick<Image, 'manifest'>>;

/** The buildpacks of a builder as they were bundled, at the place where the spec puts them. */
function mountedBuildpacks(buildpacks: readonly BundledBuildpack[]): ResolvedBuilder['buildpacks'] {
  return buildpacks.map(({ directory, descriptor: { id, version } }) => ({
    reference: { id, version },
    hostPath: directory as HostPath,
    sandboxPath: `/cnb/buildpacks/${escapeBuildpackId(id)}/${version}` as SandboxPath,
  }));
}

export function architectureOf(platform: ImagePlatform): Architecture {
  if (platform.os === 'linux' && (platform.architecture === 'amd64' || platform.architecture === 'arm64')) return platform.architecture;
  throw new TspackError({
    code: 'PLATFORM_UNSUPPORTED',
    message: `Cannot build for ${platform.os}/${platform.architecture}: bundled builders are for linux/amd64 and linux/arm64`,
    nextStep: 'Build on one of them',
  });
}

function factsOf(lock: PackageSupply['lock'], runImage: Image): readonly BuildFact[] {
  const packages = lock.packages.map(({ name, version, sha256, sizeBytes }): BuildFact => ({
    kind: 'consumed',
    what: 'debian-package',
    name,
    version,
    digest: `sha256:${sha256}`,
    sizeBytes,
  }));
  return [{ kind: 'consumed', what: 'run-image', name: 'run-image', digest: runImage.imageId }, ...packages];
}

const IMAGE_NAMES = { run: 'run image', build: 'build image', toolbox: 'sandbox tools' } as const;

/** What the builder room tells, as events of a build. */
export function builderEvents(events: EventSink<BuildEvent>): EventSink<BuilderEvent> {
  return (event) => {
    switch (event.kind) {
      case 'transfer':
        return events(event);
      case 'assembly-started':
      case 'assembly-finished': {
        const finished = event.kind === 'assembly-finished';
        const { image, builder, architecture } = event;
        const label = `Assembling the ${IMAGE_NAMES[image]} of "${builder}" for ${architecture}`;
        return events({
          kind: 'step',
          id: `${image}-${builder}-${architecture}`,
          label: finished || !('packages' in event) ? label : `${label} from ${event.packages} packages`,
          finished,
        });
      }
      case 'packages-superseded':
        for (const change of event.changes) {
          const moved =
            change.kind === 'added'
              ? `${change.name} ${change.to} is new`
              : change.kind === 'removed'
                ? `${change.name} ${change.from} is gone`
                : `${change.name} ${change.from} -> ${change.to}`;
          events({ kind: 'message', level: 'warning', message: `The archive has replaced a locked package: ${moved}` });
        }
    }
  };
}
