import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { exitText, type BuildContext } from '../../../src/sdk/index.ts';
import { copyFailed } from './errors.ts';

/** Files by which Yarn's Plug'n'Play tells Node.js where packages are. */
export const PNP_FILES = ['.pnp.cjs', '.pnp.loader.mjs'] as const;

/**
 * Installed packages in a layer: a node_modules at its top and, for a workspace, in the folder of each member, or what Plug'n'Play has in
 * their place. Links to members lead into the application, so that the tree can lie anywhere.
 */
export interface PackageTree {
  readonly directory: string;
  /** Folders with a package.json, relative to the top; the top is the empty one. */
  readonly folders: readonly string[];
}

/** Makes the packages of a tree those of the application; what was in their place goes. */
export function linkTree(tree: PackageTree, applicationDirectory: string): void {
  unlinkTree(tree.folders, applicationDirectory);
  for (const folder of tree.folders) {
    const target = join(tree.directory, folder, 'node_modules');
    if (existsSync(target)) symlinkSync(target, join(applicationDirectory, folder, 'node_modules'));
  }
  for (const name of PNP_FILES) if (existsSync(join(tree.directory, name))) copyFileSync(join(tree.directory, name), join(applicationDirectory, name));
}

/** Takes all packages out of the application. */
export function unlinkTree(folders: readonly string[], applicationDirectory: string): void {
  for (const folder of folders) {
    const path = join(applicationDirectory, folder, 'node_modules');
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) rmSync(path, { recursive: true, force: true });
  }
  for (const name of PNP_FILES) rmSync(join(applicationDirectory, name), { force: true });
}

/** Copies the packages of a tree into another folder, as they are. */
export async function copyTree(context: BuildContext, tree: PackageTree, directory: string): Promise<void> {
  for (const folder of tree.folders) {
    const from = join(tree.directory, folder, 'node_modules');
    if (existsSync(from)) await copyFolder(context, from, join(directory, folder, 'node_modules'));
  }
}

/** Copies a folder with everything in it, sharing blocks where the file system can. */
export async function copyFolder(context: BuildContext, from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  const env = { PATH: context.env['PATH'] ?? '/usr/bin:/bin' };
  const result = await context.run({ command: ['cp', '-a', '--reflink=auto', from, to], cwd: '/', env, output: (text) => context.log.output(text) });
  if (result.exitCode !== 0) throw copyFailed(from, exitText(result));
}

/**
 * Points links that lead out of every node_modules, to the folder of a member, into the application: the member's sources are there, not
 * in the layer.
 */
export function redirectMembers(tree: PackageTree, applicationDirectory: string): void {
  for (const folder of tree.folders) redirectBelow(join(tree.directory, folder, 'node_modules'), tree.directory, applicationDirectory);
}

function redirectBelow(folder: string, root: string, applicationDirectory: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // Scopes and pnpm's store hold links as well; packages have their own node_modules.
    if (entry.isDirectory() && (entry.name.startsWith('@') || entry.name === '.pnpm' || entry.name === '.bin')) redirectBelow(path, root, applicationDirectory);
    else if (entry.isDirectory()) redirectBelow(join(path, 'node_modules'), root, applicationDirectory);
    if (!entry.isSymbolicLink()) continue;
    const target = relative(root, resolve(folder, readlinkSync(path)));
    if (target.startsWith('..') || target.split('/').includes('node_modules')) continue;
    rmSync(path);
    symlinkSync(join(applicationDirectory, target), path);
  }
}
