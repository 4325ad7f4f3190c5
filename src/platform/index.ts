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
  RunExit,
  RunOptions,
  Task,
  Tspack,
  Volume,
} from './api.ts';
