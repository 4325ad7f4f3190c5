import { createLock, diffLocks } from './create-lock.ts';
import type { PackageChange, WantedSet } from './create-lock.ts';
import type { DebianContext } from './debian-context.ts';
import { fetchPackageIndex } from './fetch-index.ts';
import type { PackageLock } from './lock.ts';
import { parsePackageSource } from './suite.ts';

export interface LockRequest {
  /** Codenames: `trixie`, `trixie-updates`, `trixie-security`. */
  readonly suites: readonly string[];
  readonly architecture: string;
  readonly sets: readonly WantedSet[];
  /** The lock so far: its release dates guard against a mirror that has gone back in time. */
  readonly previous?: PackageLock;
  readonly now: Date;
  /** Instead of the keyrings that travel with tspack. */
  readonly keyringDirectory?: string;
}

export interface UpdatedLock {
  readonly lock: PackageLock;
  readonly changes: readonly PackageChange[];
}

/**
 * Locks the packages of some sets at the mirror's current signed state. Throws what `fetchPackageIndex` and
 * `resolvePackages` throw, and `DEBIAN_SUITE_UNKNOWN`.
 */
export async function updateLock(request: LockRequest, context: DebianContext): Promise<UpdatedLock> {
  const { suites, architecture, sets, previous, now, keyringDirectory } = request;
  const { index, sources } = await fetchPackageIndex(
    {
      sources: suites.map(parsePackageSource),
      architecture,
      now,
      lastSeen: new Map((previous?.sources ?? []).map(({ suite, date }) => [suite, new Date(date)])),
      ...(keyringDirectory === undefined ? {} : { keyringDirectory }),
    },
    context,
  );
  const lock = createLock(index, sources, sets);
  return { lock, changes: diffLocks(previous, lock) };
}
