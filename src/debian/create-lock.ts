import type { LockExclusion, LockSource, LockedPackage, PackageLock } from './lock.ts';
import type { IndexedPackage, PackageIndex } from './package-index.ts';
import { PackageResolutionError } from './resolution-error.ts';
import { resolvePackages } from './resolve-packages.ts';
import { compareVersions } from './version.ts';

/** A set of packages to lock. */
export interface WantedSet {
  readonly name: string;
  /** Names, or terms with a version: `openssl`, `nodejs (>= 20)`. */
  readonly packages: readonly string[];
  readonly exclude: readonly string[];
  /** Who asks for a term, for errors; `the package list` by default. */
  readonly requiredBy?: (term: string) => string;
}

/** Resolves every set against one index and locks what they need. Throws {@link PackageResolutionError}. */
export function createLock(index: PackageIndex, sources: readonly LockSource[], sets: readonly WantedSet[]): PackageLock {
  const packages = new Map<string, { readonly package: IndexedPackage; readonly sets: string[] }>();
  const excluded = new Map<string, string[]>();
  for (const set of sets) {
    const resolution = resolvePackages({
      wanted: set.packages,
      index,
      exclude: set.exclude,
      ...(set.requiredBy === undefined ? {} : { requiredBy: set.requiredBy }),
    });
    for (const each of resolution.packages) {
      const known = packages.get(each.name);
      if (known === undefined) packages.set(each.name, { package: each, sets: [set.name] });
      else if (known.package === each) known.sets.push(set.name);
      else
        throw new PackageResolutionError(
          [{ requiredBy: `set ${set.name}`, requirement: `${each.name} ${each.version}` }],
          [{ candidate: `${each.name} ${each.version}`, reason: `set ${known.sets.join(', ')} needs version ${known.package.version}` }],
          'Name a version of the package that fits both sets',
        );
    }
    for (const name of resolution.excluded) excluded.set(name, [...(excluded.get(name) ?? []), set.name]);
  }
  return {
    architecture: index.architecture,
    // A suite that gave nothing still counts: an older state of it must not come back.
    sources: [...sources].sort((a, b) => order(a.name, b.name)),
    packages: [...packages.values()].map(lockedPackage).sort((a, b) => order(a.name, b.name)),
    excluded: [...excluded].map(([name, of]): LockExclusion => ({ name, sets: of.sort() })).sort((a, b) => order(a.name, b.name)),
  };
}

function lockedPackage({ package: each, sets }: { readonly package: IndexedPackage; readonly sets: readonly string[] }): LockedPackage {
  const { name, version, architecture, sha256, sizeBytes, poolPath, source } = each;
  return { name, version, architecture, sha256, sizeBytes, poolPath, source, sets: [...sets].sort() };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What moved between two locks. */
export type PackageChange =
  | { readonly kind: 'added'; readonly name: string; readonly to: string }
  | { readonly kind: 'removed'; readonly name: string; readonly from: string }
  | { readonly kind: 'upgraded' | 'downgraded' | 'rebuilt'; readonly name: string; readonly from: string; readonly to: string };

/** Compares two locks by package, in name order; `rebuilt` is the same version with other content. */
export function diffLocks(before: PackageLock | undefined, after: PackageLock): readonly PackageChange[] {
  const old = new Map((before?.packages ?? []).map((each) => [each.name, each]));
  const changes: PackageChange[] = [];
  for (const { name, version, sha256 } of after.packages) {
    const known = old.get(name);
    old.delete(name);
    if (known === undefined) changes.push({ kind: 'added', name, to: version });
    else if (known.sha256 !== sha256) {
      const direction = compareVersions(version, known.version);
      changes.push({ kind: direction > 0 ? 'upgraded' : direction < 0 ? 'downgraded' : 'rebuilt', name, from: known.version, to: version });
    }
  }
  for (const { name, version } of old.values()) changes.push({ kind: 'removed', name, from: version });
  return changes.sort((a, b) => order(a.name, b.name));
}
