/** The newest Java that each version of Gradle runs on, as Gradle's compatibility matrix has it. Oldest first. */
const NEWEST_JAVA: readonly (readonly [number, number, number])[] = [
  [5, 0, 11],
  [6, 0, 13],
  [6, 3, 14],
  [6, 7, 15],
  [7, 0, 16],
  [7, 3, 17],
  [7, 5, 18],
  [7, 6, 19],
  [8, 3, 20],
  [8, 5, 21],
  [8, 8, 22],
  [8, 10, 23],
  [8, 14, 24],
  [9, 1, 25],
];

/** The newest Java that a version of Gradle runs on; undefined for versions that nothing is known of, and for those after the last of the list. */
export function newestJavaFor(version: string): number | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fitting = NEWEST_JAVA.filter(([a, b]) => a < major || (a === major && b <= minor));
  const [lastMajor, lastMinor] = NEWEST_JAVA.at(-1)!;
  const isNewer = major > lastMajor || (major === lastMajor && minor > lastMinor);
  return isNewer ? undefined : fitting.at(-1)?.[2];
}
