import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a node-gyp build that are not its result. They name paths and times of the build. */
const BUILD_LEFTOVERS = new Set(['Makefile', 'binding.Makefile', 'config.gypi', 'gyp-mac-tool', 'node_gyp_bins', '.deps', 'obj', 'obj.target', 'obj.host']);

/**
 * Takes from a production tree what running does not need and what differs from build to build: npm's hidden lockfile (it names the
 * registry), tool caches, and the intermediate files of native modules.
 */
export function cleanTree(nodeModules: string): void {
  rmSync(join(nodeModules, '.package-lock.json'), { force: true });
  for (const name of TOOL_CACHES) rmSync(join(nodeModules, name), { recursive: true, force: true });
  for (const directory of packageDirectories(nodeModules)) {
    const build = join(directory, 'build');
    if (existsSync(join(build, 'config.gypi')) || existsSync(join(build, 'Makefile'))) cleanNativeBuild(build);
  }
}

/** Folders at the top of node_modules that tools fill while they build. */
export const TOOL_CACHES = ['.cache', '.vite', '.vite-temp'] as const;

function cleanNativeBuild(build: string): void {
  for (const entry of readdirSync(build, { withFileTypes: true })) {
    const path = join(build, entry.name);
    if (BUILD_LEFTOVERS.has(entry.name) || entry.name.endsWith('.mk')) rmSync(path, { recursive: true });
    else if (entry.isDirectory()) {
      for (const inner of readdirSync(path)) {
        if (BUILD_LEFTOVERS.has(inner) || inner.endsWith('.o') || inner.endsWith('.a')) rmSync(join(path, inner), { recursive: true });
      }
    }
  }
}

/** Every package folder of a tree, nested ones included. */
export function* packageDirectories(nodeModules: string): Generator<string> {
  for (const name of list(nodeModules)) {
    if (name.startsWith('.')) continue;
    const path = join(nodeModules, name);
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
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}
