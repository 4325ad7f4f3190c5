import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findBundledBuilder, updateBuilderLock, updateBuildpackLocks } from '../builder/index.ts';
import { TspackError, nearestNames } from '../foundation/index.ts';
import { builderEvents } from '../platform/index.ts';
import { acquireLock } from '../store/index.ts';
import { debianContext } from './debian.ts';
import type { BuilderDefinition } from '../builder/index.ts';
import type { PackageChange, Task, UpdateOptions } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/**
 * Locks the newest signed packages: those of a builder's images and of its buildpacks, or of some buildpacks alone.
 * Throws `BUILDER_UNKNOWN`, `BUILDPACK_UNKNOWN` and what resolving throws.
 */
export async function updateBuilder(machine: Machine, { builder: name, buildpacks }: UpdateOptions, task: Task): Promise<readonly PackageChange[]> {
  const builder = findBundledBuilder(machine.directories.builders, name);
  requireBuildpacks(builder, buildpacks);
  using _lock = await acquireLock(join(machine.home().locks, `update-${name}`), { signal: task.signal });
  const common = { debian: debianContext(machine, builderEvents(task.events), task.signal), clock: machine.clock };
  const changes: PackageChange[] = [];
  if (buildpacks.length === 0) {
    for (const updated of await updateBuilderLock({ ...common, builder })) changes.push(...changesOf(name, updated));
  }
  for (const buildpack of buildpacks.length === 0 ? builder.buildpacks : buildpacks) {
    const directory = packagesHome(machine, buildpack);
    for (const updated of await updateBuildpackLocks({ ...common, directory, buildersDirectory: machine.directories.builders }))
      changes.push(...changesOf(`${buildpack}/${updated.suite}`, updated));
  }
  return changes;
}

function requireBuildpacks(builder: BuilderDefinition, names: readonly string[]): void {
  const unknown = names.find((name) => !builder.buildpacks.includes(name));
  if (unknown === undefined) return;
  const near = nearestNames(unknown, builder.buildpacks);
  throw new TspackError({
    code: 'BUILDPACK_UNKNOWN',
    message: `Cannot update the buildpack "${unknown}": the builder "${builder.name}" has ${builder.buildpacks.join(', ')}`,
    nextStep: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Name it in ${builder.directory}/builder.toml first`,
  });
}

/** In a checkout its sources, from which `npm run build` makes what runs; else what is installed. */
function packagesHome({ directories }: Machine, buildpack: string): string {
  const source = join(directories.buildpackSources, buildpack);
  return existsSync(join(source, 'packages')) ? source : join(directories.buildpacks, buildpack);
}

type Updated = Pick<Awaited<ReturnType<typeof updateBuilderLock>>[number], 'architecture' | 'changes'>;

function changesOf(image: string, { architecture, changes }: Updated): readonly PackageChange[] {
  return changes.map((change) => ({
    image,
    architecture,
    name: change.name,
    ...('from' in change ? { from: change.from } : {}),
    ...('to' in change ? { to: change.to } : {}),
  }));
}
