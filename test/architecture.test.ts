import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/**
 * What each room may import, always through the other's index.ts. Type-only imports count. A change needs a page in
 * docs/decisions/.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  foundation: [],
  http: ['foundation'],
  archive: ['foundation'],
  cnb: ['foundation'],
  sbom: ['foundation'],
  oci: ['foundation', 'archive'],
  registry: ['foundation', 'http', 'oci'],
  daemon: ['foundation', 'http', 'oci'],
  debian: ['foundation', 'http', 'archive'],
  executor: ['foundation'],
  'executor/bubblewrap': ['foundation', 'archive', 'executor'],
  'executor/container': ['foundation', 'daemon', 'executor'],
  'executor/inline': ['foundation', 'archive', 'executor'],
  attest: ['foundation', 'http', 'oci'],
  dockerfile: ['foundation', 'archive', 'oci', 'executor'],
  lifecycle: ['foundation', 'archive', 'cnb', 'oci', 'executor', 'dockerfile'],
  phases: ['foundation', 'archive', 'cnb', 'oci', 'executor', 'dockerfile', 'lifecycle'],
  builder: ['foundation', 'archive', 'cnb', 'oci', 'debian', 'sbom'],
  sdk: ['foundation', 'http', 'archive', 'cnb', 'sbom', 'debian'],
  store: ['foundation', 'oci'],
  source: ['foundation', 'http', 'archive'],
  configuration: ['foundation'],
  host: ['foundation'],
  runner: ['foundation', 'archive', 'oci', 'executor'],
  platform: ['foundation', 'archive', 'cnb', 'oci', 'executor', 'dockerfile', 'lifecycle', 'builder', 'sbom', 'attest', 'store', 'source', 'configuration'],
  report: ['foundation', 'platform'],
  cli: ['library', 'lifecycle', 'report', 'configuration'],
};

/** The composition root: `compose.ts` and the folder it is split into. It alone sees adapters. */
const COMPOSE_MAY_NOT = ['cli', 'sdk', 'library'];

/** What the library's entry exports from. */
const LIBRARY = ['compose', 'configuration', 'foundation', 'platform', 'lifecycle'];

/** Each npm package has one home. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@renovatebot/pep440': 'buildpacks/python',
  '@zip.js/zip.js': 'archive',
  commander: 'cli',
  'dockerfile-ast': 'dockerfile',
  execa: 'foundation',
  ignore: 'source',
  'node-releases': 'buildpacks/nodejs',
  openpgp: 'debian',
  saxes: 'sdk',
  semver: 'sdk',
  'smol-toml': 'foundation',
  'spdx-expression-parse': 'sbom',
  'tar-stream': 'archive',
  toml: 'foundation',
  undici: 'http',
  'xz-decompress': 'debian',
  yaml: 'buildpacks/nodejs',
};

interface Import {
  /** The importing file and what it names, both from the repository's root. */
  readonly file: string;
  readonly target: string;
}

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => posix.join(entry.parentPath.slice(root.length + 1), entry.name))
    .sort();
}

/** Static, dynamic, type-only and re-exporting imports alike. */
function importsOf(file: string): readonly Import[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
  return importedFiles.map(({ fileName }) => ({ file, target: fileName.startsWith('.') ? posix.join(posix.dirname(file), fileName) : fileName }));
}

/** The unit that a file belongs to: a room, an adapter, `compose`, `library`, or a buildpack. */
function unitOf(file: string): string {
  const [top, room = '', adapter] = file.split('/');
  if (top === 'buildpacks') return `buildpacks/${room}`;
  if (room === 'index.ts') return 'library';
  if (room === 'compose.ts' || room === 'compose') return 'compose';
  return `${room}/${adapter}` in ROOMS ? `${room}/${adapter}` : room;
}

/** A package's name, without the path of a file in it. */
function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

const files = [...sources('src'), ...sources('buildpacks')];
const all = files.flatMap((file) => importsOf(file));
const relative = all.filter(({ target }) => /^(src|buildpacks)\//.test(target));
const between = relative.filter(({ file, target }) => unitOf(file) !== unitOf(target));
const told = (imports: readonly Import[]) => imports.map(({ file, target }) => `${file} imports ${target}`);

function mayImport(from: string, to: string): boolean {
  if (from.startsWith('buildpacks/')) return to === 'sdk';
  if (from === 'compose') return !COMPOSE_MAY_NOT.includes(to);
  if (from === 'library') return LIBRARY.includes(to);
  return ROOMS[from]?.includes(to) ?? false;
}

/** The first cycle in a graph, as a path that ends where it begins. */
function findCycle(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function graphOf(imports: readonly Import[], name: (file: string) => string): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { file, target } of imports) graph.set(name(file), (graph.get(name(file)) ?? new Set()).add(name(target)));
  return graph;
}

describe('the import table', () => {
  it('sees the imports that it judges', () => {
    expect(between.length).toBeGreaterThan(500);
    expect(told(between)).toContain('src/compose.ts imports src/platform/index.ts');
    // Dynamic ones too.
    expect(told(all)).toContain('src/debian/decompress-member.ts imports xz-decompress');
  });

  it('names every room there is', () => {
    const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'compose')
      .map(({ name }) => name);
    expect(rooms.filter((room) => !(room in ROOMS))).toEqual([]);
  });

  it('lets rooms import only what is listed', () => {
    expect(told(between.filter(({ file, target }) => !mayImport(unitOf(file), unitOf(target))))).toEqual([]);
  });

  it('lets rooms in only through index.ts', () => {
    // `compose.ts` and `compose/` are one unit; the library's entry opens the composition root.
    const isEntry = (target: string) => target.endsWith('/index.ts') || target === 'src/compose.ts';
    expect(told(between.filter(({ target }) => !isEntry(target)))).toEqual([]);
  });

  it('knows only files that exist', () => {
    expect(told(relative.filter(({ target }) => !existsSync(join(root, target))))).toEqual([]);
  });

  it('has no cycle, between rooms or between files', () => {
    expect(findCycle(graphOf(between, unitOf))).toBeUndefined();
    expect(findCycle(graphOf(relative, (file) => file))).toBeUndefined();
  });

  it('gives every npm package one home, and uses each', () => {
    const packages = all.filter(({ target }) => !target.startsWith('node:') && !/^(src|buildpacks)\//.test(target));
    expect(told(packages.filter(({ file, target }) => PACKAGES[packageOf(target)] !== unitOf(file)))).toEqual([]);
    expect(Object.keys(PACKAGES).filter((name) => !packages.some(({ target }) => packageOf(target) === name))).toEqual([]);
  });

  it('declares every npm package that it uses', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const declared = { ...dependencies, ...devDependencies };
    expect(Object.keys(PACKAGES).filter((name) => !(name in declared))).toEqual([]);
    expect(Object.keys(dependencies).filter((name) => !(name in PACKAGES))).toEqual([]);
  });
});

describe('index.ts', () => {
  const entries = sources('src').filter((file) => /^src\/([^/]+\/)?index\.ts$/.test(file));

  it.each(entries)('%s opens with what the room is', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).toMatch(/^\/\*\*[^]*?@packageDocumentation/);
  });

  it.each(entries)('%s lists its exports one by one', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/export \*/);
  });
});
