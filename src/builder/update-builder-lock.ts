import { existsSync } from 'node:fs';
import { writeFileAtomic } from '../foundation/index.ts';
import type { Clock } from '../foundation/index.ts';
import { formatPackageLock, updateLock } from '../debian/index.ts';
import type { DebianContext, PackageChange, PackageLock, UpdatedLock, WantedSet } from '../debian/index.ts';
import { ARCHITECTURES } from './builder-file.ts';
import type { Architecture, BuilderDefinition } from './builder-file.ts';
import { builderLockPath, readBuilderLock } from './builder-lock.ts';

export interface UpdateBuilderOptions {
  readonly builder: BuilderDefinition;
  readonly debian: DebianContext;
  readonly clock: Clock;
  /** Instead of the keyrings that travel with tspack. */
  readonly keyringDirectory?: string;
}

/** The package sets that a builder declares itself, by the names of the lock. */
export function wantedSets({ runImage, buildImage, toolbox }: BuilderDefinition): readonly WantedSet[] {
  return [
    ...(runImage === undefined ? [] : [{ name: 'run', packages: runImage.packages, exclude: runImage.exclude }]),
    ...(buildImage === undefined || 'builder' in buildImage ? [] : [{ name: 'build', packages: buildImage.packages, exclude: buildImage.exclude }]),
    ...(toolbox === undefined ? [] : [{ name: 'toolbox', packages: toolbox.packages, exclude: toolbox.exclude }]),
  ];
}

/** The lock of a builder at the mirror's current signed state, and what moved since `previous`. Writes nothing. */
export function resolveBuilderLock(
  options: UpdateBuilderOptions & { readonly architecture: Architecture; readonly previous?: PackageLock },
): Promise<UpdatedLock> {
  const { builder, architecture, previous, debian, clock, keyringDirectory } = options;
  return updateLock(
    {
      suites: builder.suites,
      architecture,
      sets: wantedSets(builder),
      now: clock.now(),
      ...(previous === undefined ? {} : { previous }),
      ...(keyringDirectory === undefined ? {} : { keyringDirectory }),
    },
    debian,
  );
}

export interface UpdatedBuilder {
  readonly architecture: Architecture;
  readonly path: string;
  readonly lock: PackageLock;
  readonly changes: readonly PackageChange[];
}

/**
 * Writes the locks of a builder anew from the mirror's current signed state: all architectures, or none when one of
 * them fails. Throws what `updateLock` throws.
 */
export async function updateBuilderLock(options: UpdateBuilderOptions): Promise<readonly UpdatedBuilder[]> {
  const { builder } = options;
  const updated: UpdatedBuilder[] = [];
  for (const architecture of ARCHITECTURES) {
    const path = builderLockPath(builder, architecture);
    const previous = existsSync(path) ? readBuilderLock(builder, architecture) : undefined;
    updated.push({ architecture, path, ...(await resolveBuilderLock({ ...options, architecture, ...(previous === undefined ? {} : { previous }) })) });
  }
  for (const { path, lock } of updated) writeFileAtomic(path, formatPackageLock(lock));
  return updated;
}
