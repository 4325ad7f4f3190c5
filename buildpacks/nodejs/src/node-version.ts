import schedule from 'node-releases/data/release-schedule/release-schedule.json' with { type: 'json' };
import { compareVersions, exactVersion, isVersionRange, majorVersion, nearestVersions, newestSatisfying } from '../../../src/sdk/index.ts';
import { versionNotUnderstood } from './errors.ts';
import type { Manifest } from './manifest.ts';

/** What an application says about its Node.js version. */
export interface VersionRequest {
  /** As written. */
  readonly text: string;
  /** Where: `package.json engines.node`. */
  readonly source: string;
}

/** Lifetime of a major version, dates as `YYYY-MM-DD` (the `node-releases` package). */
export interface ReleaseLine {
  readonly lts?: string;
  readonly end: string;
  readonly codename?: string;
}

/** Major version to its lifetime. */
export type ReleaseSchedule = ReadonlyMap<number, ReleaseLine>;

/** The schedule known when the buildpack was built. */
export const RELEASE_SCHEDULE: ReleaseSchedule = new Map(
  Object.entries(schedule as Readonly<Record<string, ReleaseLine>>)
    .filter(([name]) => /^v\d+$/.test(name))
    .map(([name, line]) => [Number(name.slice(1)), line]),
);

/** A chosen version, and why. */
export interface ChosenVersion {
  readonly version: string;
  readonly reason: string;
  /** When the version is out of support. */
  readonly warning: string | undefined;
}

/** Everything that asks for a version, the one that counts first: BP_NODE_VERSION, engines.node, .nvmrc, .node-version, Volta, devEngines. Of several manifests the first counts. */
export function findVersionRequests(
  wanted: string | undefined,
  manifests: readonly Manifest[],
  files: { readonly nvmrc: string | undefined; readonly nodeVersion: string | undefined },
): readonly VersionRequest[] {
  const fromManifests = (read: (manifest: Manifest) => string | undefined) => manifests.map(read).find((text) => text !== undefined);
  const candidates: readonly (readonly [string | undefined, string])[] = [
    [wanted?.trim(), 'BP_NODE_VERSION'],
    [fromManifests(({ engines }) => engines['node']), 'package.json engines.node'],
    [firstLine(files.nvmrc), '.nvmrc'],
    [firstLine(files.nodeVersion), '.node-version'],
    [fromManifests(({ volta }) => volta['node']), 'package.json volta.node'],
    [fromManifests(({ devEngines }) => devEngines['node']), 'package.json devEngines.runtime'],
  ];
  return candidates.flatMap(([text, source]) => (text === undefined || text === '' ? [] : [{ text, source }]));
}

function firstLine(text: string | undefined): string | undefined {
  return text
    ?.split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '');
}

/**
 * Chooses among the offered versions. A range that reaches over several major versions gives the newest of the newest LTS line in
 * it, because `>=18` asks for something that works rather than for the latest; without an LTS line in it, the newest at all.
 * Undefined when none fits. Throws `NODE_VERSION_INVALID`.
 */
export function chooseNodeVersion(
  request: VersionRequest | undefined,
  offered: readonly string[],
  today: Date,
  lines: ReleaseSchedule = RELEASE_SCHEDULE,
): ChosenVersion | undefined {
  const date = today.toISOString().slice(0, 10);
  const isLts = (version: string) => (lines.get(majorVersion(version))?.lts ?? '9999') <= date;
  const stable = offered.filter((version) => !version.includes('-'));
  const finish = (version: string, reason: string): ChosenVersion => {
    const end = lines.get(majorVersion(version))?.end;
    const over = end !== undefined && end <= date;
    return { version, reason, warning: over ? `Node.js ${majorVersion(version)} has had no security fixes since ${end}` : undefined };
  };

  const newestLts = newest(stable.filter((version) => isLts(version) && (lines.get(majorVersion(version))?.end ?? '0') > date));
  if (request === undefined) {
    const version = newestLts ?? newest(stable);
    return version === undefined ? undefined : finish(version, `the newest LTS version on ${date}; the application asks for none`);
  }

  const { text, source } = request;
  const alias = /^(?:lts\/(.+)|lts|node|stable|latest|current)$/i.exec(text);
  if (alias !== null) {
    const version = resolveAlias(alias[0].toLowerCase(), alias[1]?.toLowerCase(), stable, lines, date);
    return version === undefined ? undefined : finish(version, `the newest for "${text}" in ${source}`);
  }
  const exact = exactVersion(text);
  if (exact !== undefined) {
    return offered.includes(exact) ? finish(exact, `asked for by ${source}`) : undefined;
  }
  if (!isVersionRange(text)) throw versionNotUnderstood(text, source);
  const inLts = newestSatisfying(text, stable.filter(isLts));
  const version = inLts ?? newestSatisfying(text, offered);
  if (version === undefined) return undefined;
  const wide = newestSatisfying(text, stable) !== version;
  return finish(version, `the newest ${wide ? 'LTS version ' : ''}for "${text}" in ${source}`);
}

/** The offered versions that come nearest to a version or range that none of them fits; none for an alias, which is near to nothing. */
export function nearestNodeVersions(request: VersionRequest | undefined, offered: readonly string[]): readonly string[] {
  const text = request?.text ?? '';
  const wanted = exactVersion(text) ?? (isVersionRange(text) ? text : undefined);
  if (request === undefined || wanted === undefined) return [];
  return nearestVersions(
    wanted,
    offered.filter((version) => !version.includes('-')),
  );
}

function resolveAlias(name: string, line: string | undefined, stable: readonly string[], lines: ReleaseSchedule, date: string): string | undefined {
  if (line === undefined && name !== 'lts') return newest(stable);
  const ltsMajors = [...lines]
    .filter(([, { lts }]) => lts !== undefined && lts <= date)
    .map(([major]) => major)
    .sort((a, b) => b - a);
  const of = (major: number | undefined) => newest(stable.filter((version) => majorVersion(version) === major));
  if (line === undefined || line === '*') return ltsMajors.map(of).find((version) => version !== undefined);
  if (/^-\d+$/.test(line)) return of(ltsMajors[Number(line.slice(1))]);
  return of([...lines].find(([, { codename }]) => codename?.toLowerCase() === line)?.[0]);
}

function newest(versions: readonly string[]): string | undefined {
  return [...versions].sort(compareVersions).at(-1);
}
