import type { ApiVersion } from '../cnb/index.ts';
import type { InputName, Inputs } from './inputs-table.ts';
import type { PhaseLog } from './phase-log.ts';
import type { DaemonImages, LayerScratch, PhasePorts, RegistryImages } from './phase-ports.ts';

/** What a phase runs with once its arguments are read. */
export interface PhaseSituation {
  readonly api: ApiVersion;
  readonly inputs: Inputs;
  /** Images named on the command line, the first one first. */
  readonly images: readonly string[];
  readonly given: ReadonlySet<InputName>;
  readonly log: PhaseLog;
  readonly ports: PhasePorts;
  /** A private folder that is gone when the phase ends. */
  readonly scratchDirectory: string;
  readonly scratch: LayerScratch;
  /** Connected once. */
  readonly registry: () => Promise<RegistryImages>;
  readonly daemon: () => Promise<DaemonImages>;
}

/** One phase: reads files, does its work, writes files. Throws `PHASE_REFUSED` and what the lifecycle throws. */
export type PhaseProgram = (situation: PhaseSituation) => Promise<void>;
