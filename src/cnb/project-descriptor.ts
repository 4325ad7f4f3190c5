import { nearestNames } from '../foundation/index.ts';
import { decodeToml, defined } from './fields.ts';
import type { Fields } from './fields.ts';

/** A buildpack of project.toml: one of the builder, one that lies somewhere, or a script (CNB.md C201). */
export type ProjectModule = (
  | { readonly kind: 'reference'; readonly id: string; readonly version?: string }
  | { readonly kind: 'uri'; readonly uri: string }
  | { readonly kind: 'inline'; readonly id: string; readonly version?: string; readonly api: string; readonly shell: string; readonly script: string }
) & {
  /** Execution environments it takes part in; empty: all. */
  readonly execEnv: readonly string[];
};

/** A variable for buildpacks. */
export interface ProjectVariable {
  readonly name: string;
  readonly value: string;
  /** Execution environments it is set in; empty: all. */
  readonly execEnv: readonly string[];
}

/** project.toml of schema 0.1, 0.2 or 0.3 (`project-descriptor.md`; 0.3 is pack's and adds `exec-env`). */
export interface ProjectDescriptor {
  readonly schemaVersion: string;
  /** As the project declares it. */
  readonly version?: string;
  readonly sourceUrl?: string;
  readonly builder?: string;
  /** Patterns in gitignore syntax; never both. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly group: readonly ProjectModule[];
  readonly pre: readonly ProjectModule[];
  readonly post: readonly ProjectModule[];
  /** In the order of the file. */
  readonly env: readonly ProjectVariable[];
  /** Sentences about keys that mean nothing. */
  readonly warnings: readonly string[];
}

/** The keys of a table: a table (or a list of tables) with keys of its own, or a value. */
type KnownKeys = { readonly [key: string]: KnownKeys | 'value' };

const SCRIPT: KnownKeys = { api: 'value', inline: 'value', shell: 'value' };
const LICENSES: KnownKeys = { type: 'value', uri: 'value' };
const PROJECT: KnownKeys = {
  id: 'value',
  name: 'value',
  version: 'value',
  authors: 'value',
  licenses: LICENSES,
  'documentation-url': 'value',
  'source-url': 'value',
};

function modulesAndVariables(hasExecEnv: boolean): { readonly modules: KnownKeys; readonly variables: KnownKeys } {
  const execEnv: KnownKeys = hasExecEnv ? { 'exec-env': 'value' } : {};
  return {
    modules: { id: 'value', version: 'value', uri: 'value', script: SCRIPT, ...execEnv },
    variables: { name: 'value', value: 'value', ...execEnv },
  };
}

const FIRST = modulesAndVariables(false);
/** Other tables are the business of others. */
const KEYS_01: KnownKeys = {
  _: { 'schema-version': 'value' },
  project: PROJECT,
  build: {
    include: 'value',
    exclude: 'value',
    builder: 'value',
    buildpacks: FIRST.modules,
    env: FIRST.variables,
    pre: { group: FIRST.modules },
    post: { group: FIRST.modules },
  },
};

function keysFrom02(hasExecEnv: boolean): KnownKeys {
  const { modules, variables } = modulesAndVariables(hasExecEnv);
  return {
    _: { ...PROJECT, 'schema-version': 'value', metadata: 'value' },
    io: {
      buildpacks: {
        'schema-version': 'value',
        builder: 'value',
        include: 'value',
        exclude: 'value',
        group: modules,
        pre: { group: modules },
        post: { group: modules },
        build: { env: variables },
        env: { build: variables },
      },
    },
  };
}

const SCHEMAS: Readonly<Record<string, KnownKeys>> = { '0.1': KEYS_01, '0.2': keysFrom02(false), '0.3': keysFrom02(true) };

/**
 * Decodes project.toml. Without a schema version it is 0.1, as in pack. Keys that mean nothing become warnings; tables of
 * others, licences and metadata are ignored. Throws `TOML_INVALID`, and `SPEC_FILE_INVALID` with all wrong types, `include`
 * beside `exclude`, and buildpacks that are not one thing.
 */
export function parseProjectDescriptor(text: string, file: string): ProjectDescriptor {
  return decodeToml(text, file, (fields) => {
    const declared = fields.table('_')?.string('schema-version');
    const schemaVersion = normalizeVersion(declared ?? '0.1');
    const keys = Object.hasOwn(SCHEMAS, schemaVersion) ? SCHEMAS[schemaVersion] : undefined;
    if (keys === undefined) fields.table('_')?.problem('schema-version', `want ${Object.keys(SCHEMAS).join(', ')}, not "${declared}"`);
    const warnings = [
      ...(declared === undefined ? [`${file} declares no schema-version: it is read as schema 0.1`] : []),
      ...unknownKeys(fields, keys ?? {}, schemaVersion).map((warning) => `${file}: ${warning}`),
    ];
    return { ...(schemaVersion === '0.1' ? readSchema01(fields) : readSchema02(fields)), schemaVersion, warnings };
  });
}

type Content = Omit<ProjectDescriptor, 'schemaVersion' | 'warnings'>;

function readSchema01(fields: Fields): Content {
  const build = fields.table('build');
  return content(fields.table('project'), build, build?.tables('buildpacks'), build?.tables('env'));
}

function readSchema02(fields: Fields): Content {
  const buildpacks = fields.table('io')?.table('buildpacks');
  const build = buildpacks?.table('build');
  // The older spelling counts only where the newer is absent, as in pack.
  const env = build?.has('env') === true ? build.tables('env') : buildpacks?.table('env')?.tables('build');
  return content(fields.table('_'), buildpacks, buildpacks?.tables('group'), env);
}

function content(project: Fields | undefined, build: Fields | undefined, group: readonly Fields[] = [], env: readonly Fields[] = []): Content {
  if (build?.has('include') === true && build.has('exclude')) build.problem('include', 'cannot stand beside exclude: want one of them');
  const around = (name: 'pre' | 'post') => (build?.table(name)?.tables('group') ?? []).map(readModule);
  return defined<Content>({
    version: project?.string('version'),
    sourceUrl: project?.string('source-url'),
    builder: build?.string('builder'),
    include: build?.strings('include'),
    exclude: build?.strings('exclude'),
    group: group.map(readModule),
    pre: around('pre'),
    post: around('post'),
    env: env.map((fields) => ({ name: fields.requiredString('name'), value: fields.string('value') ?? '', execEnv: fields.strings('exec-env') ?? [] })),
  });
}

function readModule(fields: Fields): ProjectModule {
  const execEnv = fields.strings('exec-env') ?? [];
  const version = fields.string('version');
  const uri = fields.string('uri');
  const script = fields.table('script');
  if (script !== undefined) {
    if (uri !== undefined) fields.problem('script', 'cannot stand beside uri: want one of them');
    const inline = { api: script.requiredString('api'), script: script.requiredString('inline'), shell: script.string('shell') ?? '/bin/sh' };
    return { kind: 'inline', id: fields.requiredString('id'), ...(version === undefined ? {} : { version }), ...inline, execEnv };
  }
  if (uri !== undefined && uri !== '') {
    if (version !== undefined) fields.problem('version', 'cannot stand beside uri: want one of them');
    return { kind: 'uri', uri, execEnv };
  }
  if (!fields.has('id')) fields.problem('id', 'is missing: want an id, a uri or a script');
  return { kind: 'reference', id: fields.has('id') ? fields.requiredString('id') : '', ...(version === undefined ? {} : { version }), execEnv };
}

/** `1` is `1.0` (`project-descriptor.md#schema-version`). */
function normalizeVersion(version: string): string {
  return /^\d+$/.test(version) ? `${version}.0` : version;
}

/** Tables in which every key is ours: elsewhere, others may keep theirs. */
const OURS = new Set(['project', 'build', '_', 'io.buildpacks']);

function unknownKeys(fields: Fields, known: KnownKeys, schemaVersion: string): readonly string[] {
  const warnings: string[] = [];
  const walk = (value: unknown, keys: KnownKeys, path: string, isOurs: boolean): void => {
    for (const table of Array.isArray(value) ? value : [value]) {
      if (typeof table !== 'object' || table === null || table instanceof Date) continue;
      for (const [key, member] of Object.entries(table as Record<string, unknown>)) {
        const at = path === '' ? key : `${path}.${key}`;
        const inner = Object.hasOwn(keys, key) ? keys[key] : undefined;
        if (inner !== undefined && inner !== 'value') walk(member, inner, at, isOurs || OURS.has(at));
        else if (inner === undefined) warnings.push(...warningFor({ path: at, key, member, known: keys, isOurs, schemaVersion }));
      }
    }
  };
  walk(Object.fromEntries(fields.keys().map((key) => [key, fields.raw(key)])), known, '', false);
  return [...new Set(warnings)];
}

interface UnknownKey {
  readonly path: string;
  readonly key: string;
  readonly member: unknown;
  /** What could have stood there. */
  readonly known: KnownKeys;
  readonly isOurs: boolean;
  readonly schemaVersion: string;
}

function warningFor({ path, key, member, known, isOurs, schemaVersion }: UnknownKey): readonly string[] {
  const [nearest] = nearestNames(key, Object.keys(known), 1);
  if (isOurs) return [`the key ${path} means nothing in schema ${schemaVersion}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`];
  // `[io.buildpack]`
  if (path.startsWith('io.')) return nearest === undefined ? [] : [`the table ${path} means nothing; did you mean "${nearest}"?`];
  const isOfOther = path === 'io' ? typeof member === 'object' && member !== null && 'buildpacks' in member : key === 'project' || key === 'build';
  const [table, other] = schemaVersion === '0.1' ? ['io.buildpacks', '0.2'] : [path, '0.1'];
  return isOfOther ? [`the table ${table} means nothing in schema ${schemaVersion}; it belongs to schema ${other}`] : [];
}
