import type { BuildPlanAlternative, Require } from '../cnb/index.ts';
import type { BuildContext } from './build-context.ts';
import type { DetectContext } from './detect-context.ts';

/** What detection found. */
export type DetectOutcome =
  /** The buildpack wants to take part; without alternatives its plan is empty. */
  | { readonly passed: true; readonly alternatives: readonly BuildPlanAlternative[]; readonly evidence?: readonly string[] }
  /** It does not; `explanation` tells what was looked for and seen. */
  | { readonly passed: false; readonly explanation: string };

/** A buildpack: two functions over what the lifecycle hands in (`buildpack.md#buildpack-interface`, Buildpack API 0.12). */
export interface Buildpack {
  /** Absent where `bin/detect` decides without it, by file names or variables. */
  detect?(context: DetectContext): DetectOutcome | Promise<DetectOutcome>;
  build(context: BuildContext): void | Promise<void>;
}

/** Names the type, so that authors get completion and checks. */
export function defineBuildpack(buildpack: Buildpack): Buildpack {
  return buildpack;
}

/** What a buildpack provides and requires, when it takes part; a require without metadata is a name. */
export interface DetectPlan {
  readonly provides?: readonly string[];
  readonly requires?: readonly (string | Require)[];
}

/**
 * A passed detection. Further plans are alternatives (`[[or]]`, `buildpack.md#build-plan-toml`) in the order of preference: the
 * lifecycle takes the first one with which everything that is provided is required, and everything that is required is provided.
 */
export function detected(plan: DetectPlan = {}, ...alternatives: readonly DetectPlan[]): DetectOutcome {
  return { passed: true, alternatives: [plan, ...alternatives].map(readPlan) };
}

function readPlan({ provides = [], requires = [] }: DetectPlan): BuildPlanAlternative {
  return { provides, requires: requires.map((require) => (typeof require === 'string' ? { name: require } : require)) };
}

/** A failed detection that explains itself: `no package.json, server.js or app.js here (nearest: frontend/package.json)`. */
export function notDetected(report: { readonly lookedFor: readonly string[]; readonly nearMisses?: readonly string[]; readonly note?: string }): DetectOutcome {
  const { lookedFor, nearMisses = [], note } = report;
  const names = lookedFor.length < 2 ? lookedFor.join('') : `${lookedFor.slice(0, -1).join(', ')} or ${lookedFor.at(-1)}`;
  const nearest = nearMisses.length === 0 ? '' : ` (nearest: ${nearMisses.join(', ')})`;
  return { passed: false, explanation: `no ${names} here${nearest}${note === undefined ? '' : `; ${note}`}` };
}
