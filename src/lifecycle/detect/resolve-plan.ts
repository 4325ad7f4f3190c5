import type { BuildPlan, BuildPlanAlternative, BuildpackReference, Plan, PlanEntry, Require } from '../../cnb/index.ts';

/** A group member whose bin/detect passed. */
export interface PassedModule {
  readonly reference: BuildpackReference;
  readonly extension: boolean;
  readonly optional: boolean;
  readonly plan: BuildPlan;
}

/** Why a combination of alternatives did not work out. */
export interface TrialFailure {
  /** The required member that is at fault; undefined when every buildpack dropped out. */
  readonly reference: BuildpackReference | undefined;
  /** `requires`: nobody provides it before. `provides`: nobody requires it after. */
  readonly kind: 'requires' | 'provides' | 'nothing-left';
  readonly name: string;
}

export type PlanResolution<Module extends PassedModule = PassedModule> =
  | { readonly kind: 'resolved'; readonly members: readonly Module[]; readonly plan: Plan }
  | { readonly kind: 'unresolved'; readonly failures: readonly TrialFailure[] };

/** More failures than a person would read are not kept. */
const MAXIMUM_FAILURES = 20;

interface Candidate<Module extends PassedModule> {
  readonly module: Module;
  readonly alternative: BuildPlanAlternative;
  readonly optional: boolean;
}

/**
 * Finds the first combination of build plan alternatives in which every require has an earlier-or-same provide and
 * every provide a later-or-same require (`buildpack.md#phase-1-detection`): left to right, depth first. An optional
 * member that does not fit drops out, but only on its last alternative (C049), and the rest is judged again.
 */
export function resolvePlan<Module extends PassedModule>(passed: readonly Module[]): PlanResolution<Module> {
  const failures: TrialFailure[] = [];
  for (const candidates of combinations(passed)) {
    const result = runTrial(candidates);
    if (result.kind === 'resolved') return result;
    if (failures.length < MAXIMUM_FAILURES) failures.push(result.failure);
  }
  return { kind: 'unresolved', failures };
}

function* combinations<Module extends PassedModule>(passed: readonly Module[]): Generator<readonly Candidate<Module>[]> {
  // Counting with the last member as the lowest digit is the spec's depth-first order, and needs no recursion.
  const digits = passed.map(() => 0);
  for (;;) {
    yield passed.map((module, index): Candidate<Module> => {
      const { alternatives } = module.plan;
      const digit = digits[index]!;
      return { module, alternative: alternatives[digit]!, optional: module.optional && digit === alternatives.length - 1 };
    });
    let index = passed.length - 1;
    while (index >= 0 && digits[index] === passed[index]!.plan.alternatives.length - 1) digits[index--] = 0;
    if (index < 0) return;
    digits[index]!++;
  }
}

type Trial<Module extends PassedModule> =
  Extract<PlanResolution<Module>, { readonly kind: 'resolved' }> | { readonly kind: 'failed'; readonly failure: TrialFailure };

function runTrial<Module extends PassedModule>(candidates: readonly Candidate<Module>[]): Trial<Module> {
  let remaining = candidates;
  for (;;) {
    const { entries, misfits } = matchUp(remaining);
    if (misfits.length === 0) {
      // A group of extensions alone builds nothing.
      if (!remaining.some(({ module }) => !module.extension)) {
        return { kind: 'failed', failure: { reference: undefined, kind: 'nothing-left', name: '' } };
      }
      return { kind: 'resolved', members: remaining.map(({ module }) => module), plan: { entries } };
    }
    const required = misfits.find(({ candidate }) => !candidate.optional);
    if (required !== undefined) {
      return { kind: 'failed', failure: { reference: required.candidate.module.reference, kind: required.kind, name: required.name } };
    }
    const dropped = new Set(misfits.map(({ candidate }) => candidate));
    remaining = remaining.filter((candidate) => !dropped.has(candidate));
  }
}

interface Misfit<Module extends PassedModule> {
  readonly candidate: Candidate<Module>;
  readonly kind: 'requires' | 'provides';
  readonly name: string;
}

interface OpenEntry<Module extends PassedModule> {
  readonly providers: Candidate<Module>[];
  readonly requires: Require[];
  /** Provided since the last require of the name; unused so far, even when an earlier provider is used (C050). */
  unused: Candidate<Module>[];
}

function matchUp<Module extends PassedModule>(
  candidates: readonly Candidate<Module>[],
): { readonly entries: readonly PlanEntry[]; readonly misfits: readonly Misfit<Module>[] } {
  const open = new Map<string, OpenEntry<Module>>();
  const misfits: Misfit<Module>[] = [];
  const entryOf = (name: string): OpenEntry<Module> => {
    const entry = open.get(name) ?? { providers: [], requires: [], unused: [] };
    open.set(name, entry);
    return entry;
  };
  for (const candidate of candidates) {
    for (const name of candidate.alternative.provides) entryOf(name).unused.push(candidate);
    for (const require of candidate.alternative.requires) {
      const entry = entryOf(require.name);
      entry.providers.push(...entry.unused);
      entry.unused = [];
      if (entry.providers.length === 0) misfits.push({ candidate, kind: 'requires', name: require.name });
      else entry.requires.push(require);
    }
  }
  for (const [name, { unused }] of open) misfits.push(...unused.map((candidate) => ({ candidate, kind: 'provides' as const, name })));
  const entries = [...open.values()].map(({ providers, requires }) => ({
    providers: providers.map(({ module }) => ({ ...module.reference, extension: module.extension })),
    requires,
  }));
  return { entries, misfits };
}
