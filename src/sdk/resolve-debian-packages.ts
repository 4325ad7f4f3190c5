import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageLock } from '../debian/index.ts';
import type { BuildContext } from './build-context.ts';
import { withArchive } from './debian-archive.ts';
import { readDebianDefinition, readDebianLock } from './debian-lock.ts';

/** What to resolve at the suite's current signed state. */
export interface DebianResolutionRequest {
  /** `trixie` for the suites of `packages/trixie.toml`. */
  readonly suite: string;
  /** Names, or terms with a version: `libpq5`, `nginx (= 1.26.3-3)`. */
  readonly wanted: readonly string[];
  /** Names that are left out, besides those that the definition excludes. */
  readonly exclude: readonly string[];
  /** Who asks for a term, for errors: `Aptfile:3`. */
  readonly requiredBy?: (term: string) => string;
}

/** Packages to install, with the archive's states that they are from. */
export type ResolvedDebianPackages = Pick<PackageLock, 'packages' | 'sources'>;

/**
 * Resolves packages against the signed indexes of a suite, never ones that are older than the buildpack's lock. Needs the
 * network. Throws `DEBIAN_RESOLUTION_FAILED`, which explains a failure as a chain, and what reading an index throws.
 */
export async function resolveDebianPackages(context: BuildContext, request: DebianResolutionRequest): Promise<ResolvedDebianPackages> {
  const { updateLock } = await import('../debian/index.ts');
  const { suite, wanted, exclude, requiredBy } = request;
  const keyringDirectory = join(context.buildpackDirectory, 'packages/keyrings');
  const definition = await readDebianDefinition(context, suite);
  const previous = await readDebianLock(context, suite);
  const set = { name: 'wanted', packages: wanted, exclude: [...definition.exclude, ...exclude], ...(requiredBy === undefined ? {} : { requiredBy }) };
  const { lock } = await withArchive(context, (archive) =>
    updateLock(
      {
        suites: definition.suites,
        architecture: context.target.architecture,
        sets: [set],
        previous,
        now: context.clock.now(),
        ...(existsSync(keyringDirectory) ? { keyringDirectory } : {}),
      },
      archive,
    ),
  );
  return lock;
}
