import { join } from 'node:path';
import type { Clock, EventSink } from '../foundation/index.ts';
import { packagesOfSet } from '../debian/index.ts';
import type { PackageLock } from '../debian/index.ts';
import { ARCHITECTURE_PATHS } from './architecture.ts';
import { assembleRoot, writeFixUps } from './assemble-root.ts';
import { BASE_IMAGE_PATH, baseId, baseLabels } from './base-labels.ts';
import type { Architecture, BuilderDefinition, ImageUser } from './builder-file.ts';
import { requireBuildImage, requireToolbox } from './builder-parts.ts';
import type { BuilderEvent } from './events.ts';
import { withCurrentPackages } from './package-supply.ts';
import type { PackageSupply } from './package-supply.ts';
import { rootKey } from './root-key.ts';
import { unpackOnce } from './unpack-once.ts';

export interface UnpackOptions {
  readonly builder: BuilderDefinition;
  readonly architecture: Architecture;
  readonly supply: PackageSupply;
  /** Holds one folder per unpacked image, by key. Deleting it loses only time. */
  readonly cacheDirectory: string;
  readonly clock: Clock;
  readonly events?: EventSink<BuilderEvent>;
}

export interface UnpackedBuildImage {
  /** The folder with the image. It belongs to the caller, and is never written to again. */
  readonly root: string;
  /** Decides the content, as 64 hexadecimal digits. */
  readonly key: string;
  readonly user: ImageUser;
  /** `PATH`, `CNB_USER_ID`, `CNB_GROUP_ID`, `CNB_STACK_ID`. */
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** The lock that was really used. */
  readonly lock: PackageLock;
}

/** Unpacks the build image of a builder, once for each content. Works as any user. */
export async function unpackBuildImage(options: UnpackOptions): Promise<UnpackedBuildImage> {
  const { builder } = options;
  requireBuildImage(builder);
  const { directory, key, lock } = await unpackSet(options, 'build', builder.user);
  return { root: directory, key, user: builder.user, env: buildImageEnv(builder), labels: baseLabels(builder, lock), lock };
}

/** The environment in the config of a build image (CNB.md C190). */
export function buildImageEnv(builder: BuilderDefinition): Readonly<Record<string, string>> {
  return {
    CNB_GROUP_ID: String(builder.user.gid),
    CNB_STACK_ID: baseId(builder),
    CNB_USER_ID: String(builder.user.uid),
    PATH: BASE_IMAGE_PATH,
  };
}

export interface Toolbox {
  readonly root: string;
  readonly key: string;
  /** The dynamic loader and the folder of its libraries, relative to the root. */
  readonly loader: string;
  readonly libraries: string;
  /** How to start a program of the toolbox on the host: its own dynamic loader and libraries, then the program. */
  readonly bubblewrap: readonly string[];
  readonly find: readonly string[];
  readonly shell: readonly string[];
}

/** Unpacks the programs that the sandbox itself needs. They run on the host by their own dynamic loader. */
export async function unpackToolbox(options: UnpackOptions): Promise<Toolbox> {
  requireToolbox(options.builder);
  const { directory, key } = await unpackSet(options, 'toolbox', undefined);
  const { triplet, loader } = ARCHITECTURE_PATHS[options.architecture];
  // The host's library cache may name libraries of another libc.
  const prefix = [join(directory, loader), '--inhibit-cache', '--library-path', join(directory, 'usr/lib', triplet)];
  const program = (name: string) => [...prefix, join(directory, 'usr/bin', name)];
  const libraries = join('usr/lib', triplet);
  return { root: directory, key, loader, libraries, bubblewrap: program('bwrap'), find: program('find'), shell: program('dash') };
}

async function unpackSet(options: UnpackOptions, set: 'build' | 'toolbox', user: ImageUser | undefined) {
  const { builder, architecture, cacheDirectory, clock, events } = options;
  return withCurrentPackages(options.supply, async (lock, fetch) => {
    const key = rootKey(lock, set, user);
    const directory = await unpackOnce(join(cacheDirectory, key), clock.now(), async (temporary) => {
      const started = performance.now();
      const packages = packagesOfSet(lock, set);
      const sizeBytes = packages.reduce((sum, package_) => sum + package_.sizeBytes, 0);
      events?.({ kind: 'assembly-started', image: set, builder: builder.name, architecture, packages: packages.length, sizeBytes });
      writeFixUps(await assembleRoot({ packages: fetch(packages), directory: temporary, architecture, user }), temporary);
      events?.({ kind: 'assembly-finished', image: set, builder: builder.name, architecture, milliseconds: performance.now() - started });
    });
    return { directory, key, lock };
  });
}
