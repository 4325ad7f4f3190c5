import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, digestOf } from '../foundation/index.ts';
import type { LockedPackage, PackageDefinition, PackageLock } from '../debian/index.ts';
import type { BuildpackContext } from './detect-context.ts';

/** Raised with every change to how packages are unpacked: layers of older ones are made anew then. */
const LAYOUT_VERSION = 1;

/** A set of packages that the buildpack's `packages/<suite>.toml` declares. */
export interface DebianSet {
  /** `trixie` for `packages/trixie.<architecture>.json`. */
  readonly suite: string;
  /** One set, or several whose packages are installed together. */
  readonly set: string | readonly string[];
}

/** The text of a lock. Throws `DEBIAN_LOCK_MISSING`. */
export function readLockText(context: BuildpackContext, suite: string): { readonly file: string; readonly text: string } {
  const { architecture } = context.target;
  const file = join(context.buildpackDirectory, 'packages', `${suite}.${architecture}.json`);
  if (existsSync(file)) return { file, text: readFileSync(file, 'utf8') };
  throw new TspackError({
    code: 'DEBIAN_LOCK_MISSING',
    message: `Cannot install packages of "${suite}" for ${architecture}: the buildpack ${context.buildpack.id} ${context.buildpack.version} has no ${file}`,
    nextStep: 'Build for amd64 or arm64, or use a version of the buildpack that has this lock.',
  });
}

/**
 * A digest over the exact packages of a set: an input of the layer that they are installed into, without any download.
 * Throws `DEBIAN_LOCK_MISSING`.
 */
export function debianPackagesKey(context: BuildpackContext, { suite, set }: DebianSet): string {
  const packages = lockedDebianPackages(context, { suite, set });
  return digestOf(JSON.stringify([LAYOUT_VERSION, ...packages.map(({ name, version, architecture, sha256 }) => [name, version, architecture, sha256])]));
}

/** The exact packages of a set, by name and version: for choosing a version without any download. Throws `DEBIAN_LOCK_MISSING`. */
export function lockedDebianPackages(context: BuildpackContext, { suite, set }: DebianSet): readonly LockedPackage[] {
  const { file, text } = readLockText(context, suite);
  // Not decoded strictly, which installing does: that would load all that reads packages.
  return packagesOfSets(JSON.parse(text) as PackageLock, set, file);
}

/** The date of the archive's state that a lock is from, such as `2026-11-19`. Throws `DEBIAN_LOCK_MISSING`. */
export function debianState(context: BuildpackContext, suite: string): string {
  const { sources } = JSON.parse(readLockText(context, suite).text) as PackageLock;
  return sources.reduce((newest, { date }) => (date > newest ? date : newest), '').slice(0, 10);
}

/** Every package of one set or several, once, in name order. A set that the lock does not have is a mistake of the buildpack. */
export function packagesOfSets({ packages }: Pick<PackageLock, 'packages'>, set: string | readonly string[], file: string): readonly LockedPackage[] {
  const names = typeof set === 'string' ? [set] : set;
  const missing = names.find((name) => !packages.some(({ sets }) => sets.includes(name)));
  if (missing !== undefined) throw new Error(`${file} has no packages of the set "${missing}"; tspack builder update locks what packages/*.toml declares`);
  return packages.filter(({ sets }) => sets.some((name) => names.includes(name)));
}

/** The lock of a suite, read strictly. Throws `DEBIAN_LOCK_MISSING`, `DEBIAN_LOCK_INVALID`. */
export async function readDebianLock(context: BuildpackContext, suite: string): Promise<PackageLock> {
  const { parsePackageLock } = await import('../debian/index.ts'); // only builds that install something pay for it
  const { file, text } = readLockText(context, suite);
  return parsePackageLock(text, file);
}

/** What `packages/<suite>.toml` says. Throws `DEBIAN_DEFINITION_INVALID`. */
export async function readDebianDefinition({ buildpackDirectory }: BuildpackContext, suite: string): Promise<PackageDefinition> {
  const { readPackageDefinition } = await import('../debian/index.ts');
  return readPackageDefinition(join(buildpackDirectory, 'packages', `${suite}.toml`));
}
