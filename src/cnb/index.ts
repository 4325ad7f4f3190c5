/**
 * Types and codecs for every file, label, environment rule and API version of the Cloud Native Buildpacks
 * specifications (https://github.com/buildpacks/spec): Buildpack API 0.7 to 0.12, Platform API 0.7 to 0.15.
 *
 * Text and values in, values and text out: it does no input or output, and knows nothing of processes, images or
 * where files live. Decoders of others' files ignore unknown keys and report all wrong types at once, with file and
 * key path ({@link SpecFileError}). What ends up in an image is written with the bytes of the reference lifecycle.
 *
 * @example
 * ```ts
 * const descriptor = parseBuildpackDescriptor(text, 'buildpack.toml');
 * const folder = escapeBuildpackId(descriptor.id);
 * ```
 *
 * @packageDocumentation
 */
export {
  SUPPORTED_APIS,
  compareApiVersions,
  formatApiVersion,
  highestCommonApi,
  isApiAtLeast,
  isSupportedApi,
  listSupportedApis,
  parseApiVersion,
  requireBuildpackApi,
  requirePlatformApi,
  tryParseApiVersion,
} from './api-version.ts';
export type { ApiKind, ApiVersion } from './api-version.ts';
export { buildpackIdProblem, escapeBuildpackId, formatBuildpackReference, layerNameProblem, parseBuildpackId, parseLayerName } from './buildpack-id.ts';
export type { BuildpackId, BuildpackReference, LayerName } from './buildpack-id.ts';
export { SpecFileError } from './spec-file-error.ts';
export type { SpecFileProblem } from './spec-file-error.ts';
export type { SpecTable, SpecValue } from './fields.ts';
export { formatTarget, isTargetSatisfied, parseOsRelease, targetEnv, withDistribution } from './target.ts';
export type { Distribution, ImageTarget, SupportedTarget } from './target.ts';
export { inferTargets, isForExecEnv, parseBuildpackDescriptor, parseExtensionDescriptor } from './buildpack-descriptor.ts';
export type { BuildpackDescriptor, ExtensionDescriptor, License, ModuleDescriptor, Stack } from './buildpack-descriptor.ts';
export { formatOrderToml, formatSystemToml, parseOrderToml, parseSystemToml, withSystemBuildpacks } from './order.ts';
export type { LooseOrder, Order, OrderElement, OrderGroup, OrderReference, OrderToml, SystemToml } from './order.ts';
export { parseBuilderToml } from './builder-toml.ts';
export type { BuilderToml, BuilderTomlLifecycle, BuilderTomlModule } from './builder-toml.ts';
export { parsePackageToml } from './package-toml.ts';
export type { PackageToml } from './package-toml.ts';
export { formatNewModule, parseModuleSummary } from './module-summary.ts';
export type { ModuleKind, ModuleSummary } from './module-summary.ts';
export { parseTargetText, targetParts } from './target-text.ts';
export { formatGroupToml, parseGroupToml } from './group.ts';
export type { Group, GroupElement } from './group.ts';
export {
  EMPTY_BUILD_PLAN,
  buildpackPlanOf,
  formatBuildPlan,
  formatBuildpackPlan,
  formatPlanToml,
  parseBuildPlan,
  parseBuildpackPlan,
  parsePlanToml,
  withoutExtensionEntries,
  withoutMet,
} from './build-plan.ts';
export type { BuildPlan, BuildPlanAlternative, BuildpackPlan, Plan, PlanEntry, PlanProvider, Require } from './build-plan.ts';
export { NO_LAYER_TYPES, formatLayerToml, formatRestoredLayerToml, parseLayerToml } from './layer-metadata.ts';
export type { LayerContentMetadata, LayerTypes } from './layer-metadata.ts';
export { formatLaunchToml, parseLaunchToml } from './launch-toml.ts';
export type { BomEntry, Label, LaunchToml, ProcessDefinition, Slice } from './launch-toml.ts';
export { formatLaunchMetadata, parseLaunchMetadata } from './launch-metadata.ts';
export type { AttributedBomEntry, LaunchMetadata, LaunchProcess } from './launch-metadata.ts';
export { parseExtendConfig } from './extend-config.ts';
export type { ExtendArgument, ExtendConfig } from './extend-config.ts';
export { formatBuildToml, formatStoreToml, parseBuildToml, parseStoreToml } from './build-toml.ts';
export type { BuildToml, StoreToml } from './build-toml.ts';
export { formatLifecycleDescriptor, formatRunToml, formatStackToml, parseLifecycleDescriptor, parseRunToml, parseStackToml } from './run-toml.ts';
export type { LifecycleDescriptor, RunImageEntry, RunToml, StackToml } from './run-toml.ts';
export { describeLifecycle, lifecycleVersion } from './lifecycle-version.ts';
export { formatAnalyzedToml, parseAnalyzedToml } from './analyzed-toml.ts';
export type { AnalyzedRunImage, AnalyzedToml } from './analyzed-toml.ts';
export { formatReportToml, parseReportToml } from './report-toml.ts';
export type { ReportToml } from './report-toml.ts';
export { parseProjectDescriptor } from './project-descriptor.ts';
export type { ProjectDescriptor, ProjectModule, ProjectVariable } from './project-descriptor.ts';
export { LABELS } from './labels/names.ts';
export {
  EMPTY_LIFECYCLE_METADATA,
  formatCacheMetadata,
  formatLifecycleMetadataLabel,
  parseCacheMetadata,
  parseLifecycleMetadataLabel,
} from './labels/lifecycle-metadata.ts';
export type { BuildpackLayersRecord, CacheMetadata, LayerRecord, LayerSha, LifecycleMetadataLabel, RunImageRecord } from './labels/lifecycle-metadata.ts';
export { formatBuildMetadataLabel, formatLegacySbom, parseBuildMetadataLabel } from './labels/build-metadata.ts';
export type { BuildMetadataLabel, LauncherRecord, ModuleRecord } from './labels/build-metadata.ts';
export { formatProjectMetadataLabel, formatProjectMetadataToml, parseProjectMetadataLabel, parseProjectMetadataToml } from './labels/project-metadata.ts';
export type { ProjectMetadata } from './labels/project-metadata.ts';
export {
  formatBuilderMetadataLabel,
  formatBuildpackageMetadataLabel,
  formatModuleLayersLabel,
  parseBuilderMetadataLabel,
  parseBuildpackageMetadataLabel,
  parseModuleLayersLabel,
} from './labels/builder-labels.ts';
export type { BuilderMetadataLabel, BuilderModule, BuildpackageMetadataLabel, ModuleLayer, ModuleLayersLabel } from './labels/builder-labels.ts';
export { formatOrderLabel, formatSystemLabel, parseOrderLabel, parseSystemLabel } from './labels/order-labels.ts';
export type { LooseSystem } from './labels/order-labels.ts';
export { SBOM_FILE_FORMATS, collectedSbomPath, parseSbomFileName, sbomFileName } from './sbom-files.ts';
export type { SbomFileFormat, SbomFileName, SbomPurpose } from './sbom-files.ts';
export {
  BUILD_ENV_ALLOW_LIST,
  LAYER_PATHS,
  addBuildLayer,
  applyEnvFiles,
  applyPlatformEnv,
  filterBuildEnv,
  launchEnv,
  prependLayerPaths,
  startingLaunchEnv,
} from './env-rules.ts';
export type { DefaultAction, Env, EnvFiles, EnvPurpose, LayerEnv } from './env-rules.ts';
