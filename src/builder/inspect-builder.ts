import { packagesOfSet } from '../debian/index.ts';
import type { LockedPackage, PackageLock } from '../debian/index.ts';
import type { Order } from '../cnb/index.ts';
import { baseLabels, releasedDate } from './base-labels.ts';
import { ARCHITECTURES } from './builder-file.ts';
import type { Architecture, BuilderDefinition, ImageUser } from './builder-file.ts';
import { readBuilderLock } from './builder-lock.ts';
import { requireRunImage } from './builder-parts.ts';
import { buildImageOwner } from './bundled-builders.ts';
import { orderOf, readBundledBuildpacks } from './bundled-buildpacks.ts';

/** An image of a builder as its lock describes it. */
export interface InspectedImage {
  readonly reference: string;
  readonly packages: readonly LockedPackage[];
  /** Of the package files. */
  readonly downloadBytes: number;
  /** The age of the archive that it was locked from, as ISO 8601. */
  readonly released: string;
}

/** Everything that `tspack builder inspect` shows. */
export interface InspectedBuilder {
  readonly name: string;
  readonly description: string;
  readonly maintainer: string;
  readonly homepage: string;
  readonly distribution: BuilderDefinition['distribution'];
  readonly suites: readonly string[];
  readonly user: ImageUser;
  readonly architectures: readonly Architecture[];
  readonly runImage: InspectedImage;
  readonly buildImage: InspectedImage;
  /** Left out on purpose although a package depends on it, with the sets it is left out of. */
  readonly excluded: PackageLock['excluded'];
  readonly labels: Readonly<Record<string, string>>;
  readonly buildpacks: readonly { readonly id: string; readonly version: string; readonly name?: string; readonly homepage?: string }[];
  readonly order: Order;
  readonly nodeVersion: string | undefined;
  readonly npmVersion: string | undefined;
}

/** Describes a builder from its files alone. Throws what reading them throws. */
export function inspectBuilder(options: {
  readonly builder: BuilderDefinition;
  readonly architecture: Architecture;
  readonly buildersDirectory: string;
  readonly buildpacksDirectory: string;
}): InspectedBuilder {
  const { builder, architecture, buildersDirectory, buildpacksDirectory } = options;
  const owner = buildImageOwner(builder, buildersDirectory);
  const lock = readBuilderLock(builder, architecture);
  const buildLock = owner === builder ? lock : readBuilderLock(owner, architecture);
  const buildpacks = readBundledBuildpacks(builder, buildpacksDirectory);
  const { name, description, maintainer, homepage, distribution, suites, user } = builder;
  return {
    name,
    description,
    maintainer,
    homepage,
    distribution,
    suites,
    user,
    architectures: ARCHITECTURES,
    runImage: inspectImage(requireRunImage(builder).reference, lock, 'run'),
    buildImage: inspectImage(owner.buildImage !== undefined && 'reference' in owner.buildImage ? owner.buildImage.reference : owner.name, buildLock, 'build'),
    excluded: [...lock.excluded, ...(owner === builder ? [] : buildLock.excluded.filter(({ sets }) => sets.includes('build')))],
    labels: baseLabels(builder, lock),
    buildpacks: buildpacks.map(({ descriptor }) => ({
      id: descriptor.id,
      version: descriptor.version,
      ...(descriptor.name === undefined ? {} : { name: descriptor.name }),
      ...(descriptor.homepage === undefined ? {} : { homepage: descriptor.homepage }),
    })),
    order: orderOf(builder, buildpacks),
    nodeVersion: owner.node?.version,
    npmVersion: owner.node?.npm.version,
  };
}

function inspectImage(reference: string, lock: PackageLock, set: 'run' | 'build'): InspectedImage {
  const packages = packagesOfSet(lock, set);
  return { reference, packages, downloadBytes: packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), released: releasedDate(lock) };
}
