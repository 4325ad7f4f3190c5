import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import { parseBuildpackDescriptor } from '../cnb/index.ts';
import type { BuildpackDescriptor, Order } from '../cnb/index.ts';
import type { BuilderDefinition } from './builder-file.ts';

/** A buildpack that travels with this package, ready to run. */
export interface BundledBuildpack {
  /** The folder's, as `builder.toml` names it. */
  readonly name: string;
  readonly directory: string;
  readonly descriptor: BuildpackDescriptor;
}

/**
 * The buildpacks of a builder as its order first names them, from the folder of bundled buildpacks (`dist/buildpacks`). Throws
 * `BUILDPACK_UNKNOWN` and what `parseBuildpackDescriptor` throws.
 */
export function readBundledBuildpacks(builder: BuilderDefinition, buildpacksDirectory: string): readonly BundledBuildpack[] {
  return builder.buildpacks.map((name) => {
    const directory = join(buildpacksDirectory, name);
    const file = join(directory, 'buildpack.toml');
    return { name, directory, descriptor: parseBuildpackDescriptor(readDescriptor(file, builder, name), file) };
  });
}

/** The order of a builder by the ids of its buildpacks. */
export function orderOf(builder: BuilderDefinition, buildpacks: readonly BundledBuildpack[]): Order {
  const byName = new Map(buildpacks.map(({ name, descriptor: { id, version } }) => [name, { id, version }]));
  return builder.order.map((group) => ({ group: group.map(({ name, optional }) => ({ ...byName.get(name)!, optional })) }));
}

function readDescriptor(file: string, builder: BuilderDefinition, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) throw error;
    throw new TspackError({
      code: 'BUILDPACK_UNKNOWN',
      message: `Cannot find the buildpack "${name}" of the builder "${builder.name}": there is no ${file}`,
      nextStep: 'Install tspack again, or run npm run build in its repository',
      cause: error,
    });
  }
}
