import { TspackError } from '../foundation/index.ts';
import type { DebianArchive } from './lock.ts';

/** One suite of an archive that packages may come from. */
export interface PackageSource {
  /** `main`, `updates`, `security` or `backports`. */
  readonly name: string;
  readonly archive: DebianArchive;
  /** The codename below `dists/`, such as `trixie-security`. */
  readonly suite: string;
  /** The keyrings of {@link readKeyring} whose keys may sign it. */
  readonly keyrings: readonly string[];
}

const SUITE = /^([a-z]+)(?:-(updates|security|backports))?$/;

/** Words that name a suite by its age: what they mean changes with every release. */
const ALIASES = new Set(['stable', 'oldstable', 'oldoldstable', 'testing', 'unstable', 'experimental']);

/**
 * The archive and the keys of a Debian suite, from its codename. Keys are pinned: a `trixie` file is believed only when
 * trixie's own keys signed it. Throws `DEBIAN_SUITE_UNKNOWN` for everything that is no codename.
 */
export function parsePackageSource(suite: string): PackageSource {
  const match = SUITE.exec(suite);
  const release = match?.[1];
  if (release === undefined || ALIASES.has(release)) {
    throw new TspackError({
      code: 'DEBIAN_SUITE_UNKNOWN',
      message: `Cannot use "${suite}" as a Debian suite: want a codename such as trixie, trixie-updates, trixie-security or trixie-backports`,
      nextStep: 'Name the suite by its codename, because what stable and testing mean changes',
    });
  }
  const kind = match?.[2];
  if (kind === 'security') return { name: 'security', archive: 'debian-security', suite, keyrings: [`debian-archive-${release}-security-automatic`] };
  if (kind !== undefined) return { name: kind, archive: 'debian', suite, keyrings: [`debian-archive-${release}-automatic`] };
  return { name: 'main', archive: 'debian', suite, keyrings: [`debian-archive-${release}-automatic`, `debian-archive-${release}-stable`] };
}

/** The releases of Debian by codename, as `/etc/os-release` numbers them. */
const RELEASES: Readonly<Record<string, string>> = { bullseye: '11', bookworm: '12', trixie: '13', forky: '14' };

/** The number of the release that a suite belongs to: `13` for `trixie-security`; undefined for one without a number. */
export function releaseOfSuite(suite: string): string | undefined {
  return RELEASES[suite.split('-')[0] ?? ''];
}
