import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, hasSystemCode } from '../foundation/index.ts';
import { parseBuildpackDescriptor } from '../cnb/index.ts';
import type { BuildpackDescriptor, Order } from '../cnb/index.ts';
import type { BuilderDefinition } from './builder-file.ts';

/** A buildpack that travels with this package, ready to run. */
export interface BundledBuildpack {
  readonly directory: string;
  readonly descriptor: BuildpackDescriptor;
}

/**
 * The buildpacks of a builder in detection order, from the folder of bundled buildpacks (`dist/buildpacks`). Throws
 * `BUILDPACK_UNKNOWN` and what `parseBuildpackDescriptor` throws.
 */
export function readBundledBuildpacks(builder: BuilderDefinition, buildpacksDirectory: string): readonly BundledBuildpack[] {
  return builder.buildpacks.map((name) => {
    const directory = join(buildpacksDirectory, name);
    const file = join(directory, 'buildpack.toml');
    return { directory, descriptor: parseBuildpackDescriptor(readDescriptor(file, builder, name), file) };
  });
}

/** One group for each buildpack: the first that detects wins. */
export function orderOf(buildpacks: readonly BundledBuildpack[]): Order {
  return buildpacks.map(({ descriptor }) => ({ group: [{ id: descriptor.id, version: descriptor.version, optional: false }] }));
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
