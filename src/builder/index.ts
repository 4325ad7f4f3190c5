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
  BuilderOrderEntry,
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
export { updateBuildpackLocks } from './update-buildpack-locks.ts';
export type { UpdateBuildpackOptions, UpdatedBuildpackLock } from './update-buildpack-locks.ts';
export { createPackageSupply } from './create-package-supply.ts';
export type { PackageSupplyOptions } from './create-package-supply.ts';
export type { PackageSupply } from './package-supply.ts';
export { createRunImage, runImageKey } from './run-image.ts';
export type { RunImage, RunImageOptions } from './run-image.ts';
export { unpackBuildImage, unpackToolbox } from './unpacked-image.ts';
export type { Toolbox, UnpackOptions, UnpackedBuildImage } from './unpacked-image.ts';
export { builderInvalid, builderPlatformApi, readBuilderImage, readOfBuilder } from './builder-image.ts';
export type { BuilderImage } from './builder-image.ts';
export type { BuilderEvent } from './events.ts';
export { unpackBuilderNode } from './builder-node.ts';
export type { BuilderNode, BuilderNodeOptions, RegistryFile } from './builder-node.ts';
export { orderOf, readBundledBuildpacks } from './bundled-buildpacks.ts';
export type { BundledBuildpack } from './bundled-buildpacks.ts';
export { inspectBuilder } from './inspect-builder.ts';
export type { InspectedBuilder, InspectedImage } from './inspect-builder.ts';
export { operatorEnv } from './operator-env.ts';
export { BUILDER_RECORD, programLayers } from './program-layers.ts';
export type { BuilderRecord } from './program-layers.ts';
export { createBuilder, folderModule, nodeLayer } from './create-builder.ts';
export type { CreateBuilderOptions } from './create-builder.ts';
export { createBuildImage } from './build-image.ts';
export { assembleBuilder } from './assemble-builder.ts';
export type { BuilderRecipe } from './builder-recipe.ts';
export type { LifecycleSource } from './lifecycle-content.ts';
export { createPackage } from './create-package.ts';
export type { CreatePackageOptions } from './create-package.ts';
export { moduleName } from './packaged-module.ts';
export type { ModuleContent, PackagedModule } from './packaged-module.ts';
export { readImagePackages } from './image-packages.ts';
export { componentSboms } from './component-sboms.ts';
export { assembleLifecycle } from './lifecycle-package.ts';
export type { LifecyclePackageOptions } from './lifecycle-package.ts';
export { packLifecycle } from './lifecycle-archive.ts';
export { createLifecycleImage } from './lifecycle-image.ts';
export type { LifecycleImageOptions } from './lifecycle-image.ts';
