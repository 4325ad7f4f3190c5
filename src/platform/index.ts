/**
 * One build end to end: builder and run image, source, cache location, phase order, outputs. It knows no concrete
 * adapter, no argv and no terminal.
 *
 * @packageDocumentation
 */
export { describeDeployment } from './deployment.ts';
export type { DeploymentOptions } from './deployment.ts';
export type { BuildFact, PhaseName } from './build-fact.ts';
export type { BuildEvent, LayerAction } from './events.ts';
export { createBuildRecord } from './build-record.ts';
export type { BuildRecord, BuildRecorder } from './build-record.ts';
export type {
  BuildOptions,
  BuildResult,
  BuilderDescription,
  BuilderSummary,
  BuiltLayer,
  DoctorFinding,
  ImageDescription,
  ImageLocation,
  LocalBuildOptions,
  Output,
  PackageChange,
  PublishedPort,
  RebaseOptions,
  ResultFiles,
  RebaseResult,
  RebasedImage,
  RunExit,
  RunOptions,
  Task,
  UpdateOptions,
  Volume,
} from './api.ts';
export type { SettingState, Tspack } from './tspack.ts';
export { withConfiguration } from './configured-options.ts';
export { build } from './build.ts';
export { explainLayer } from './why/why.ts';
export type { LayerExplanation, WhyRequest } from './why/api.ts';
export type { LayerDownload, LayerOrigin } from './why/stored-build.ts';
export { plan } from './plan/plan.ts';
export type {
  KnownLayer,
  PlannedBuild,
  PlannedBuildpack,
  PlannedDownload,
  PlannedFetch,
  PlannedLayer,
  PlannedModule,
  PreviousImage,
  Provision,
} from './plan/api.ts';
export { describeAnyBuilder } from './describe-builder.ts';
export { describeImage } from './inspect-image.ts';
export { DetectError } from './detect-error.ts';
export type { DetectExplanation } from './detect-error.ts';
export { diagnose, diagnoseStore } from './doctor.ts';
export type { MachineFacts } from './doctor.ts';
export { downloadSbom } from './download-sbom.ts';
export { downloadMergedSbom } from './sbom/download-merged-sbom.ts';
export type { MergedSbomRequest } from './sbom/download-merged-sbom.ts';
export { findImage } from './find-image.ts';
export { diffImages } from './local-images/diff/diff-images.ts';
export { cacheUsage, diskUsage } from './local-images/disk-usage.ts';
export { exportCaches } from './caches/export-caches.ts';
export { importCaches } from './caches/import-caches.ts';
export { limitCaches } from './caches/limit-caches.ts';
export { removeCaches } from './caches/remove-caches.ts';
export type { CacheList, CacheVerbs, ExportCachesOptions, ImportedCaches, RemoveCachesRequest, RemovedCaches } from './caches/api.ts';
export { imageHistory } from './local-images/image-history.ts';
export { listImages } from './local-images/list-images.ts';
export { loadImages } from './local-images/load-images.ts';
export { prune } from './local-images/prune.ts';
export type { PrunePorts } from './local-images/prune.ts';
export { pullIntoStore } from './local-images/pull-image.ts';
export { pushImage } from './local-images/push-image.ts';
export { removeImages } from './local-images/remove-images.ts';
export { saveImages } from './local-images/save-images.ts';
export { tagImage } from './local-images/tag-image.ts';
export { unpackInto } from './local-images/unpack-image.ts';
export { waitFor } from './local-images/wait.ts';
export type {
  DiskUsage,
  HistoryStep,
  ImageFilter,
  ImageVerbs,
  ListedImage,
  LoginOptions,
  PruneRequest,
  PruneResult,
  PullOptions,
  PushOptions,
  PushedImage,
  RemovedImages,
  SaveOptions,
  StoredCredential,
  StoredImage,
  UsedSpace,
} from './local-images/api.ts';
export type { ComparedImage, FileDifference, ImageDifference, LayerDifference, PackageDifference, ValueChange } from './local-images/diff/api.ts';
export { writeWhole } from './deliver.ts';
export { requireFilePlace, requireOutputPlaces } from './output-places.ts';
export { parsePlatform } from './build-option-values.ts';
export type { FindImagePorts, FoundImage } from './find-image.ts';
export { architectureOf, builderEvents, resolveBundledBuilder, resolveBundledRunImage } from './resolve-bundled-builder.ts';
export type { BundledBuilderPorts, BundledBuilderRequest } from './resolve-bundled-builder.ts';
export { resolveBuilder } from './resolve-builder.ts';
export type { BuilderPorts } from './resolve-builder.ts';
export { resolveForeignBuilder } from './resolve-foreign-builder.ts';
export { parseImagePlace } from './images/image-place.ts';
export type { ImagePlace } from './images/image-place.ts';
export { pullImage, requireImage } from './images/pull-image.ts';
export type { DaemonImages, PullPorts, PullRequest, PulledImage, RegistryImages } from './images/pull-ports.ts';
export { parseModuleUri } from './modules/module-uri.ts';
export type { ModuleLocation } from './modules/module-uri.ts';
export { openModule } from './modules/open-module.ts';
export type { ModuleOptions, ModulePorts, OutsideLocation } from './modules/open-module.ts';
export type { OpenedModule } from './modules/open-package.ts';
export type { ModuleFolder } from './modules/module-folder.ts';
export { rebase } from './rebase/rebase.ts';
export { run } from './run.ts';
export type { RunPorts } from './run.ts';
export { createBuilderImage } from './making/create-builder-image.ts';
export { inspectModule } from './making/inspect-module.ts';
export { newModule } from './making/new-module.ts';
export { packageModule } from './making/package-module.ts';
export { resolveOwnBuilder } from './resolve-own-builder.ts';
export { publishBuilder } from './making/publish-builder.ts';
export type { MakingPorts } from './making/ports.ts';
export type {
  CreateBuilderImageOptions,
  InspectModuleOptions,
  MadeImage,
  Making,
  MakingOptions,
  MakingResult,
  ModuleDescription,
  NewModuleOptions,
  PackageModuleOptions,
  PublishBuilderOptions,
  PublishedBuilder,
} from './making/api.ts';
export { parsePullPolicy } from './pull-policy.ts';
export type { PullPolicy } from './pull-policy.ts';
export type {
  BuildPorts,
  BuildSandbox,
  BuilderRequest,
  HostBuildSettings,
  ModuleRequest,
  ModuleSelection,
  ModuleSource,
  MountedModule,
  RebasePorts,
  ResolvedBuilder,
} from './ports.ts';
