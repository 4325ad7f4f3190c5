import { normalize } from 'node:path';
import { parseToml } from '../../../../src/sdk/index.ts';
import { lockInvalid, lockOutOfStep } from '../errors.ts';
import type { Pyproject } from '../manifests/pyproject.ts';
import { evaluateMarker, parseMarker, type MarkerEnvironment } from '../markers.ts';
import { parseRequirement } from '../requirement.ts';
import { normalizeName, satisfiesPoetryConstraint, versionSatisfies } from '../specifiers.ts';
import { asList, asTable, asText, asTexts, isTable, tableAt, type Table } from '../toml-values.ts';
import type { LocalProject, WantedPackages } from '../wanted-packages.ts';
import { sha256Of, wantedByLock, type LockedPackage } from './locked-package.ts';

const FILE = 'poetry.lock';

/** What the application or one of its packages asks for. */
interface Wish {
  readonly name: string;
  /** In Poetry's words or as PEP 440 specifiers. */
  readonly constraint: string;
  readonly extras: readonly string[];
}

/** Packages of one name; a lock may hold several versions for several environments. */
type LockedTable = ReadonlyMap<string, readonly Table[]>;

/**
 * Reads a poetry.lock: the packages of the main group for this environment, found by following the dependencies of pyproject.toml,
 * as every version of the format allows. Throws `TOML_INVALID`, `PYTHON_LOCK_INVALID` and `PYTHON_LOCK_OUT_OF_STEP`.
 */
export function readPoetryLock(text: string, pyproject: Pyproject, environment: MarkerEnvironment): WantedPackages {
  const lock = parseToml(text, FILE);
  const locked = groupByName(lock);
  const oldHashes = tableAt(lock, 'metadata', 'files');
  const wishes = wishesOfApplication(pyproject, environment);
  const missing = wishes.filter(({ name, constraint }) => !(locked.get(normalizeName(name)) ?? []).some((entry) => fits(entry, constraint, environment)));
  if (missing.length > 0) {
    const described = missing.map(({ name, constraint }) => `${name} ${constraint}`.trim());
    throw lockOutOfStep(FILE, 'pyproject.toml', `the lock has no ${described.join(', no ')}`, 'poetry lock');
  }
  const packages = new Map<string, LockedPackage>();
  const projects: LocalProject[] = [];
  for (const { entry, extras } of follow(wishes, locked, environment)) {
    const source = tableAt(entry, 'source');
    if (asText(source['type']) === 'directory') {
      const directory = normalize(asText(source['url']) ?? '.');
      projects.push({ directory, extras: [...extras], editable: entry['develop'] === true, source: FILE });
    } else packages.set(normalizeName(nameOf(entry)), lockedPackage(entry, oldHashes));
  }
  const installed = isPackage(pyproject) ? [...projects, { directory: '.', extras: [], editable: false, source: 'pyproject.toml' }] : projects;
  return wantedByLock(FILE, [...packages.values()], installed);
}

/** Poetry's rule: the application is a package unless `package-mode` says otherwise; one that says nothing of how it is built is none. */
function isPackage({ poetry, hasBuildSystem }: Pyproject): boolean {
  return hasBuildSystem && poetry?.['package-mode'] !== false;
}

function groupByName(lock: Table): LockedTable {
  const groups = new Map<string, Table[]>();
  for (const entry of asList(lock['package']).map(asTable)) {
    if (asText(entry['name']) === undefined || asText(entry['version']) === undefined)
      throw lockInvalid(FILE, 'a package has no name or version', 'poetry lock');
    const name = normalizeName(nameOf(entry));
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return groups;
}

function nameOf(entry: Table): string {
  return asText(entry['name']) ?? '';
}

function wishesOfApplication(pyproject: Pyproject, environment: MarkerEnvironment): readonly Wish[] {
  const standard = (pyproject.project?.dependencies ?? []).flatMap((text): readonly Wish[] => {
    const requirement = parseRequirement(text)!;
    if (requirement.marker !== undefined && !evaluateMarker(requirement.marker, environment)) return [];
    return [{ name: requirement.name, constraint: requirement.specifier, extras: requirement.extras }];
  });
  const own = [tableAt(pyproject.poetry ?? {}, 'dependencies'), tableAt(pyproject.poetry ?? {}, 'group', 'main', 'dependencies')];
  return [...standard, ...own.flatMap((table) => wishesOf(table, environment, []))];
}

/** A table of dependencies, of pyproject.toml or of a locked package: name to constraint, table, or list of tables. */
function wishesOf(dependencies: Table, environment: MarkerEnvironment, extras: readonly string[]): readonly Wish[] {
  return Object.entries(dependencies).flatMap(([name, value]) => {
    if (name === 'python') return [];
    return (Array.isArray(value) ? asList(value) : [value]).flatMap((one): readonly Wish[] => {
      if (typeof one === 'string') return [{ name, constraint: one, extras: [] }];
      const table = asTable(one);
      const markerText = asText(table['markers']);
      const marker = markerText === undefined ? undefined : parseMarker(markerText);
      if (marker !== undefined && !evaluateMarker(marker, environment, extras)) return [];
      // An extra of the package: wanted only with a marker that names it.
      if (table['optional'] === true && !/\bextra\b/.test(markerText ?? '')) return [];
      const python = asText(table['python']);
      if (python !== undefined && !satisfiesPoetryConstraint(environment['python_full_version']!, python)) return [];
      return [{ name, constraint: asText(table['version']) ?? '*', extras: asTexts(table['extras']) }];
    });
  });
}

/** Everything that the wishes lead to, each package with the extras that are asked of it. */
function follow(wishes: readonly Wish[], locked: LockedTable, environment: MarkerEnvironment): readonly { entry: Table; extras: ReadonlySet<string> }[] {
  const reached = new Map<Table, Set<string>>();
  const open = [...wishes];
  for (let wish = open.pop(); wish !== undefined; wish = open.pop()) {
    const { name, constraint, extras } = wish;
    // What is locked for other environments only is not there for this one, and Poetry leaves it out too.
    const entry = (locked.get(normalizeName(name)) ?? []).find((one) => fits(one, constraint, environment));
    if (entry === undefined) continue;
    const known = reached.get(entry);
    const added = extras.filter((extra) => known?.has(extra) !== true);
    if (known !== undefined && added.length === 0) continue;
    const all = new Set([...(known ?? []), ...extras]);
    reached.set(entry, all);
    open.push(...wishesOf(tableAt(entry, 'dependencies'), environment, [...all]), ...wishesOfExtras(entry, all));
  }
  return [...reached].map(([entry, extras]) => ({ entry, extras }));
}

function wishesOfExtras(entry: Table, extras: ReadonlySet<string>): readonly Wish[] {
  return Object.entries(tableAt(entry, 'extras'))
    .filter(([extra]) => [...extras].map(normalizeName).includes(normalizeName(extra)))
    .flatMap(([, members]) => asTexts(members))
    .map((member) => ({ name: /^[A-Za-z0-9._-]+/.exec(member)?.[0] ?? '', constraint: '*', extras: splitExtras(/\[([^\]]*)\]/.exec(member)?.[1] ?? '') }));
}

function splitExtras(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((extra) => extra.trim());
}

function fits(entry: Table, constraint: string, environment: MarkerEnvironment): boolean {
  const python = asText(entry['python-versions']);
  if (python !== undefined && !satisfiesPoetryConstraint(environment['python_full_version']!, python)) return false;
  if (!mainMarkersHold(entry['markers'], environment)) return false;
  if (isTable(entry['source']) && asText(tableAt(entry, 'source')['type']) !== 'legacy') return true; // a place, not a version
  const version = asText(entry['version'])!;
  return constraint === '' || versionMatches(version, constraint);
}

/** `markers` of lock version 2.1: one text, or one per group. */
function mainMarkersHold(markers: unknown, environment: MarkerEnvironment): boolean {
  const text = asText(markers) ?? asText(asTable(markers)['main']);
  const marker = text === undefined ? undefined : parseMarker(text);
  return marker === undefined || evaluateMarker(marker, environment);
}

function versionMatches(version: string, constraint: string): boolean {
  return /[\^~|*]|^\d/.test(constraint) ? satisfiesPoetryConstraint(version, constraint) : versionSatisfies(version, constraint);
}

function lockedPackage(entry: Table, oldHashes: Table): LockedPackage {
  const name = nameOf(entry);
  const files = asList(entry['files']).length > 0 ? asList(entry['files']) : asList(oldHashes[name]);
  const source = tableAt(entry, 'source');
  const type = asText(source['type']);
  const address = asText(source['url']) ?? '';
  const base = { name, version: asText(entry['version'])!, sha256: files.flatMap((file) => sha256Of(asTable(file)['hash'])) };
  if (type === 'git') {
    const folder = asText(source['subdirectory']);
    const commit = asText(source['resolved_reference']) ?? asText(source['reference']) ?? 'HEAD';
    return { ...base, sha256: [], url: `git+${address}@${commit}${folder === undefined ? '' : `#subdirectory=${folder}`}` };
  }
  if (type === 'url') return { ...base, url: address };
  if (type === 'file') return { ...base, url: `file:${address}` };
  return { ...base, url: undefined };
}
