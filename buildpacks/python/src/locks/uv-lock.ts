import { normalize } from 'node:path';
import { parseToml } from '../../../../src/sdk/index.ts';
import { lockInvalid, lockOutOfStep } from '../errors.ts';
import type { Pyproject } from '../manifests/pyproject.ts';
import { evaluateMarker, parseMarker, type MarkerEnvironment } from '../markers.ts';
import { parseRequirement } from '../requirement.ts';
import { normalizeName, versionSatisfies } from '../specifiers.ts';
import { asList, asTable, asText, asTexts, isTable, tableAt, type Table } from '../toml-values.ts';
import type { LocalProject, WantedPackages } from '../wanted-packages.ts';
import { sha256Of, wantedByLock, type LockedPackage } from './locked-package.ts';

const FILE = 'uv.lock';

/**
 * Reads a uv.lock: what the project at the root needs in this environment, without dependency groups. Throws `TOML_INVALID`,
 * `PYTHON_LOCK_INVALID` and `PYTHON_LOCK_OUT_OF_STEP`.
 */
export function readUvLock(text: string, pyproject: Pyproject, environment: MarkerEnvironment): WantedPackages {
  const lock = parseToml(text, FILE);
  const packages = asList(lock['package']).map(asTable);
  const name = pyproject.project?.name;
  const root = packages.find((entry) => ['editable', 'virtual'].some((key) => asText(tableAt(entry, 'source')[key]) === '.'));
  if (root === undefined || name === undefined || normalizeName(asText(root['name']) ?? '') !== normalizeName(name))
    throw lockInvalid(FILE, `it does not hold the project "${name ?? ''}" of pyproject.toml`, 'uv lock');
  requireInStep(root, packages, pyproject, environment);

  const locked = new Map<string, LockedPackage>();
  const projects: LocalProject[] = [];
  for (const [entry, extras] of follow(root, packages, environment)) {
    const source = tableAt(entry, 'source');
    const directory = asText(source['editable']) ?? asText(source['directory']);
    if (directory !== undefined)
      projects.push({ directory: normalize(directory), extras: [...extras], editable: source['editable'] !== undefined && directory !== '.', source: FILE });
    else if (source['virtual'] === undefined) {
      const one = lockedPackage(entry);
      locked.set(normalizeName(one.name), one);
    }
  }
  return wantedByLock(FILE, [...locked.values()], projects);
}

/** The lock repeats what the project asked for when it was made; what it cannot fulfil now was added since. */
function requireInStep(root: Table, packages: readonly Table[], pyproject: Pyproject, environment: MarkerEnvironment): void {
  const direct = asList(root['dependencies']).map((edge) => normalizeName(asText(asTable(edge)['name']) ?? ''));
  const problems = (pyproject.project?.dependencies ?? []).flatMap((text) => {
    const { name, specifier, marker } = parseRequirement(text)!;
    if (marker !== undefined && !evaluateMarker(marker, environment)) return [];
    const versions = packages.filter((entry) => normalizeName(asText(entry['name']) ?? '') === normalizeName(name)).map((entry) => asText(entry['version']));
    const fits = versions.some((version) => version === undefined || versionSatisfies(version, specifier));
    return direct.includes(normalizeName(name)) && fits ? [] : [`${name}${specifier}`];
  });
  if (problems.length > 0) throw lockOutOfStep(FILE, 'pyproject.toml', `the lock has no ${problems.join(', no ')}`, 'uv lock');
}

/** Every package that the root leads to, with the extras that are asked of it; the root among them. */
function follow(root: Table, packages: readonly Table[], environment: MarkerEnvironment): ReadonlyMap<Table, ReadonlySet<string>> {
  const byName = new Map<string, Table[]>();
  for (const entry of packages) {
    const name = asText(entry['name']) ?? '';
    byName.set(name, [...(byName.get(name) ?? []), entry]);
  }
  const reached = new Map<Table, Set<string>>();
  const open: { entry: Table; extras: readonly string[] }[] = [{ entry: root, extras: [] }];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const known = reached.get(one.entry);
    if (known !== undefined && one.extras.every((extra) => known.has(extra))) continue;
    const extras = new Set([...(known ?? []), ...one.extras]);
    reached.set(one.entry, extras);
    const optional = tableAt(one.entry, 'optional-dependencies');
    const edges = [...asList(one.entry['dependencies']), ...[...extras].flatMap((extra) => asList(optional[extra]))].map(asTable);
    for (const edge of edges) {
      if (!holds(edge['marker'], environment)) continue;
      const target = findTarget(edge, byName);
      if (target === undefined) throw lockInvalid(FILE, `"${asText(edge['name']) ?? ''}" is asked for, but not there`, 'uv lock');
      open.push({ entry: target, extras: asTexts(edge['extra']) });
    }
  }
  return reached;
}

/** An edge names version or source where the lock has several packages of the name. */
function findTarget(edge: Table, byName: ReadonlyMap<string, readonly Table[]>): Table | undefined {
  const candidates = byName.get(asText(edge['name']) ?? '') ?? [];
  const version = asText(edge['version']);
  const source = isTable(edge['source']) ? JSON.stringify(edge['source']) : undefined;
  return candidates.find(
    (entry) =>
      (version === undefined || asText(entry['version']) === version) &&
      (source === undefined || JSON.stringify(entry['source']) === source || candidates.length === 1),
  );
}

function holds(text: unknown, environment: MarkerEnvironment): boolean {
  const marker = typeof text === 'string' ? parseMarker(text) : undefined;
  return marker === undefined || evaluateMarker(marker, environment);
}

function lockedPackage(entry: Table): LockedPackage {
  const source = tableAt(entry, 'source');
  const name = asText(entry['name']) ?? '';
  const version = asText(entry['version']) ?? '';
  const archives = [...asList(entry['wheels']), ...(isTable(entry['sdist']) ? [entry['sdist']] : [])];
  const sha256 = archives.flatMap((archive) => sha256Of(asTable(archive)['hash']));
  const git = asText(source['git']);
  if (git !== undefined) return { name, version, sha256: [], url: gitAddress(git) };
  const url = asText(source['url']) ?? (asText(source['path']) === undefined ? undefined : `file:${asText(source['path'])!}`);
  return { name, version, sha256, url };
}

/** uv writes `https://host/repository?rev=main&subdirectory=x#commit`. */
function gitAddress(text: string): string {
  const [address = '', commit = 'HEAD'] = text.split('#');
  const [repository = '', query = ''] = address.split('?');
  const folder = new URLSearchParams(query).get('subdirectory');
  return `git+${repository}@${commit}${folder === null ? '' : `#subdirectory=${folder}`}`;
}
