import { TspackError } from '../foundation/index.ts';

/** A part of a Debian archive whose signed state was used. */
export interface LockSource {
  /** How packages refer to it: `main`, `updates`, `security`, `backports`. */
  readonly name: string;
  /** Which archive on a mirror holds it. */
  readonly archive: DebianArchive;
  /** The codename below `dists/`, such as `trixie-security`. */
  readonly suite: string;
  /** The `Date` of the signed release file, as ISO 8601 in UTC. */
  readonly date: string;
}

/** The trees a Debian mirror offers side by side. */
export type DebianArchive = 'debian' | 'debian-security';

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** `amd64`, `arm64`, or `all` for packages that fit each. */
  readonly architecture: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Below the archive's root: `pool/main/o/openssl/openssl_3.5.4-1_amd64.deb`. */
  readonly poolPath: string;
  /** The {@link LockSource.name} it came from. */
  readonly source: string;
  /** The package sets that need it, sorted: `build`, `run`. */
  readonly sets: readonly string[];
}

/** A dependency that is left out on purpose. */
export interface LockExclusion {
  readonly name: string;
  /** The package sets it is left out of, sorted. */
  readonly sets: readonly string[];
}

/** The exact packages of one or more sets, for one architecture. Every list is sorted, so equal locks are equal texts. */
export interface PackageLock {
  readonly architecture: string;
  readonly sources: readonly LockSource[];
  readonly packages: readonly LockedPackage[];
  readonly excluded: readonly LockExclusion[];
}

/** The packages of one set, in name order. */
export function packagesOfSet(lock: PackageLock, set: string): readonly LockedPackage[] {
  return lock.packages.filter((each) => each.sets.includes(set));
}

const FORMAT_VERSION = 1;

/** The lock as JSON with one source, package or exclusion a line, so that a diff shows what moved. */
export function formatPackageLock(lock: PackageLock): string {
  const lines = (items: readonly object[]) => (items.length === 0 ? '[]' : `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`);
  const sources = lock.sources.map(({ name, archive, suite, date }) => ({ name, archive, suite, date })).sort(byName);
  const packages = lock.packages
    .map(({ name, version, architecture, sha256, sizeBytes, poolPath, source, sets }) => ({
      name,
      version,
      architecture,
      sha256,
      sizeBytes,
      poolPath,
      source,
      sets: [...sets].sort(),
    }))
    .sort(byName);
  const excluded = lock.excluded.map(({ name, sets }) => ({ name, sets: [...sets].sort() })).sort(byName);
  return [
    '{',
    `  "formatVersion": ${FORMAT_VERSION},`,
    `  "architecture": ${JSON.stringify(lock.architecture)},`,
    `  "sources": ${lines(sources)},`,
    `  "excluded": ${lines(excluded)},`,
    `  "packages": ${lines(packages)}`,
    '}',
    '',
  ].join('\n');
}

/**
 * Reads a lock strictly. `file` is for messages. Throws `DEBIAN_LOCK_INVALID`, which names all problems at once.
 */
export function parsePackageLock(text: string, file: string): PackageLock {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw lockInvalid(file, [error instanceof Error ? error.message : String(error)], error);
  }
  const problems: string[] = [];
  const root = objectAt(json, 'the file', ['formatVersion', 'architecture', 'sources', 'excluded', 'packages'], problems);
  if (root['formatVersion'] !== FORMAT_VERSION) problems.push(`formatVersion is ${JSON.stringify(root['formatVersion'])}, want ${FORMAT_VERSION}`);
  const architecture = textAt(root, 'architecture', 'the file', ARCHITECTURE, problems);
  const sources = listAt(root, 'sources', problems).map((item, index): LockSource => {
    const place = `sources[${index}]`;
    const value = objectAt(item, place, ['name', 'archive', 'suite', 'date'], problems);
    return {
      name: textAt(value, 'name', place, SIMPLE, problems),
      archive: textAt(value, 'archive', place, /^debian(-security)?$/, problems) as DebianArchive,
      suite: textAt(value, 'suite', place, SIMPLE, problems),
      date: textAt(value, 'date', place, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, problems),
    };
  });
  const excluded = listAt(root, 'excluded', problems).map((item, index): LockExclusion => {
    const place = `excluded[${index}]`;
    const value = objectAt(item, place, ['name', 'sets'], problems);
    return { name: textAt(value, 'name', place, PACKAGE_NAME, problems), sets: setsAt(value, place, problems) };
  });
  const packages = listAt(root, 'packages', problems).map((item, index): LockedPackage => {
    const place = `packages[${index}]`;
    const value = objectAt(item, place, ['name', 'version', 'architecture', 'sha256', 'sizeBytes', 'poolPath', 'source', 'sets'], problems);
    const sizeBytes = value['sizeBytes'];
    if (!Number.isSafeInteger(sizeBytes) || (sizeBytes as number) <= 0)
      problems.push(`${place}.sizeBytes is ${JSON.stringify(sizeBytes)}, want a positive whole number`);
    const source = textAt(value, 'source', place, SIMPLE, problems);
    if (!sources.some(({ name }) => name === source)) problems.push(`${place}.source ${JSON.stringify(source)} is none of the sources`);
    return {
      name: textAt(value, 'name', place, PACKAGE_NAME, problems),
      version: textAt(value, 'version', place, VERSION, problems),
      architecture: textAt(value, 'architecture', place, ARCHITECTURE, problems),
      sha256: textAt(value, 'sha256', place, /^[0-9a-f]{64}$/, problems),
      sizeBytes: sizeBytes as number,
      poolPath: textAt(value, 'poolPath', place, POOL_PATH, problems),
      source,
      sets: setsAt(value, place, problems),
    };
  });
  const seen = new Set<string>();
  for (const { name } of packages) {
    if (seen.has(name)) problems.push(`package ${JSON.stringify(name)} is there twice`);
    seen.add(name);
  }
  if (problems.length > 0) throw lockInvalid(file, problems);
  return { architecture, sources, excluded, packages };
}

/** Names, versions and pool paths as Debian policy 5.6 allows them; they become parts of URLs and file names. */
export const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+$/;
export const VERSION = /^(\d+:)?\d[A-Za-z0-9.+~:-]*$/;
export const POOL_PATH = /^(?!.*\/\.{1,2}\/)pool\/[A-Za-z0-9.+~_:%@/-]+\.deb$/;
export const ARCHITECTURE = /^[a-z0-9][a-z0-9-]*$/;
const SIMPLE = /^[a-z0-9][a-z0-9.-]*$/;

type Json = Readonly<Record<string, unknown>>;

function objectAt(value: unknown, place: string, keys: readonly string[], problems: string[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push(`${place} is not an object`);
    return {};
  }
  for (const key of Object.keys(value)) if (!keys.includes(key)) problems.push(`${place} has the unknown key ${JSON.stringify(key)}`);
  return value as Json;
}

function listAt(object: Json, key: string, problems: string[]): readonly unknown[] {
  const value = object[key];
  if (Array.isArray(value)) return value as readonly unknown[];
  problems.push(`${key} is not a list`);
  return [];
}

function textAt(object: Json, key: string, place: string, pattern: RegExp, problems: string[]): string {
  const value = object[key];
  if (typeof value === 'string' && pattern.test(value)) return value;
  problems.push(`${place}.${key} is ${JSON.stringify(value)}, want text like ${String(pattern)}`);
  return '';
}

function setsAt(object: Json, place: string, problems: string[]): readonly string[] {
  const value = object['sets'];
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && SIMPLE.test(item))) return value as readonly string[];
  problems.push(`${place}.sets is ${JSON.stringify(value)}, want a list of names`);
  return [];
}

function lockInvalid(file: string, problems: readonly string[], cause?: unknown): TspackError {
  return new TspackError({
    code: 'DEBIAN_LOCK_INVALID',
    message: `Cannot read the package lock "${file}": ${problems.join('; ')}`,
    nextStep: 'Write the lock anew with tspack builder update',
    cause,
  });
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
