import type { FetchedPackage, LockedPackage, PackageFile, PackageLock } from '../debian/index.ts';

/** Where the packages of a lock come from. */
export interface PackageSupply {
  readonly lock: PackageLock;
  /** Yields each package as soon as it is there and verified; leaving the loop ends what is under way. */
  fetch(packages: readonly LockedPackage[]): AsyncIterable<FetchedPackage>;
  /** The supply for a lock made anew from the signed indexes. Throws `BUILDER_LOCK_BEHIND` where that is forbidden. */
  renew(superseded: LockedPackage): Promise<PackageSupply>;
}

/** How often a lock is made anew in one run: an archive that moves faster than that is broken. */
const MOST_RENEWALS = 2;

/** Stops work on a lock that turns out to be behind; never leaves this room. */
class LockBehind extends Error {
  readonly superseded: LockedPackage;

  constructor(superseded: LockedPackage) {
    super(`The archive has replaced ${superseded.name} ${superseded.version}`);
    this.superseded = superseded;
  }
}

/**
 * Runs `work` with the lock of the supply; when the archive turns out to have replaced a package, again with a renewed
 * one. `work` gets packages through its second parameter, and must leave nothing behind when that throws.
 */
export async function withCurrentPackages<Result>(
  supply: PackageSupply,
  work: (lock: PackageLock, fetch: (packages: readonly LockedPackage[]) => AsyncIterable<PackageFile>) => Promise<Result>,
): Promise<Result> {
  let current = supply;
  for (let renewals = 0; ; renewals++) {
    const { lock } = current;
    try {
      return await work(lock, (packages) => requireFetched(current.fetch(packages)));
    } catch (error) {
      if (!(error instanceof LockBehind) || renewals === MOST_RENEWALS) throw error;
      current = await current.renew(error.superseded);
    }
  }
}

async function* requireFetched(packages: AsyncIterable<FetchedPackage>): AsyncIterable<PackageFile> {
  for await (const fetched of packages) {
    if (fetched.kind === 'superseded') throw new LockBehind(fetched.package);
    yield { package: fetched.package, path: fetched.path };
  }
}
