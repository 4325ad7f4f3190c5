import type { LockedPackage, PackageLock } from '../debian/index.ts';

/** What fetching a locked package came to. */
export type FetchedPackage =
  | { readonly kind: 'fetched'; /** The verified file. */ readonly path: string }
  /** The archive has replaced it and keeps no copy: the lock is behind. */
  | { readonly kind: 'superseded' };

/** Where the packages of a lock come from. */
export interface PackageSupply {
  readonly lock: PackageLock;
  fetch(package_: LockedPackage): Promise<FetchedPackage>;
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
 * Runs `work` with the supply; when the archive has replaced a package, again with a renewed one. `work` fetches
 * through its second parameter, and must leave nothing behind when that throws.
 */
export async function withCurrentPackages<Result>(
  supply: PackageSupply,
  work: (lock: PackageLock, fetch: (package_: LockedPackage) => Promise<string>) => Promise<Result>,
): Promise<Result> {
  let current = supply;
  for (let renewals = 0; ; renewals++) {
    const { lock } = current;
    const fetch = async (package_: LockedPackage) => {
      const fetched = await current.fetch(package_);
      if (fetched.kind === 'superseded') throw new LockBehind(package_);
      return fetched.path;
    };
    try {
      return await work(lock, fetch);
    } catch (error) {
      if (!(error instanceof LockBehind) || renewals === MOST_RENEWALS) throw error;
      current = await current.renew(error.superseded);
    }
  }
}
