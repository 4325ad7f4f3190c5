/**
 * The phases of the CNB lifecycle as programs (platform.md#lifecycle-interface): analyzer, detector, restorer, extender,
 * builder, exporter, creator and rebaser, with the specification's flags, variables, files and exit codes. Each reads files into
 * the values that `lifecycle` works on, and writes values into files; they may run in separate containers.
 *
 * It knows the three kinds of places where images are, but no socket and no credential: those are ports. It writes to
 * the streams that it is given, never to those of the process.
 *
 * @packageDocumentation
 */
export { runLifecycle } from './run-phase.ts';
export { findPhase } from './phase-names.ts';
export type { PhaseName } from './phase-names.ts';
export { EXIT, PhaseError } from './phase-error.ts';
export { guardExperimental } from './experimental.ts';
export { layoutPath } from './places/layout-path.ts';
export type { DaemonImages, LayerScratch, OwnRoot, PhaseOutput, PhasePorts, PhaseUser, RegistryImages } from './phase-ports.ts';
