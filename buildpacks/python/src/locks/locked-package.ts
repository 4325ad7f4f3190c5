import { normalizeName } from '../specifiers.ts';
import type { InstallStep, LocalProject, WantedPackages } from '../wanted-packages.ts';

/** A package whose version a lockfile fixes. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 values of the archives that the lockfile allows. */
  readonly sha256: readonly string[];
  /** Where it is, for one that does not come from an index; pip cannot check a hash of a version control system. */
  readonly url: string | undefined;
}

/**
 * pip's runs for packages of a lockfile: exactly these, none that they ask for besides, each checked against its hashes. Those
 * without hashes get a run of their own, because pip wants hashes for all or for none.
 */
function stepsForLocked(packages: readonly LockedPackage[]): readonly InstallStep[] {
  const sorted = [...packages].sort((a, b) => (normalizeName(a.name) < normalizeName(b.name) ? -1 : 1));
  const line = ({ name, version, sha256, url }: LockedPackage) =>
    [url === undefined ? `${name}==${version}` : `${name} @ ${url}`, ...sha256.map((hex) => `--hash=sha256:${hex}`)].join(' ');
  const checked = sorted.filter(({ sha256 }) => sha256.length > 0);
  const unchecked = sorted.filter(({ sha256 }) => sha256.length === 0);
  return [
    ...(checked.length === 0 ? [] : [{ lines: checked.map(line), options: ['--no-deps', '--require-hashes'] }]),
    ...(unchecked.length === 0 ? [] : [{ lines: unchecked.map(line), options: ['--no-deps'] }]),
  ];
}

/** What a lockfile wants: it names all that its packages need, so nothing else is asked. */
export function wantedByLock(source: string, packages: readonly LockedPackage[], projects: readonly LocalProject[]): WantedPackages {
  const steps = stepsForLocked(packages);
  return { source, steps, projects, complete: true, pinned: true, content: JSON.stringify(steps) };
}

/** The digits of `sha256:<hex>`; other algorithms give none. */
export function sha256Of(hash: unknown): readonly string[] {
  const hex = typeof hash === 'string' ? /^sha256[:=]([0-9a-f]{64})$/.exec(hash)?.[1] : undefined;
  return hex === undefined ? [] : [hex];
}
