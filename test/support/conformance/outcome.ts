import type { Image } from '../../../src/oci/index.ts';
import type { PhaseEnd } from './scenario.ts';

/** What one lifecycle made of one build of a scenario. */
export interface RoundOutcome {
  /** Phases in order, up to the first that failed. */
  readonly ends: readonly PhaseEnd[];
  /** What buildpacks were given, by executable. */
  readonly records: Readonly<Record<string, string>>;
  /** group.toml and plan.toml; undefined when they were not written. */
  readonly group: unknown;
  readonly plan: unknown;
  /** `<layers>` before and after the build phase. TOML that a lifecycle wrote is parsed, the rest are bytes. */
  readonly restored: Readonly<Record<string, unknown>>;
  readonly built: Readonly<Record<string, unknown>>;
  /** Files that extensions generated, without modes, which are the writer's own. */
  readonly generated?: Readonly<Record<string, string>>;
  /** The run image of analyzed.toml after detection, where there are extensions. */
  readonly runImage?: unknown;
  /** undefined when a phase failed. */
  readonly image: Image | undefined;
  /** Everything that was printed, to explain a difference. */
  readonly output: string;
}
