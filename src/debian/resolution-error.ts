import { TspackError } from '../foundation/index.ts';

/** One step from a wanted package to the requirement that nothing meets. */
export interface ResolutionStep {
  /** Who asks: `the package list`, or a package with its version. */
  readonly requiredBy: string;
  /** What is asked for: `libssl3t64 (>= 3.5)`. */
  readonly requirement: string;
}

/** A package that was looked at, and why it would not do. */
export interface Disqualification {
  /** `libssl3t64 3.0.17-1`. */
  readonly candidate: string;
  readonly reason: string;
}

/** Thrown when a set of packages cannot be made. It explains the failure as a chain. */
export class PackageResolutionError extends TspackError<'DEBIAN_RESOLUTION_FAILED'> {
  /** From the package list down to the requirement that fails. */
  readonly chain: readonly ResolutionStep[];
  readonly disqualified: readonly Disqualification[];

  constructor(chain: readonly ResolutionStep[], disqualified: readonly Disqualification[], nextStep: string) {
    const path = chain.map(({ requiredBy, requirement }) => `${requiredBy} needs ${requirement}`).join(', ');
    const why =
      disqualified.length === 0 ? 'no index has it' : disqualified.map(({ candidate, reason }) => `${candidate} will not do because ${reason}`).join(', ');
    super({ code: 'DEBIAN_RESOLUTION_FAILED', message: `Cannot resolve the packages: ${path}, but ${why}`, nextStep });
    this.chain = chain;
    this.disqualified = disqualified;
  }
}
