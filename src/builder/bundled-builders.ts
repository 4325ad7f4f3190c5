import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, nearestNames } from '../foundation/index.ts';
import { readBuilder } from './builder-file.ts';
import type { BuilderDefinition } from './builder-file.ts';

/**
 * The builders in a folder of builders (`builders/` of this package), by name. Folders that declare no images of their
 * own, such as the toolbox, are not among them.
 */
export function listBundledBuilders(buildersDirectory: string): readonly BuilderDefinition[] {
  return readdirSync(buildersDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(buildersDirectory, entry.name, 'builder.toml')))
    .map((entry) => readBuilder(join(buildersDirectory, entry.name)))
    .filter(({ runImage, buildImage }) => runImage !== undefined && buildImage !== undefined)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A bundled builder by name. Throws `BUILDER_UNKNOWN`, with names that are near. */
export function findBundledBuilder(buildersDirectory: string, name: string): BuilderDefinition {
  // A name, never a path: what it says must not lead out of the folder.
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name) && existsSync(join(buildersDirectory, name, 'builder.toml'))) {
    const builder = readBuilder(join(buildersDirectory, name));
    if (builder.runImage !== undefined && builder.buildImage !== undefined) return builder;
  }
  const names = listBundledBuilders(buildersDirectory).map((builder) => builder.name);
  const near = nearestNames(name, names);
  throw new TspackError({
    code: 'BUILDER_UNKNOWN',
    message: `Cannot find a builder named "${name}": the bundled ones are ${names.join(', ')}`,
    nextStep: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Choose one of them; tspack builder suggest describes them',
  });
}

/** The builder that holds the build image and the Node of this one: itself, or the one that it names. */
export function buildImageOwner(builder: BuilderDefinition, buildersDirectory: string): BuilderDefinition {
  if (builder.buildImage === undefined || !('builder' in builder.buildImage)) return builder;
  const owner = findBundledBuilder(buildersDirectory, builder.buildImage.builder);
  if (owner.buildImage !== undefined && !('builder' in owner.buildImage)) return owner;
  throw new TspackError({
    code: 'BUILDER_INVALID',
    message: `Cannot use the build image of "${owner.name}" for "${builder.name}": it has none of its own`,
    nextStep: `Name a builder with build packages in ${builder.directory}/builder.toml`,
  });
}

/** A line of `tspack builder suggest`. */
export interface BuilderSuggestion {
  readonly name: string;
  readonly description: string;
  readonly runImage: string;
}

/** The bundled builders as a user chooses among them. */
export function suggestBuilders(buildersDirectory: string): readonly BuilderSuggestion[] {
  return listBundledBuilders(buildersDirectory).map(({ name, description, runImage }) => ({ name, description, runImage: runImage!.reference }));
}
