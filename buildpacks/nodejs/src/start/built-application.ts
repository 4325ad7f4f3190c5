import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isFile, isFolder } from '../../../../src/sdk/index.ts';
import type { PackageManager } from '../package-managers/package-manager.ts';
import type { Manifest } from '../manifest.ts';
import type { PackageTree } from '../package-tree.ts';
import { findFrameworkServer } from './framework-server.ts';
import type { BuiltApplication } from './start-command.ts';

/** What is there once the packages are installed and the scripts have run. */
export interface BuiltFolder {
  /** The application directory. */
  readonly root: string;
  /** Folder of the package.json that counts, relative to the root. */
  readonly part: string;
  readonly manifest: Manifest | undefined;
  readonly manager: PackageManager | undefined;
  /** Where scripts have found devDependencies; undefined when they are not kept apart. */
  readonly development: PackageTree | undefined;
}

/** Looks at a built application for {@link chooseWebProcess}. Programs of Plug'n'Play are asked for by name, as `programs` lists them. */
export async function inspectApplication({ root, part, manifest, manager, development }: BuiltFolder, programs: readonly string[]): Promise<BuiltApplication> {
  const folder = join(root, part);
  const asked = new Map<string, string>();
  for (const name of programs) {
    const file = await manager?.findProgram?.(name, folder);
    if (file !== undefined) asked.set(name, file);
  }
  const binFolders = [...new Set([folder, root])].map((base) => join(base, 'node_modules/.bin'));
  return {
    manifest,
    manager: manager?.name ?? 'npm',
    framework: manifest === undefined ? undefined : findFrameworkServer(folder, part, manifest),
    isFile: (path) => isFile(join(folder, path)),
    isDirectory: (path) => isFolder(join(folder, path)),
    resolveProgram(program) {
      const archived = asked.get(program);
      if (archived !== undefined) return { script: archived };
      const path = binFolders.map((bin) => join(bin, program)).find((candidate) => existsSync(candidate));
      return path === undefined ? undefined : resolveLink(path, folder);
    },
    isDevelopmentProgram(program) {
      if (development !== undefined && development.folders.some((at) => existsSync(join(development.directory, at, 'node_modules/.bin', program)))) return true;
      return manifest?.devDependencies[program] !== undefined;
    },
  };
}

/** The JavaScript file behind a program of node_modules/.bin: a link, or a shell script that starts it. */
function resolveLink(path: string, folder: string): { readonly script: string } | 'foreign' {
  const target = lstatSync(path).isSymbolicLink() ? realpathSync(path) : shimTarget(path);
  if (target === undefined || !/^#!.*\bnode\b/.test(readFileSync(target, 'utf8').split('\n', 1)[0] ?? '')) return 'foreign';
  const nodeModules = join(path, '../..');
  return { script: relative(folder, join(nodeModules, relative(realpathSync(nodeModules), target))) };
}

function shimTarget(path: string): string | undefined {
  const file = /exec node\s+"\$basedir\/([^"]+)"/.exec(readFileSync(path, 'utf8'))?.[1];
  const target = file === undefined ? undefined : join(path, '..', file);
  return target !== undefined && existsSync(target) ? realpathSync(target) : undefined;
}
