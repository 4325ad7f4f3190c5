/** The programs that run before a process of an image starts (platform.md#lifecycle-interface). */
export type PhaseName = 'analyzer' | 'detector' | 'restorer' | 'extender' | 'builder' | 'exporter' | 'creator' | 'rebaser';

interface Phase {
  /** As in `lifecycle detect`. */
  readonly verb: string;
  /** Exit code for whatever has no code of its own (CNB.md §0). */
  readonly failure: number;
}

export const PHASES: Readonly<Record<PhaseName, Phase>> = {
  analyzer: { verb: 'analyze', failure: 32 },
  detector: { verb: 'detect', failure: 22 },
  restorer: { verb: 'restore', failure: 42 },
  extender: { verb: 'extend', failure: 102 },
  builder: { verb: 'build', failure: 52 },
  exporter: { verb: 'export', failure: 62 },
  creator: { verb: 'create', failure: 1 },
  rebaser: { verb: 'rebase', failure: 72 },
};

/** A phase by the name of its program or by its verb; undefined when it is neither. */
export function findPhase(name: string): PhaseName | undefined {
  const phases = Object.entries(PHASES) as [PhaseName, Phase][];
  return phases.find(([program, { verb }]) => program === name || verb === name)?.[0];
}
