import type { ControlFields } from './control.ts';
import { ControlParser } from './control.ts';
import { parseDependencies } from './dependency.ts';
import type { DependencyGroup } from './dependency.ts';
import { ARCHITECTURE, PACKAGE_NAME, POOL_PATH, VERSION } from './lock.ts';
import { compareVersions } from './version.ts';

/** One package of an index. Relationship fields stay text until they are asked for: most never are. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly poolPath: string;
  readonly priority: (typeof PRIORITIES)[number];
  /** The name of the source that the index belongs to. */
  readonly source: string;
  /** Whether it is only taken when nothing else fits: packages of a suite marked `NotAutomatic`. */
  readonly notAutomatic: boolean;
  /** The relationship fields as `key:value` lines. One text each: an index has 70,000 packages. */
  readonly relations: string;
}

/** The packages of one or more indexes, by name and by what they provide. Build it with {@link PackageIndexBuilder}. */
export interface PackageIndex {
  readonly architecture: string;
  /** Every version of this package, newest first, `notAutomatic` ones last. */
  versions(name: string): readonly IndexedPackage[];
  /** The packages whose `Provides` names it, in the order they were read, with the provided version. */
  providers(name: string): readonly { readonly package: IndexedPackage; readonly version: string | undefined }[];
  names(): Iterable<string>;
}

const KEPT = new Set([
  'package',
  'version',
  'architecture',
  'multi-arch',
  'priority',
  'depends',
  'pre-depends',
  'provides',
  'conflicts',
  'breaks',
  'filename',
  'size',
  'sha256',
]);
/** Debian policy 2.5, most important first. */
export const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra'] as const;
const RELATIONS = ['depends', 'pre-depends', 'provides', 'conflicts', 'breaks'] as const;

/** Reads `Packages` files as their text arrives (Debian's RepositoryFormat). Entries that are incomplete or odd are left out. */
export class PackageIndexBuilder {
  readonly #architecture: string;
  readonly #byName = new Map<string, IndexedPackage[]>();
  readonly #byProvided = new Map<string, { package: IndexedPackage; version: string | undefined }[]>();

  /** `architecture`: packages of other ones, except `all`, are left out. */
  constructor(architecture: string) {
    this.#architecture = architecture;
  }

  /** Adds all packages of one file, whose content must be verified already. */
  async add(text: AsyncIterable<string>, source: { readonly name: string; readonly notAutomatic: boolean }): Promise<void> {
    const parser = new ControlParser(KEPT);
    for await (const chunk of text) for (const fields of parser.push(chunk)) this.#addPackage(fields, source);
    for (const fields of parser.finish()) this.#addPackage(fields, source);
  }

  build(): PackageIndex {
    for (const versions of this.#byName.values()) versions.sort(newestFirst);
    const byName = this.#byName;
    const byProvided = this.#byProvided;
    return {
      architecture: this.#architecture,
      versions: (name) => byName.get(name) ?? [],
      providers: (name) => byProvided.get(name) ?? [],
      names: () => byName.keys(),
    };
  }

  #addPackage(fields: ControlFields, source: { readonly name: string; readonly notAutomatic: boolean }): void {
    const found = readPackage(fields, source);
    if (found === undefined || (found.architecture !== this.#architecture && found.architecture !== 'all')) return;
    append(this.#byName, found.name, found);
    const provides = fields.get('provides');
    if (provides === undefined) return;
    for (const group of parseDependencies(copied(provides), this.#architecture)) {
      for (const { name, version } of group) append(this.#byProvided, name, { package: found, version: version?.version });
    }
  }
}

type RelationField = (typeof RELATIONS)[number];

const parsed = new WeakMap<IndexedPackage, Map<RelationField, readonly DependencyGroup[]>>();

/** The groups of one relationship field of a package; none when it has no such field. */
export function relationsOf(each: IndexedPackage, field: RelationField, architecture: string): readonly DependencyGroup[] {
  let fields = parsed.get(each);
  if (fields === undefined) {
    fields = new Map();
    for (const line of each.relations.split('\n')) {
      const colon = line.indexOf(':');
      const key = RELATIONS.find((name) => name === line.slice(0, colon));
      if (key !== undefined) fields.set(key, parseDependencies(line.slice(colon + 1), architecture));
    }
    parsed.set(each, fields);
  }
  return fields.get(field) ?? [];
}

function readPackage(fields: ControlFields, source: { readonly name: string; readonly notAutomatic: boolean }): IndexedPackage | undefined {
  const name = fields.get('package') ?? '';
  const version = fields.get('version') ?? '';
  const architecture = fields.get('architecture') ?? '';
  const sha256 = fields.get('sha256') ?? '';
  const sizeBytes = Number(fields.get('size'));
  const poolPath = fields.get('filename') ?? '';
  // They become parts of URLs and of the lock: what does not look right is not a package.
  if (!PACKAGE_NAME.test(name) || !VERSION.test(version) || !ARCHITECTURE.test(architecture)) return undefined;
  if (!/^[0-9a-f]{64}$/.test(sha256) || !Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || !POOL_PATH.test(poolPath)) return undefined;
  const lines: string[] = [];
  for (const key of RELATIONS) {
    const value = fields.get(key);
    if (value !== undefined) lines.push(`${key}:${value.replaceAll('\n', ' ')}`);
  }
  const [relations, kept] = [copied(lines.join('\n')), copied(`${sha256}${poolPath}`)];
  return {
    name: copied(name),
    version: copied(version),
    architecture: architecture === 'all' ? 'all' : copied(architecture),
    sha256: kept.slice(0, sha256.length),
    sizeBytes,
    poolPath: kept.slice(sha256.length),
    priority: PRIORITIES.find((known) => known === fields.get('priority')) ?? 'optional',
    source: source.name,
    notAutomatic: source.notAutomatic,
    relations,
  };
}

/** A piece of a text keeps all of that text in memory: without a copy, 60 MB of descriptions would stay. */
function copied(text: string): string {
  return Buffer.from(text).toString();
}

function newestFirst(a: IndexedPackage, b: IndexedPackage): number {
  if (a.notAutomatic !== b.notAutomatic) return a.notAutomatic ? 1 : -1;
  return compareVersions(b.version, a.version);
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
