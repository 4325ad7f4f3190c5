import semver from 'semver';

/** Whether the text is a version range as npm understands it. */
export function isVersionRange(text: string): boolean {
  return semver.validRange(text) !== null;
}

/** The exact version that the text is, without a leading `v` or `=`; undefined when it is a range or no version. */
export function exactVersion(text: string): string | undefined {
  return semver.valid(text.trim().replace(/^[v=]+/, '')) ?? undefined;
}

/** The newest of the versions that satisfies the range; prereleases only where the range asks for them. */
export function newestSatisfying(range: string, versions: readonly string[]): string | undefined {
  return semver.maxSatisfying(versions, range) ?? undefined;
}

/** Whether the version satisfies the range. */
export function satisfies(version: string, range: string): boolean {
  return semver.satisfies(version, range);
}

/** Negative when a is older than b. */
export function compareVersions(a: string, b: string): number {
  return semver.compare(a, b);
}

/** First number of a version. */
export function majorVersion(version: string): number {
  return semver.major(version);
}

/** The versions nearest to an unsatisfiable range, older first: for error messages. Prereleases are left out. */
export function nearestVersions(range: string, versions: readonly string[], most = 4): readonly string[] {
  const sorted = versions.filter((version) => semver.valid(version) !== null && semver.prerelease(version) === null).sort(semver.compare);
  const wanted = semver.validRange(range) === null ? null : semver.minVersion(range);
  if (wanted === null) return sorted.slice(-most);
  const below = sorted.filter((version) => semver.lt(version, wanted));
  const above = sorted.filter((version) => semver.gte(version, wanted));
  const half = Math.ceil(most / 2);
  const older = below.slice(-Math.max(half, most - above.length));
  return [...older, ...above.slice(0, most - older.length)];
}
