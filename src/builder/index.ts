/**
 * Base images and builders from declarative files: signed Debian packages become run images, unpacked build images and
 * builder images, without any maintainer script. It knows nothing of phases or application sources.
 *
 * Specs: platform.md "Build Image", "Run Image" and "Builder" of the buildpacks' Platform API.
 *
 * ```ts
 * const builder = findBundledBuilder(buildersDirectory, 'base');
 * const supply = createPackageSupply({ builder, architecture: 'amd64', debian, lockCacheDirectory, frozen: false, clock });
 * const { image } = await createRunImage({ builder, architecture: 'amd64', supply, layerWriter, workDirectory });
 * ```
 *
 * @packageDocumentation
 */
export { ARCHITECTURES, parseBuilder, readBuilder } from './builder-file.ts';
export type {
  Architecture,
  BuildImageDefinition,
  BuilderDefinition,
  BuilderNodeDefinition,
  ImageUser,
  LayerSplit,
  PackageSet,
  RunImageDefinition,
} from './builder-file.ts';
export { buildImageOwner, findBundledBuilder, listBundledBuilders, suggestBuilders } from './bundled-builders.ts';
export type { BuilderSuggestion } from './bundled-builders.ts';
export { builderLockPath, readBuilderLock } from './builder-lock.ts';
export { resolveBuilderLock, updateBuilderLock, wantedSets } from './update-builder-lock.ts';
export type { UpdateBuilderOptions, UpdatedBuilder } from './update-builder-lock.ts';
export { createPackageSupply } from './create-package-supply.ts';
export type { PackageSupplyOptions } from './create-package-supply.ts';
export type { PackageSupply } from './package-supply.ts';
export { createRunImage, runImageKey } from './run-image.ts';
export type { RunImage, RunImageOptions } from './run-image.ts';
export { unpackBuildImage, unpackToolbox } from './unpacked-image.ts';
export type { Toolbox, UnpackOptions, UnpackedBuildImage } from './unpacked-image.ts';
export type { BuilderEvent } from './events.ts';
export { unpackBuilderNode } from './builder-node.ts';
export type { BuilderNode, BuilderNodeOptions, RegistryFile } from './builder-node.ts';
export { orderOf, readBundledBuildpacks } from './bundled-buildpacks.ts';
export type { BundledBuildpack } from './bundled-buildpacks.ts';
export { inspectBuilder } from './inspect-builder.ts';
export type { InspectedBuilder, InspectedImage } from './inspect-builder.ts';
export { createBuilder } from './create-builder.ts';
export type { CreateBuilderOptions } from './create-builder.ts';
