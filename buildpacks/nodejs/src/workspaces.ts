import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appUnknown } from './errors.ts';
import { isTable, readManifest, type Manifest } from './manifest.ts';
import { parseYamlFile } from './yaml-file.ts';

/** A package of a workspace. */
export interface Member {
  /** Relative to the root: `packages/web`. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** A repository with several packages and one lockfile. */
export interface Workspace {
  readonly members: readonly Member[];
  /** What `BP_APP` names; undefined when the root itself is the application. */
  readonly app: Member | undefined;
  /** {@link app} and the members that it depends on, each after those that it needs itself; empty without an app. */
  readonly needed: readonly Member[];
  /** Whether pnpm-workspace.yaml has more than the list of members. */
  readonly hasPnpmSettings: boolean;
  /** Files that `patchedDependencies` of pnpm-workspace.yaml names. */
  readonly pnpmPatches: readonly string[];
}

/** Reads the members that package.json (`workspaces`) or pnpm-workspace.yaml (`packages`) lists. Throws `NODE_APP_UNKNOWN` when `part` is none of them, `YAML_INVALID`. */
export async function readWorkspace(directory: string, root: Manifest, part: string): Promise<Workspace | undefined> {
  const pnpm = await readPnpmWorkspace(directory);
  if (root.workspaces.length === 0 && pnpm === undefined && part === '') return undefined;
  const members = findMembers(directory, [...root.workspaces, ...texts(pnpm?.['packages'])]);
  const common = {
    members,
    hasPnpmSettings: Object.keys(pnpm ?? {}).some((name) => !['packages', 'catalog', 'catalogs'].includes(name)),
    pnpmPatches: patchesOf(pnpm),
  };
  if (part === '') return { ...common, app: undefined, needed: [] };
  const app = members.find(({ path }) => path === part);
  if (app === undefined)
    throw appUnknown(
      part,
      members.map(({ path }) => path),
    );
  return { ...common, app, needed: closureOf(app, members) };
}

async function readPnpmWorkspace(directory: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const file = join(directory, 'pnpm-workspace.yaml');
  if (!existsSync(file)) return undefined;
  const value = await parseYamlFile(readFileSync(file, 'utf8'), 'pnpm-workspace.yaml');
  return isTable(value) ? value : {};
}

function patchesOf(pnpm: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  const patches = pnpm?.['patchedDependencies'];
  return isTable(patches) ? texts(Object.values(patches)) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}

/** Every folder with a package.json that the patterns fit, in name order. */
function findMembers(directory: string, patterns: readonly string[]): readonly Member[] {
  const tests = patterns.map((pattern) => ({ wanted: !pattern.startsWith('!'), expression: globExpression(pattern) }));
  const isMember = (path: string) => tests.reduce((fits, { wanted, expression }) => (expression.test(path) ? wanted : fits), false);
  const members: Member[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(directory, folder), { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const manifest = isMember(path) ? readManifest(join(directory, path), `${path}/package.json`) : undefined;
      if (manifest !== undefined) members.push({ path, manifest });
      visit(path);
    }
  };
  if (patterns.length > 0) visit('');
  return members.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A workspace pattern as an expression over relative paths: `*` is one folder name, or part of it, `**` any number of folders. */
function globExpression(pattern: string): RegExp {
  const path = pattern.replace(/^!/, '').replace(/^\.\//, '').replace(/\/+$/, '');
  const source = path
    .split('/')
    .map((part) =>
      part === '**'
        ? '(?:[^/]+/)*[^/]+'
        : part
            .replace(/[.+^${}()|[\]\\?]/g, '\\$&')
            .replaceAll('*', '[^/]*')
            .replace(/\\\{([^}]*)\\\}/g, (_, names: string) => `(?:${names.replaceAll(',', '|')})`),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}

function closureOf(app: Member, members: readonly Member[]): readonly Member[] {
  const byName = new Map(members.map((member) => [member.manifest.name, member]));
  const ordered = new Set<Member>();
  const open = new Set<Member>();
  const visit = (member: Member) => {
    if (ordered.has(member) || open.has(member)) return; // packages may need each other
    open.add(member);
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = member.manifest;
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies }).sort()) {
      const needed = byName.get(name);
      if (needed !== undefined) visit(needed);
    }
    ordered.add(member);
  };
  visit(app);
  return [...ordered];
}
