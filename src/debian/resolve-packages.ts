import { nearestNames } from '../foundation/index.ts';
import { formatDependency, formatDependencyGroup, parseDependencies, versionObjection } from './dependency.ts';
import type { Dependency, DependencyGroup, Offer } from './dependency.ts';
import { PRIORITIES, relationsOf } from './package-index.ts';
import type { IndexedPackage, PackageIndex } from './package-index.ts';
import { PackageResolutionError } from './resolution-error.ts';
import type { Disqualification, ResolutionStep } from './resolution-error.ts';

export interface ResolutionRequest {
  /** Names, or terms with a version: `openssl`, `nodejs (>= 20)`. */
  readonly wanted: readonly string[];
  readonly index: PackageIndex;
  /** Names of packages that are never taken; what depends on them is taken without them. */
  readonly exclude?: readonly string[];
  /** Who asks for a wanted term, for errors; `the package list` by default. */
  readonly requiredBy?: (term: string) => string;
}

export interface Resolution {
  /** In name order. */
  readonly packages: readonly IndexedPackage[];
  /** The excluded names that a chosen package depends on, in name order. */
  readonly excluded: readonly string[];
}

const LIST = 'the package list';

/**
 * Chooses the packages that the wanted ones need: `Pre-Depends` and `Depends`, never `Recommends`. Every name is taken
 * in its newest version that fits; of alternatives the first that works; of the providers of a virtual package the one
 * of the highest priority, then the first name. Choices are not revisited: who wants another alternative lists it as
 * wanted, because wanted packages are chosen first. Essential packages are not implied (policy 3.8): a base image lists
 * what it holds. Throws {@link PackageResolutionError}.
 */
export function resolvePackages(request: ResolutionRequest): Resolution {
  return new Resolver(request).resolve();
}

interface Chosen {
  readonly package: IndexedPackage;
  readonly chain: readonly ResolutionStep[];
}

interface Candidate {
  readonly package: IndexedPackage;
  readonly objection: string | undefined;
}

class Resolver {
  readonly #request: ResolutionRequest;
  readonly #index: PackageIndex;
  readonly #exclude: ReadonlySet<string>;
  readonly #chosen = new Map<string, Chosen>();
  readonly #provided = new Map<string, Offer[]>();
  readonly #queue: Chosen[] = [];
  readonly #excluded = new Set<string>();

  constructor(request: ResolutionRequest) {
    this.#request = request;
    this.#index = request.index;
    this.#exclude = new Set(request.exclude);
  }

  resolve(): Resolution {
    for (const term of this.#request.wanted) {
      const requiredBy = this.#request.requiredBy?.(term) ?? LIST;
      for (const group of parseDependencies(term, this.#index.architecture)) {
        this.#require(group, [{ requiredBy, requirement: formatDependencyGroup(group) }]);
      }
    }
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const requiredBy = `${next.package.name} ${next.package.version}`;
      for (const field of ['pre-depends', 'depends'] as const) {
        for (const group of relationsOf(next.package, field, this.#index.architecture)) {
          this.#require(group, [...next.chain, { requiredBy, requirement: formatDependencyGroup(group) }]);
        }
      }
    }
    return {
      packages: [...this.#chosen.values()].map((chosen) => chosen.package).sort((a, b) => (a.name < b.name ? -1 : 1)),
      excluded: [...this.#excluded].sort(),
    };
  }

  #require(group: DependencyGroup, chain: readonly ResolutionStep[]): void {
    if (group.some((dependency) => this.#isMet(dependency))) return;
    const disqualified: Disqualification[] = [];
    for (const dependency of group) {
      if (this.#leftOut(dependency)) return;
      for (const { package: candidate, objection } of this.#candidates(dependency)) {
        const reason = objection ?? this.#conflict(candidate);
        if (reason === undefined) {
          this.#choose(candidate, chain);
          return;
        }
        disqualified.push({ candidate: `${candidate.name} ${candidate.version}`, reason });
      }
    }
    throw new PackageResolutionError(chain, disqualified, this.#nextStep(group, disqualified));
  }

  /** Whether the name, or what provides it, is excluded: then it is done without. */
  #leftOut({ name }: Dependency): boolean {
    const isLeftOut =
      this.#exclude.has(name) ||
      (this.#index.versions(name).length === 0 && this.#index.providers(name).some((provider) => this.#exclude.has(provider.package.name)));
    if (isLeftOut) this.#excluded.add(name);
    return isLeftOut;
  }

  #isMet(dependency: Dependency): boolean {
    if (!this.#fitsQualifier(dependency)) return false;
    const direct = this.#chosen.get(dependency.name)?.package;
    if (direct !== undefined && versionObjection(direct, dependency) === undefined) return true;
    return (this.#provided.get(dependency.name) ?? []).some((offer) => versionObjection(offer, dependency) === undefined);
  }

  /** The packages that could meet it, best first. */
  #candidates(dependency: Dependency): readonly Candidate[] {
    const qualifierObjection = this.#fitsQualifier(dependency)
      ? undefined
      : `${formatDependency(dependency)} asks for another architecture than ${this.#index.architecture}`;
    const direct = this.#index
      .versions(dependency.name)
      .map((each) => ({ package: each, objection: qualifierObjection ?? versionObjection(each, dependency) ?? this.#versionConflict(each) }));
    const providers = this.#index
      .providers(dependency.name)
      .filter(({ package: each }) => each.name !== dependency.name)
      .map(({ package: each, version }) => ({
        package: each,
        objection:
          qualifierObjection ?? versionObjection({ name: dependency.name, version }, dependency) ?? this.#versionConflict(each) ?? this.#outdated(each),
      }))
      .sort((a, b) => byPreference(a.package, b.package));
    return [...direct, ...providers];
  }

  /** One version per name: a choice is not revisited. */
  #versionConflict(candidate: IndexedPackage): string | undefined {
    if (this.#exclude.has(candidate.name)) return 'it is excluded';
    const chosen = this.#chosen.get(candidate.name);
    if (chosen === undefined || chosen.package === candidate) return undefined;
    const [last] = chosen.chain.slice(-1);
    return `${chosen.package.name} ${chosen.package.version} is chosen already, for ${last?.requiredBy ?? LIST}`;
  }

  /** A provider is only taken in its newest version, or an old version would come in for a dropped `Provides`. */
  #outdated(candidate: IndexedPackage): string | undefined {
    const newest = this.#index.versions(candidate.name)[0];
    return newest === undefined || newest === candidate || candidate.notAutomatic ? undefined : `${newest.version} is newer`;
  }

  #conflict(candidate: IndexedPackage): string | undefined {
    for (const chosen of this.#chosen.values()) {
      for (const [one, other] of [
        [candidate, chosen.package],
        [chosen.package, candidate],
      ] as const) {
        for (const field of ['conflicts', 'breaks'] as const) {
          const hit = relationsOf(one, field, this.#index.architecture)
            .flat()
            .find((relation) => this.#hits(relation, other, one));
          if (hit !== undefined) return `${one.name} ${one.version} ${field} with ${formatDependency(hit)}, which ${other.name} ${other.version} is`;
        }
      }
    }
    return undefined;
  }

  /** Policy 7.4: a package never conflicts with itself, and a virtual name counts when it is provided. */
  #hits(relation: Dependency, other: IndexedPackage, owner: IndexedPackage): boolean {
    if (other.name === owner.name || !this.#fitsQualifier(relation)) return false;
    if (other.name === relation.name && versionObjection(other, relation) === undefined) return true;
    return relationsOf(other, 'provides', this.#index.architecture)
      .flat()
      .some(({ name, version }) => name === relation.name && versionObjection({ name, version: version?.version }, relation) === undefined);
  }

  #choose(candidate: IndexedPackage, chain: readonly ResolutionStep[]): void {
    const chosen = { package: candidate, chain };
    this.#chosen.set(candidate.name, chosen);
    this.#queue.push(chosen);
    for (const { name, version } of relationsOf(candidate, 'provides', this.#index.architecture).flat()) {
      const offers = this.#provided.get(name) ?? [];
      offers.push({ name, version: version?.version });
      this.#provided.set(name, offers);
    }
  }

  #fitsQualifier({ architectureQualifier }: Dependency): boolean {
    return architectureQualifier === undefined || ['any', 'native', this.#index.architecture].includes(architectureQualifier);
  }

  #nextStep(group: DependencyGroup, disqualified: readonly Disqualification[]): string {
    if (disqualified.length > 0) return 'Add a package that fits to the list, or exclude the one that stands in the way';
    const near = nearestNames(group[0]?.name ?? '', this.#index.names());
    return near.length === 0 ? 'Correct the name, or add the suite that has the package' : `Correct the name: did you mean ${near.join(' or ')}?`;
  }
}

function byPreference(a: IndexedPackage, b: IndexedPackage): number {
  if (a.notAutomatic !== b.notAutomatic) return a.notAutomatic ? 1 : -1;
  return PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
