import { TspackError, readTomlFile } from '../foundation/index.ts';
import type { TomlTable, TomlValue } from '../foundation/index.ts';
import type { WantedSet } from './create-lock.ts';
import { PACKAGE_NAME } from './lock.ts';

/** A name, or a name with a version as `Depends` writes it: `rustc (>= 1.86)` takes one from backports, which counts last otherwise. */
const WANTED_PACKAGE = /^[a-z0-9][a-z0-9+.-]+(?: \((?:<<|<=|=|>=|>>) [A-Za-z0-9.+:~-]+\))?$/;

/** A set of packages, or the name of the builder whose run image is the set. */
export interface DefinedSet extends WantedSet {
  readonly of?: string;
}

/** What `packages/<suite>.toml` of a buildpack says; the locks beside it say which exact packages. */
export interface PackageDefinition {
  /** Codenames, the main one first. */
  readonly suites: readonly string[];
  /** The builder whose run image holds packages that no set needs then. */
  readonly on: string | undefined;
  /** Left out of every set. */
  readonly exclude: readonly string[];
  readonly sets: readonly DefinedSet[];
}

/** Reads a definition. Throws `DEBIAN_DEFINITION_INVALID`, which names all problems at once, and `TOML_INVALID`. */
export function readPackageDefinition(file: string): PackageDefinition {
  const problems: string[] = [];
  const table = readTomlFile(file) ?? {};
  checkKeys(table, '', ['suites', 'on', 'exclude', 'sets'], problems);
  const on = table['on'];
  if (on !== undefined && (typeof on !== 'string' || on === '')) problems.push(`on is ${JSON.stringify(on)}, want the name of a builder`);
  const exclude = readNames(table['exclude'] ?? [], 'exclude', problems);
  const sets = isTable(table['sets']) ? Object.entries(table['sets']) : [];
  if (table['sets'] !== undefined && sets.length === 0) problems.push('sets is not a table of sets');
  const definition: PackageDefinition = {
    suites: readNames(table['suites'], 'suites', problems),
    on: typeof on === 'string' ? on : undefined,
    exclude,
    sets: sets.map(([name, value]) => readSet(name, value, exclude, problems)),
  };
  if (problems.length === 0) return definition;
  throw new TspackError({
    code: 'DEBIAN_DEFINITION_INVALID',
    message: `Cannot read the package sets in "${file}": ${problems.join('; ')}`,
    nextStep: 'Correct the file; docs/buildpacks.md has an example',
  });
}

function readSet(name: string, value: TomlValue | undefined, exclude: readonly string[], problems: string[]): DefinedSet {
  if (!isTable(value)) {
    problems.push(`sets.${name} is not a table`);
    return { name, packages: [], exclude };
  }
  const { of } = value;
  if (typeof of === 'string') {
    checkKeys(value, `sets.${name}.`, ['of'], problems);
    return { name, of, packages: [], exclude: [] };
  }
  checkKeys(value, `sets.${name}.`, ['packages', 'exclude', 'of'], problems);
  const own = readNames(value['exclude'] ?? [], `sets.${name}.exclude`, problems);
  return {
    name,
    packages: readNames(value['packages'], `sets.${name}.packages`, problems, WANTED_PACKAGE),
    exclude: [...new Set([...exclude, ...own])].sort(),
  };
}

function readNames(value: TomlValue | undefined, place: string, problems: string[], pattern = PACKAGE_NAME): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' && pattern.test(item))) return value as readonly string[];
  problems.push(`${place} is ${JSON.stringify(value)}, want a list of names`);
  return [];
}

function checkKeys(table: TomlTable, place: string, known: readonly string[], problems: string[]): void {
  for (const key of Object.keys(table)) if (!known.includes(key)) problems.push(`${place}${key} is not known, want one of ${known.join(', ')}`);
}

function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
