import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../foundation/index.ts';
import type { Clock } from '../foundation/index.ts';
import { formatPackageLock, packagesOfSet, parsePackageLock, readPackageDefinition, updateLock } from '../debian/index.ts';
import type { DebianContext, PackageDefinition, UpdatedLock, WantedSet } from '../debian/index.ts';
import { ARCHITECTURES } from './builder-file.ts';
import type { Architecture } from './builder-file.ts';
import { readBuilderLock } from './builder-lock.ts';
import { requireRunImage } from './builder-parts.ts';
import { findBundledBuilder } from './bundled-builders.ts';

export interface UpdateBuildpackOptions {
  /** The buildpack's folder; without `packages/` in it there is nothing to do. */
  readonly directory: string;
  /** Where the builders are that definitions are made for. */
  readonly buildersDirectory: string;
  readonly debian: DebianContext;
  readonly clock: Clock;
  /** Instead of the keyrings that travel with tspack. */
  readonly keyringDirectory?: string;
}

export interface UpdatedBuildpackLock extends UpdatedLock {
  /** The name of the definition: `trixie`. */
  readonly suite: string;
  readonly architecture: Architecture;
  readonly path: string;
}

/**
 * Writes the locks beside each `packages/<suite>.toml` of a buildpack anew, from the mirror's current signed state: all
 * or none. Throws what `readPackageDefinition`, `findBundledBuilder` and `updateLock` throw.
 */
export async function updateBuildpackLocks(options: UpdateBuildpackOptions): Promise<readonly UpdatedBuildpackLock[]> {
  const updated: UpdatedBuildpackLock[] = [];
  for (const file of listDefinitions(options.directory)) {
    const definition = readPackageDefinition(file);
    for (const architecture of ARCHITECTURES) updated.push(await updateOne(file, definition, architecture, options));
  }
  for (const { path, lock } of updated) writeFileAtomic(path, formatPackageLock(lock));
  return updated;
}

function listDefinitions(directory: string): readonly string[] {
  const folder = join(directory, 'packages');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.toml'))
    .sort()
    .map((name) => join(folder, name));
}

async function updateOne(
  file: string,
  definition: PackageDefinition,
  architecture: Architecture,
  { buildersDirectory, debian, clock, keyringDirectory }: UpdateBuildpackOptions,
): Promise<UpdatedBuildpackLock> {
  const suite = basename(file, '.toml');
  const path = file.replace(/\.toml$/, `.${architecture}.json`);
  const previous = existsSync(path) ? parsePackageLock(readFileSync(path, 'utf8'), path) : undefined;
  const present = definition.on === undefined ? [] : presentPackages(definition.on, architecture, buildersDirectory);
  const { lock, changes } = await updateLock(
    {
      suites: definition.suites,
      architecture,
      sets: definition.sets.map((set) => (set.of === undefined ? withoutPresent(set, present) : runImageSet(set.name, set.of, buildersDirectory))),
      now: clock.now(),
      ...(previous === undefined ? {} : { previous }),
      ...(keyringDirectory === undefined ? {} : { keyringDirectory }),
    },
    debian,
  );
  return { suite, architecture, path, lock, changes };
}

/** What the run image of a builder holds, and what none of its images ever holds. */
function presentPackages(name: string, architecture: Architecture, buildersDirectory: string): readonly string[] {
  const builder = findBundledBuilder(buildersDirectory, name);
  return [...packagesOfSet(readBuilderLock(builder, architecture), 'run').map((each) => each.name), ...builder.exclude];
}

/** All that the run image of a builder holds, for buildpacks that must know it. */
function runImageSet(name: string, builder: string, buildersDirectory: string): WantedSet {
  const { packages, exclude } = requireRunImage(findBundledBuilder(buildersDirectory, builder));
  return { name, packages, exclude };
}

/** A package that a set names itself is wanted, whoever else leaves it out. */
function withoutPresent({ name, packages, exclude }: WantedSet, present: readonly string[]): WantedSet {
  const leftOut = new Set([...exclude, ...present]);
  for (const each of packages) leftOut.delete(each);
  return { name, packages, exclude: [...leftOut].sort() };
}
