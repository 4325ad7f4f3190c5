import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isFolder } from '../../../src/sdk/index.ts';

/** Files of a node-gyp build that are not its result. They name paths and times of the build. */
const BUILD_LEFTOVERS = new Set([
  'Makefile',
  'binding.Makefile',
  'config.gypi',
  'gyp-mac-tool',
  'node_gyp_bins',
  '.deps',
  'obj',
  'obj.target',
  'obj.host',
  '.forge-meta',
]);
const LEFTOVER_SUFFIX = /\.(?:o|a|d|stamp|mk|ar-file-list)$/;

/** Folders at the top of node_modules that tools fill while they build. */
export const TOOL_CACHES = ['.cache', '.vite', '.vite-temp'] as const;

/** Folders in which pnpm, and Yarn when it links as pnpm does, keep the packages that node_modules links to. */
export const VIRTUAL_STORES = ['.pnpm', '.store'] as const;

/** What package managers note for their next run: registries, places and times. */
const NOTES = [
  '.package-lock.json',
  '.yarn-integrity',
  '.yarn-state.yml',
  '.modules.yaml',
  '.pnpm-workspace-state.json',
  '.pnpm-workspace-state-v1.json',
  '.pnpm/lock.yaml',
] as const;

/** Takes from a production tree what running does not need and what differs from build to build: notes of the package manager, tool caches, and the intermediate files of native modules. */
export function cleanTree(nodeModules: string): void {
  for (const name of NOTES) rmSync(join(nodeModules, name), { force: true });
  for (const name of TOOL_CACHES) rmSync(join(nodeModules, name), { recursive: true, force: true });
  for (const directory of packageDirectories(nodeModules)) {
    if (existsSync(join(directory, 'binding.gyp'))) cleanNativeModule(directory);
  }
}

function cleanNativeModule(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    // node-pre-gyp compiles there and copies the result to where the module looks for it.
    if (entry.isDirectory() && entry.name.startsWith('build-tmp')) rmSync(path, { recursive: true });
    else if (entry.isDirectory() && entry.name === 'build') removeLeftovers(path, (name) => BUILD_LEFTOVERS.has(name) || LEFTOVER_SUFFIX.test(name));
    // gyp writes one beside each project file, wherever in the package that is.
    else if (entry.isDirectory() && entry.name !== 'node_modules') removeLeftovers(path, (name) => name.endsWith('.target.mk'));
  }
}

function removeLeftovers(directory: string, isLeftover: (name: string) => boolean): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (isLeftover(entry.name)) rmSync(path, { recursive: true });
    else if (entry.isDirectory()) removeLeftovers(path, isLeftover);
  }
}

/** Every package folder of a tree, nested ones included. */
export function* packageDirectories(nodeModules: string): Generator<string> {
  for (const name of list(nodeModules)) {
    const path = join(nodeModules, name);
    if (VIRTUAL_STORES.some((store) => store === name)) {
      for (const entry of list(path)) yield* packageDirectories(join(path, entry, 'node_modules'));
    }
    if (name.startsWith('.')) continue;
    if (!lstatSync(path).isDirectory()) continue;
    if (name.startsWith('@')) {
      for (const inner of list(path)) {
        const scoped = join(path, inner);
        if (lstatSync(scoped).isDirectory()) yield* withNested(scoped);
      }
    } else yield* withNested(path);
  }
}

function* withNested(directory: string): Generator<string> {
  yield directory;
  yield* packageDirectories(join(directory, 'node_modules'));
}

function list(directory: string): readonly string[] {
  return isFolder(directory) ? readdirSync(directory).sort() : [];
}
