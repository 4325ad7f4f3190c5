import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, readApplicationPart } from '../../../src/sdk/index.ts';
import { lockfileInvalid } from './errors.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { readWorkspace, type Member, type Workspace } from './workspaces.ts';

/** A lockfile as far as every package manager has it. */
export interface Lockfile {
  /** `yarn.lock`. */
  readonly file: string;
  readonly text: string;
  readonly digest: string;
}

/** An application with a package.json. */
export interface Project {
  readonly directory: string;
  /** The package.json at the root: what an installation starts from. */
  readonly root: Manifest;
  /** The package.json of what is built and started: the root's, or that of the member that `BP_APP` names. */
  readonly manifest: Manifest;
  /** Where that is, relative to the root; empty for the root itself. */
  readonly part: string;
  readonly workspace: Workspace | undefined;
  readonly lockfile: Lockfile | undefined;
}

/** Reads the application's manifests; undefined without a package.json. Throws `JSON_INVALID`, `NODE_MANIFEST_INVALID`, `NODE_APP_UNKNOWN`, `APP_INVALID`. */
export async function readProject(
  directory: string,
  env: Readonly<Record<string, string>>,
  lockfiles: (root: Manifest) => readonly string[],
): Promise<Project | undefined> {
  const root = readManifest(directory);
  if (root === undefined) return undefined;
  const part = readApplicationPart(directory, env);
  const workspace = await readWorkspace(directory, root, part);
  return {
    directory,
    root,
    part,
    manifest: workspace?.app?.manifest ?? root,
    workspace,
    lockfile: readLockfile(directory, lockfiles(root)),
  };
}

/** The first of the lockfiles that is there. Throws `NODE_LOCKFILE_INVALID` when it is not a file. */
function readLockfile(directory: string, names: readonly string[]): Lockfile | undefined {
  const file = names.find((name) => existsSync(join(directory, name)));
  if (file === undefined) return undefined;
  if (!statSync(join(directory, file)).isFile()) throw lockfileInvalid(file, 'it is not a file');
  const text = readFileSync(join(directory, file), 'utf8');
  return { file, text, digest: digestOf(text) };
}

/** The members of the workspace that are to be built, what the application needs first and the application last; none without a workspace. */
export function membersToBuild(project: Project): readonly Member[] {
  return project.workspace?.needed ?? [];
}

/** Folders that may hold a node_modules, relative to the root: the root itself and the members. */
export function packageFolders(project: Project): readonly string[] {
  return ['', ...(project.workspace?.members.map(({ path }) => path) ?? [])];
}
