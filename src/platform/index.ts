/**
 * One build end to end: builder and run image, source, cache location, phase order, outputs. It knows no concrete
 * adapter, no argv and no terminal.
 *
 * @packageDocumentation
 */
export type { BuildEvent, LayerAction, PhaseName } from './events.ts';
export { createBuildRecord } from './build-record.ts';
export type { BuildFact, BuildRecord, BuildRecorder } from './build-record.ts';
export type {
  BuildOptions,
  BuildResult,
  BuilderDescription,
  BuilderSummary,
  BuiltLayer,
  DoctorFinding,
  ImageDescription,
  ImageLocation,
  Output,
  PackageChange,
  PublishedPort,
  RebaseOptions,
  RebaseResult,
  RunExit,
  RunOptions,
  Task,
  Tspack,
  Volume,
} from './api.ts';
export { build } from './build.ts';
export { describeBuilder } from './describe-builder.ts';
export { describeImage } from './inspect-image.ts';
export { DetectError } from './detect-error.ts';
export type { DetectExplanation } from './detect-error.ts';
export { diagnose } from './doctor.ts';
export type { MachineFacts } from './doctor.ts';
export { downloadSbom } from './download-sbom.ts';
export { findImage } from './find-image.ts';
export type { FindImagePorts, FoundImage } from './find-image.ts';
export { architectureOf, builderEvents, bundledBuildpacks, resolveBundledBuilder, resolveBundledRunImage } from './resolve-bundled-builder.ts';
export type { BundledBuilderPorts } from './resolve-bundled-builder.ts';
export { rebase } from './rebase.ts';
export { run } from './run.ts';
export type { RunPorts } from './run.ts';
export type { BuildPorts, BuildSandbox, BuilderRequest, HostBuildSettings, RebasePorts, ResolvedBuilder } from './ports.ts';
