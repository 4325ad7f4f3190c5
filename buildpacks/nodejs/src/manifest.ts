import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, parseJsonFile } from '../../../src/sdk/index.ts';
import { manifestNotAFile, manifestNotAnObject } from './errors.ts';

/** package.json as far as the buildpack reads it; members of a wrong type count as absent. */
export interface Manifest {
  readonly name: string;
  readonly version: string | undefined;
  readonly main: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  /** `engines`: versions of `node`, `npm`, `yarn`, `pnpm`. */
  readonly engines: Readonly<Record<string, string>>;
  readonly volta: Readonly<Record<string, string>>;
  /** `devEngines.runtime` and `devEngines.packageManager`, one or several each, as names and versions. */
  readonly devEngines: Readonly<Record<string, string>>;
  /** `npm@11.1.0+sha512.…`. */
  readonly packageManager: string | undefined;
  /** Patterns of `workspaces`. */
  readonly workspaces: readonly string[];
  /** Files of `bin`. */
  readonly programs: readonly string[];
  /** The parts that an installation reads, without those that only people or other tools do: also what npm is shown. */
  readonly installParts: Readonly<Record<string, unknown>>;
  /** Of {@link installParts}. */
  readonly installDigest: string;
}

/** Members that no installation depends on. `scripts` is one because those that run at installation are dealt with apart. */
const NOT_FOR_INSTALLATION = new Set([
  'scripts',
  'version',
  'description',
  'keywords',
  'author',
  'contributors',
  'maintainers',
  'repository',
  'bugs',
  'homepage',
  'license',
  'licenses',
  'main',
  'module',
  'browser',
  'types',
  'typings',
  'exports',
  'imports',
  'files',
  'funding',
  'eslintConfig',
  'prettier',
  'jest',
  'babel',
  'browserslist',
  'lint-staged',
  'nodemonConfig',
  'sideEffects',
  'directories',
  'man',
]);

/** The package.json of a folder, called `name` in messages; an application of plain JavaScript files has none. Throws `JSON_INVALID` and `NODE_MANIFEST_INVALID`. */
export function readManifest(directory: string, name = 'package.json'): Manifest | undefined {
  const file = join(directory, 'package.json');
  if (!existsSync(file)) return undefined;
  if (!statSync(file).isFile()) throw manifestNotAFile(name);
  return parseManifest(readFileSync(file, 'utf8'), name);
}

/** Reads the text of a package.json. */
export function parseManifest(text: string, file = 'package.json'): Manifest {
  const root = parseJsonFile(text, file);
  if (!isTable(root)) throw manifestNotAnObject(file);
  const table = (value: unknown) => (isTable(value) ? value : {});
  const installParts = Object.fromEntries(Object.entries(root).filter(([name]) => !NOT_FOR_INSTALLATION.has(name)));
  const devEngines = table(root['devEngines']);
  return {
    name: readText(root['name']) ?? 'application',
    version: readText(root['version']),
    main: readText(root['main']),
    scripts: strings(root['scripts']),
    dependencies: strings(root['dependencies']),
    devDependencies: strings(root['devDependencies']),
    optionalDependencies: strings(root['optionalDependencies']),
    peerDependencies: strings(root['peerDependencies']),
    engines: strings(root['engines']),
    volta: strings(root['volta']),
    devEngines: { ...namedVersions(devEngines['packageManager']), ...namedVersions(devEngines['runtime']) },
    packageManager: readText(root['packageManager']),
    workspaces: texts(isTable(root['workspaces']) ? root['workspaces']['packages'] : root['workspaces']),
    programs: typeof root['bin'] === 'string' ? [root['bin']] : Object.values(strings(root['bin'])),
    installParts,
    installDigest: digestOf(JSON.stringify(sortKeys(installParts))),
  };
}

function namedVersions(value: unknown): Readonly<Record<string, string>> {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const name = isTable(entry) ? readText(entry['name']) : undefined;
      return name === undefined || !isTable(entry) ? [] : [[name, readText(entry['version']) ?? '*'] as const];
    }),
  );
}

/** The value with the members of every object in name order. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function strings(value: unknown): Readonly<Record<string, string>> {
  if (!isTable(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].trim() !== ''));
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}
