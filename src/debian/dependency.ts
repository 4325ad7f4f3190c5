import { TspackError } from '../foundation/index.ts';
import type { ControlFields } from './control.ts';
import { satisfiesVersion } from './version.ts';
import type { VersionRelation } from './version.ts';

/** One package that a dependency names. */
export interface Dependency {
  readonly name: string;
  /** `any`, `native` or an architecture. */
  readonly architectureQualifier?: string;
  readonly version?: { readonly relation: VersionRelation; readonly version: string };
}

/** Any one of these is enough. */
export type DependencyGroup = readonly Dependency[];

const TERM =
  /^([a-zA-Z0-9][a-zA-Z0-9+.-]*)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([0-9A-Za-z][^\s()]*)\s*\))?\s*(?:\[([^\]]*)\])?\s*((?:<[^<>]*>\s*)*)$/;

const RELATIONS: Readonly<Record<string, VersionRelation>> = { '<': '<=', '>': '>=' };

/**
 * Reads a relationship field such as `Depends` (Debian policy 7.1): groups separated by commas, alternatives by `|`.
 * Terms whose architecture list does not fit `architecture` are dropped. Throws `DEBIAN_DEPENDENCY_INVALID`.
 */
export function parseDependencies(field: string, architecture: string): readonly DependencyGroup[] {
  const groups: DependencyGroup[] = [];
  for (const group of field.split(',')) {
    if (group.trim() === '') continue;
    const alternatives = group.split('|').flatMap((term) => parseTerm(term.trim(), architecture));
    if (alternatives.length > 0) groups.push(alternatives);
  }
  return groups;
}

function parseTerm(term: string, architecture: string): readonly Dependency[] {
  const match = TERM.exec(term);
  if (match === null) {
    throw new TspackError({ code: 'DEBIAN_DEPENDENCY_INVALID', message: `Cannot read the dependency ${JSON.stringify(term)}` });
  }
  const [, name, qualifier, relation, version, architectures] = match;
  if (architectures !== undefined && !fitsArchitecture(architectures, architecture)) return [];
  return [
    {
      name: name!,
      ...(qualifier === undefined ? {} : { architectureQualifier: qualifier }),
      ...(relation === undefined || version === undefined ? {} : { version: { relation: RELATIONS[relation] ?? (relation as VersionRelation), version } }),
    },
  ];
}

/** `[amd64 arm64]` or `[!i386]`. */
function fitsArchitecture(list: string, architecture: string): boolean {
  const names = list.trim().split(/\s+/);
  const matches = (name: string) => name === architecture || name === 'any' || name === 'linux-any' || name === `any-${architecture}`;
  if (names.every((name) => name.startsWith('!'))) return !names.some((name) => matches(name.slice(1)));
  return names.some(matches);
}

/** Every package that the fields `Depends` and `Pre-Depends` of a control file name, alternatives included. */
export function dependencyNames(fields: ControlFields): readonly string[] {
  const architecture = fields.get('architecture') ?? 'all';
  const groups = ['pre-depends', 'depends'].flatMap((field) => parseDependencies(fields.get(field)?.replaceAll('\n', ' ') ?? '', architecture));
  return groups.flat().map(({ name }) => name);
}

/** `libssl3t64 (>= 3.5)`. */
export function formatDependency({ name, architectureQualifier, version }: Dependency): string {
  const qualified = architectureQualifier === undefined ? name : `${name}:${architectureQualifier}`;
  return version === undefined ? qualified : `${qualified} (${version.relation} ${version.version})`;
}

/** `awk | mawk (>= 1)`. */
export function formatDependencyGroup(group: DependencyGroup): string {
  return group.map(formatDependency).join(' | ');
}

/** What a package offers under a name: its own version, or the version of a `Provides`. */
export interface Offer {
  readonly name: string;
  /** undefined for a `Provides` without version, which satisfies no versioned dependency (policy 7.5). */
  readonly version: string | undefined;
}

/** Why an offer does not satisfy the version that a dependency asks for; undefined when it does. */
export function versionObjection(offer: Offer, dependency: Dependency): string | undefined {
  const wanted = dependency.version;
  if (wanted === undefined) return undefined;
  if (offer.version === undefined) return `it provides ${offer.name} without a version`;
  if (satisfiesVersion(offer.version, wanted.relation, wanted.version)) return undefined;
  return `version ${offer.version} is not ${wanted.relation} ${wanted.version}`;
}
