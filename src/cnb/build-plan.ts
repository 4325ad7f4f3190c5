import { formatToml } from '../foundation/index.ts';
import type { BuildpackReference } from './buildpack-id.ts';
import type { Fields, SpecTable } from './fields.ts';
import { decodeToml, defined } from './fields.ts';
import { formatGoToml } from './go-toml.ts';
import { readReference } from './order.ts';

/** A dependency that a buildpack asks for. `metadata` is the buildpacks' own. */
export interface Require {
  readonly name: string;
  readonly metadata?: SpecTable;
}

/** One alternative of a build plan. */
export interface BuildPlanAlternative {
  readonly provides: readonly string[];
  readonly requires: readonly Require[];
}

/** What bin/detect writes (`buildpack.md#build-plan-toml`): the top level first, then each `[[or]]`. */
export interface BuildPlan {
  readonly alternatives: readonly BuildPlanAlternative[];
}

/** The plan of a buildpack that wrote none. */
export const EMPTY_BUILD_PLAN: BuildPlan = { alternatives: [{ provides: [], requires: [] }] };

/** Decodes a build plan; an empty file is an empty plan. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseBuildPlan(text: string, file: string): BuildPlan {
  return decodeToml(text, file, (fields) => ({ alternatives: [readAlternative(fields), ...fields.tables('or').map(readAlternative)] }));
}

function readAlternative(fields: Fields): BuildPlanAlternative {
  return {
    provides: fields.tables('provides').map((provide) => provide.requiredString('name')),
    requires: fields.tables('requires').map(readRequire),
  };
}

function readRequire(fields: Fields): Require {
  // An empty one is none, as in the reference.
  if ((fields.string('version') ?? '') !== '') fields.problem('version', 'is not supported, use metadata.version');
  return defined<Require>({ name: fields.requiredString('name'), metadata: fields.freeTable('metadata') });
}

/** Writes a build plan, as an SDK does for bin/detect. */
export function formatBuildPlan(plan: BuildPlan): string {
  const [first, ...rest] = plan.alternatives.map(({ provides, requires }) => ({
    ...(provides.length === 0 ? {} : { provides: provides.map((name) => ({ name })) }),
    ...(requires.length === 0 ? {} : { requires }),
  }));
  return formatToml({ ...first, ...(rest.length === 0 ? {} : { or: rest }) });
}

/** A member of the group that provides an entry. */
export interface PlanProvider extends BuildpackReference {
  readonly extension: boolean;
}

export interface PlanEntry {
  readonly providers: readonly PlanProvider[];
  readonly requires: readonly Require[];
}

/** plan.toml (`platform.md#plantoml-toml`): who provides what, over the whole group. */
export interface Plan {
  readonly entries: readonly PlanEntry[];
}

/** Decodes plan.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parsePlanToml(text: string, file: string): Plan {
  return decodeToml(text, file, (fields) => ({
    entries: fields.tables('entries').map((entry) => ({
      providers: entry.tables('providers').map((provider) => ({ ...readReference(provider), extension: provider.boolean('extension') ?? false })),
      requires: entry.tables('requires').map(readRequire),
    })),
  }));
}

export function formatPlanToml(plan: Plan): string {
  return formatToml({
    entries: plan.entries.map(({ providers, requires }) => ({
      providers: providers.map(({ id, version, extension }) => ({ id, version, ...(extension ? { extension } : {}) })),
      requires,
    })),
  });
}

/** What one buildpack is given (`buildpack.md#buildpack-plan-toml`). */
export interface BuildpackPlan {
  readonly entries: readonly Require[];
}

/** The requires of the entries that this buildpack or extension provides (C101). */
export function buildpackPlanOf(plan: Plan, id: string, extension = false): BuildpackPlan {
  return {
    entries: plan.entries
      .filter(({ providers }) => providers.some((provider) => provider.id === id && provider.extension === extension))
      .flatMap(({ requires }) => requires),
  };
}

/** The plan without the entries that have been met; those left are for the next provider (`buildpack.md#unmet-buildpack-plan-entries`). */
export function withoutMet(plan: Plan, metNames: readonly string[]): Plan {
  return { entries: plan.entries.filter(({ requires }) => !requires.some(({ name }) => metNames.includes(name))) };
}

/** The plan without the entries that extensions provide: generate meets them all (C075). */
export function withoutExtensionEntries(plan: Plan): Plan {
  return { entries: plan.entries.filter(({ providers }) => !providers.some(({ extension }) => extension)) };
}

/** Decodes a buildpack plan, as an SDK does for bin/build. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseBuildpackPlan(text: string, file: string): BuildpackPlan {
  return decodeToml(text, file, (fields) => ({ entries: fields.tables('entries').map(readRequire) }));
}

/** Writes a buildpack plan as the reference lifecycle does: there are shell buildpacks that read it line by line. */
export function formatBuildpackPlan(plan: BuildpackPlan): string {
  return formatGoToml({ entries: plan.entries.length === 0 ? undefined : plan.entries.map(({ name, metadata }) => ({ name, metadata })) });
}
