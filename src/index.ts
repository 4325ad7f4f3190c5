/**
 * tspack as a library: everything the command line does.
 *
 * ```ts
 * const tspack = composePlatform({ environment: process.env, workingDirectory: process.cwd() });
 * const { imageId } = await tspack.build(options, { events: () => undefined, signal });
 * ```
 *
 * @packageDocumentation
 */
export { composePlatform, runLifecycleProgram } from './compose.ts';
export type { LifecycleProcess } from './compose.ts';
export { TspackError } from './foundation/index.ts';
export type { Digest, EventSink, InputChange, TransferEvent } from './foundation/index.ts';
export { DetectError } from './platform/index.ts';
export type { SettingChange } from './configuration/index.ts';
export { BuildpackError } from './lifecycle/index.ts';
export type {
  BuildEvent,
  BuildFact,
  BuildOptions,
  BuildRecord,
  BuildResult,
  BuilderDescription,
  BuilderSummary,
  BuiltLayer,
  CacheList,
  CacheVerbs,
  ComparedImage,
  CreateBuilderImageOptions,
  DeploymentOptions,
  DetectExplanation,
  DiskUsage,
  DoctorFinding,
  ExportCachesOptions,
  FileDifference,
  HistoryStep,
  ImageDescription,
  ImageDifference,
  ImageFilter,
  ImageLocation,
  ImageVerbs,
  ImportedCaches,
  InspectModuleOptions,
  LayerAction,
  LayerDifference,
  LayerDownload,
  LayerExplanation,
  LayerOrigin,
  ListedImage,
  LoginOptions,
  MadeImage,
  MergedSbomRequest,
  Making,
  MakingOptions,
  MakingResult,
  ModuleDescription,
  NewModuleOptions,
  Output,
  PackageChange,
  PackageDifference,
  PackageModuleOptions,
  PhaseName,
  PlannedBuild,
  PlannedLayer,
  PlannedModule,
  Provision,
  PruneRequest,
  PruneResult,
  PublishBuilderOptions,
  PublishedBuilder,
  PublishedPort,
  PullOptions,
  PushOptions,
  PushedImage,
  RebaseOptions,
  RebaseResult,
  RebasedImage,
  RemoveCachesRequest,
  RemovedCaches,
  RemovedImages,
  ResultFiles,
  RunExit,
  RunOptions,
  SaveOptions,
  SettingState,
  StoredCredential,
  StoredImage,
  Task,
  UpdateOptions,
  Tspack,
  UsedSpace,
  ValueChange,
  Volume,
  WhyRequest,
} from './platform/index.ts';
