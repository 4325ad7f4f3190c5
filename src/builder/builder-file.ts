import { join } from 'node:path';
import { TspackError, parseToml, readTomlFile } from '../foundation/index.ts';
import type { TomlTable } from '../foundation/index.ts';

/** The CPU architectures that base images are made for, in OCI's words. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** A set of packages, as a builder declares it; the lock says which exact ones. */
export interface PackageSet {
  readonly packages: readonly string[];
  /** Dependencies that are left out on purpose, those of the whole builder included. */
  readonly exclude: readonly string[];
}

/** A layer of the run image and the packages whose files it holds. */
export interface LayerSplit {
  readonly name: string;
  readonly packages: readonly string[];
}

export interface RunImageDefinition extends PackageSet {
  /** The image name that applications are exported on. */
  readonly reference: string;
  /** Bottom first. Packages that none of them names go into a last layer. */
  readonly layers: readonly LayerSplit[];
}

export interface BuildImageDefinition extends PackageSet {
  readonly reference: string;
}

/** The account that builds and applications run as. */
export interface ImageUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Node and npm of a builder, pinned: npm packages with their subresource integrity. */
export interface BuilderNodeDefinition {
  readonly version: string;
  readonly integrity: Readonly<Record<Architecture, string>>;
  readonly npm: { readonly version: string; readonly integrity: string };
}

/** A buildpack in a group; in the file a `?` at the end of its name makes it optional. */
export interface BuilderOrderEntry {
  /** A folder name below `buildpacks/`. */
  readonly name: string;
  readonly optional: boolean;
}

/** What `builders/<name>/builder.toml` says. */
export interface BuilderDefinition {
  readonly name: string;
  /** The folder of the file and its locks. */
  readonly directory: string;
  readonly description: string;
  readonly maintainer: string;
  readonly homepage: string;
  readonly distribution: { readonly name: string; readonly version: string; readonly codename: string };
  /** Debian suites by codename, the main one first. */
  readonly suites: readonly string[];
  readonly user: ImageUser;
  /** Packages that none of its images holds. */
  readonly exclude: readonly string[];
  /** Groups of buildpacks to try in turn. */
  readonly order: readonly (readonly BuilderOrderEntry[])[];
  /** Folder names below `buildpacks/`, each once, as the order first names them. */
  readonly buildpacks: readonly string[];
  readonly runImage?: RunImageDefinition;
  /** Own packages, or those of another builder. */
  readonly buildImage?: BuildImageDefinition | { readonly builder: string };
  readonly toolbox?: PackageSet;
  readonly node?: BuilderNodeDefinition;
}

/**
 * Reads `builder.toml` of a folder; the folder's name is the builder's. Throws `BUILDER_UNKNOWN` when there is none,
 * `TOML_INVALID`, and `BUILDER_INVALID`, which names all problems at once.
 */
export function readBuilder(directory: string): BuilderDefinition {
  const file = join(directory, 'builder.toml');
  const table = readTomlFile(file);
  if (table === undefined) {
    throw new TspackError({
      code: 'BUILDER_UNKNOWN',
      message: `Cannot read the builder in "${directory}": it has no builder.toml`,
      nextStep: 'Name a bundled builder (tspack builder suggest lists them) or a folder with a builder.toml',
    });
  }
  return decodeBuilder(table, directory, file);
}

/** As {@link readBuilder}, from a text in memory. */
export function parseBuilder(text: string, directory: string): BuilderDefinition {
  const file = join(directory, 'builder.toml');
  return decodeBuilder(parseToml(text, file), directory, file);
}

const PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/;
const WORD = /^[a-z0-9][a-z0-9._-]*$/;
const ORDER_ENTRY = /^[a-z0-9][a-z0-9._-]*\??$/;
const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;
const VERSION = /^\d+\.\d+\.\d+$/;
const ANY = /\S/;

function decodeBuilder(table: TomlTable, directory: string, file: string): BuilderDefinition {
  const problems: string[] = [];
  const root = new Reader(table, '', problems, [
    'description',
    'maintainer',
    'homepage',
    'suites',
    'order',
    'distribution',
    'user',
    'exclude',
    'run-image',
    'build-image',
    'toolbox',
    'node',
    'npm',
  ]);
  const distribution = root.table('distribution', ['name', 'version', 'codename']);
  const user = root.optionalTable('user', ['name', 'uid', 'gid']);
  const always = root.optionalTable('exclude', ['packages'])?.list('packages', PACKAGE) ?? [];
  const packageSet = (reader: Reader): PackageSet => ({
    packages: reader.list('packages', PACKAGE),
    exclude: [...new Set([...always, ...reader.optionalList('exclude', PACKAGE)])].sort(),
  });
  const run = root.optionalTable('run-image', ['reference', 'packages', 'exclude', 'layers']);
  const build = root.optionalTable('build-image', ['reference', 'packages', 'exclude', 'builder']);
  const toolbox = root.optionalTable('toolbox', ['packages', 'exclude']);
  const node = root.optionalTable('node', ['version', 'integrity']);
  const integrity = node?.table('integrity', ARCHITECTURES);
  const npm = node === undefined ? undefined : root.table('npm', ['version', 'integrity']);
  const order = root
    .tables('order', ['group'])
    .map((each) => each.list('group', ORDER_ENTRY).map((entry): BuilderOrderEntry => ({ name: entry.replace(/\?$/, ''), optional: entry.endsWith('?') })));
  const builder: BuilderDefinition = {
    name: directory.replace(/\/+$/, '').split('/').at(-1)!,
    directory,
    description: root.text('description', ANY),
    maintainer: root.text('maintainer', ANY),
    homepage: root.text('homepage', /^https?:\/\//),
    distribution: {
      name: distribution.text('name', WORD),
      version: distribution.text('version', WORD),
      codename: distribution.text('codename', WORD),
    },
    suites: root.list('suites', WORD),
    user:
      user === undefined ? { name: 'cnb', uid: 1001, gid: 1000 } : { name: user.text('name', /^[a-z][a-z0-9_-]*$/), uid: user.id('uid'), gid: user.id('gid') },
    exclude: always,
    order,
    buildpacks: [...new Set(order.flatMap((group) => group.map(({ name }) => name)))],
    ...(run === undefined
      ? {}
      : {
          runImage: {
            reference: run.text('reference', ANY),
            ...packageSet(run),
            layers: run.tables('layers', ['name', 'packages']).map((layer) => ({ name: layer.text('name', WORD), packages: layer.list('packages', PACKAGE) })),
          },
        }),
    ...(build === undefined
      ? {}
      : { buildImage: build.has('builder') ? { builder: build.text('builder', WORD) } : { reference: build.text('reference', ANY), ...packageSet(build) } }),
    ...(toolbox === undefined ? {} : { toolbox: packageSet(toolbox) }),
    ...(node === undefined
      ? {}
      : {
          node: {
            version: node.text('version', VERSION),
            integrity: { amd64: integrity!.text('amd64', INTEGRITY), arm64: integrity!.text('arm64', INTEGRITY) },
            npm: { version: npm!.text('version', VERSION), integrity: npm!.text('integrity', INTEGRITY) },
          },
        }),
  };
  if (problems.length === 0) return builder;
  throw new TspackError({
    code: 'BUILDER_INVALID',
    message: `Cannot read ${file}: ${problems.join('; ')}`,
    nextStep: `Correct ${file}; builders/base/builder.toml is a complete example`,
  });
}

/** Reads members of a table and collects what is wrong with them. */
class Reader {
  readonly #table: TomlTable;
  readonly #place: string;
  readonly #problems: string[];

  constructor(table: TomlTable, place: string, problems: string[], keys: readonly string[]) {
    this.#table = table;
    this.#place = place;
    this.#problems = problems;
    for (const key of Object.keys(table)) if (!keys.includes(key)) problems.push(`${this.#name(key)} is not known, want one of ${keys.join(', ')}`);
  }

  has(key: string): boolean {
    return this.#table[key] !== undefined;
  }

  text(key: string, pattern: RegExp): string {
    const value = this.#table[key];
    if (typeof value === 'string' && pattern.test(value)) return value;
    this.#wrong(key, `text like ${String(pattern)}`);
    return '';
  }

  id(key: string): number {
    const value = this.#table[key];
    if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65534) return value;
    this.#wrong(key, 'a number from 1 to 65533');
    return 1;
  }

  list(key: string, pattern: RegExp): readonly string[] {
    const value = this.#table[key];
    if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && pattern.test(item))) return value as readonly string[];
    this.#wrong(key, `a list of texts like ${String(pattern)}`);
    return [];
  }

  optionalList(key: string, pattern: RegExp): readonly string[] {
    return this.has(key) ? this.list(key, pattern) : [];
  }

  table(key: string, keys: readonly string[]): Reader {
    const found = this.optionalTable(key, keys);
    if (found === undefined) this.#wrong(key, 'a table');
    return found ?? new Reader({}, this.#name(key), [], keys);
  }

  optionalTable(key: string, keys: readonly string[]): Reader | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    if (isTable(value)) return new Reader(value, this.#name(key), this.#problems, keys);
    this.#wrong(key, 'a table');
    return undefined;
  }

  tables(key: string, keys: readonly string[]): readonly Reader[] {
    const value = this.#table[key] ?? [];
    if (Array.isArray(value) && value.every(isTable))
      return (value as readonly TomlTable[]).map((each, index) => new Reader(each, `${this.#name(key)}[${index}]`, this.#problems, keys));
    this.#wrong(key, 'a list of tables');
    return [];
  }

  #name(key: string): string {
    return this.#place === '' ? key : `${this.#place}.${key}`;
  }

  #wrong(key: string, wanted: string): void {
    const value = this.#table[key];
    this.#problems.push(
      value === undefined ? `${this.#name(key)} is missing, want ${wanted}` : `${this.#name(key)} is ${JSON.stringify(value)}, want ${wanted}`,
    );
  }
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
