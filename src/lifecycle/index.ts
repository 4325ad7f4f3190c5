/**
 * The phases of the CNB lifecycle (platform.md, buildpack.md) as functions over folders and ports. Detect and build
 * get a sandbox, analyze and export an image store; none gets both, so credentials and buildpack code never meet. It
 * knows nothing of sockets, flags or the terminal.
 *
 * @packageDocumentation
 */
export { analyze } from './analyze/analyze.ts';
export type { Analysis, AnalyzeInputs, AnalyzePorts } from './analyze/analyze.ts';
export { imageTarget } from './analyze/image-target.ts';
export { detect } from './detect/detect.ts';
export type { AttemptMember, DetectEvent, DetectInputs, DetectOutcome, DetectPorts, GroupAttempt } from './detect/detect.ts';
export type { DetectRun, DetectVerdict } from './detect/run-detect.ts';
export { generate } from './generate/generate.ts';
export type { GenerateInputs, GenerateOutcome, GeneratePorts } from './generate/generate.ts';
export type { GeneratedDockerfile } from './generate/read-outputs.ts';
export { ExtensionError } from './generate/extension-error.ts';
export type { ExtendKind } from './generate/extension-files.ts';
export { extend, hasDockerfiles } from './extend/extend.ts';
export type { ExtendInputs, ExtendOutcome, ExtendPorts, ExtensionLayer } from './extend/extend.ts';
export { restore } from './restore/restore.ts';
export type { RestoreInputs, RestorePorts } from './restore/restore.ts';
export { build } from './build/build.ts';
export type { BuildInputs, BuildOutcome, BuildPhaseEvent, BuildPorts } from './build/build.ts';
export { planLayers } from './plan/plan-layers.ts';
export type { PlanRun } from './plan/plan-layers.ts';
export { BuildpackError } from './build/buildpack-error.ts';
export { exportImage } from './export/export-image.ts';
export type { ExportOutcome, ExportedLayer } from './export/export-image.ts';
export type { ExportInputs, ExportPorts, ExportedRunImage } from './export/export-inputs.ts';
export { CREATED_BY, NORMALIZED_TIME, parseExtensionLayer } from './export/history.ts';
export { readRebaseMetadata, rebase } from './rebase/rebase.ts';
export type { RebaseOutcome } from './rebase/rebase.ts';
export type { RebaseInputs, RebaseRunImage } from './rebase/rebase-inputs.ts';
export { runImageNames } from './rebase/run-image-name.ts';
export type { PhaseEnvironment } from './buildpack-env.ts';
export { createModuleStore } from './module-store.ts';
export type { LocatedModule, ModuleFolders, ModuleStore } from './module-store.ts';
export { listMounted, mountedChild, readMountedEnv, readMountedText, resolveMounted } from './mounted-directory.ts';
export type { MountedDirectory } from './mounted-directory.ts';
export type { LayerAction, LifecycleEvent } from './events.ts';
export type { LayersDirectory, LayerTree, MergedEntry, PathKind } from './layers-directory.ts';
export { createDirectoryLayerCache, openDirectoryLayerCache } from './cache/directory-layer-cache.ts';
export type { DirectoryLayerCache } from './cache/directory-layer-cache.ts';
export { parsePortableLayer, writePortableLayer } from './cache/portable-layers.ts';
export type { PortableLayer } from './cache/portable-layers.ts';
export { openTarLayerCache } from './cache/tar-layer-cache.ts';
export type { TarLayerCacheOptions } from './cache/tar-layer-cache.ts';
export { openImageLayerCache } from './cache/image-layer-cache.ts';
export type { ImageLayerCacheOptions } from './cache/image-layer-cache.ts';
export type { TarCacheOptions } from './cache/cache-place.ts';
export type { CacheCommitLayer, CachedLayer, KnownTar, LayerCache } from './cache/layer-cache.ts';
export { createOverlayLayersDirectory } from './cache/overlay-layers-directory.ts';
export type { LayersOverlay, ListMerged } from './cache/overlay-layers-directory.ts';
export { createPlainLayersDirectory } from './cache/plain-layers-directory.ts';
export { LISTING_FORMAT } from './cache/merged-listing.ts';
export { createCopiedLayersDirectory } from './cache/copied-layers-directory.ts';
