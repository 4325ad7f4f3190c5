import { digestHex, digestOf } from '../foundation/index.ts';
import { packagesOfSet } from '../debian/index.ts';
import type { PackageLock } from '../debian/index.ts';
import type { ImageUser } from './builder-file.ts';
import { STANDARD_RULES } from '../debian/index.ts';
import { FIX_UP_VERSION } from './fix-ups/index.ts';

/** The package sets of a builder's lock. */
export type PackageSetName = 'run' | 'build' | 'toolbox';

/**
 * What decides the files of an assembled root, as 64 hexadecimal digits: the packages by content, the fix-ups, the
 * architecture and the user.
 */
export function rootKey(lock: PackageLock, set: PackageSetName, user: ImageUser | undefined): string {
  const packages = packagesOfSet(lock, set).map(({ sha256 }) => sha256);
  return digestHex(digestOf(JSON.stringify({ fixUps: FIX_UP_VERSION, rules: STANDARD_RULES, architecture: lock.architecture, user, packages })));
}
