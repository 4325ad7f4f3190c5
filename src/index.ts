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
export { composePlatform } from './compose.ts';
export { TspackError } from './foundation/index.ts';
export type { Digest, EventSink, TransferEvent } from './foundation/index.ts';
export { DetectError } from './platform/index.ts';
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
  DetectExplanation,
  DoctorFinding,
  ImageDescription,
  ImageLocation,
  LayerAction,
  Output,
  PackageChange,
  PhaseName,
  PublishedPort,
  RebaseOptions,
  RebaseResult,
  RunExit,
  RunOptions,
  Task,
  Tspack,
  Volume,
} from './platform/index.ts';
