import { TspackError } from '../foundation/index.ts';
import type { BuildImageDefinition, BuilderDefinition, BuilderNodeDefinition, PackageSet, RunImageDefinition } from './builder-file.ts';

/** The run image of a builder. Throws `BUILDER_INVALID` when it declares none. */
export function requireRunImage(builder: BuilderDefinition): RunImageDefinition {
  return builder.runImage ?? lacks(builder, '[run-image]');
}

/** The build image of a builder that has its own. Throws `BUILDER_INVALID`. */
export function requireBuildImage(builder: BuilderDefinition): BuildImageDefinition {
  return builder.buildImage !== undefined && 'packages' in builder.buildImage ? builder.buildImage : lacks(builder, '[build-image] with packages');
}

/** The toolbox of a builder. Throws `BUILDER_INVALID`. */
export function requireToolbox(builder: BuilderDefinition): PackageSet {
  return builder.toolbox ?? lacks(builder, '[toolbox]');
}

/** The Node of a builder. Throws `BUILDER_INVALID`. */
export function requireNode(builder: BuilderDefinition): BuilderNodeDefinition {
  return builder.node ?? lacks(builder, '[node]');
}

function lacks(builder: BuilderDefinition, part: string): never {
  throw new TspackError({
    code: 'BUILDER_INVALID',
    message: `Cannot use the builder "${builder.name}" for this: its builder.toml has no ${part}`,
    nextStep: `Add ${part} to ${builder.directory}/builder.toml, or choose another builder (tspack builder suggest lists them)`,
  });
}
