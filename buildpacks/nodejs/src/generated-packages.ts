import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TOOL_CACHES, VIRTUAL_STORES } from './clean-tree.ts';
import { copyInto } from './kept-output.ts';

const KNOWN = new Set<string>(['.bin', ...VIRTUAL_STORES, ...TOOL_CACHES]);

/** Folders among the packages that a script may fill with what runs later, such as Prisma's client, relative to `nodeModules`. */
function generatedFolders(nodeModules: string): readonly string[] {
  const stores = VIRTUAL_STORES.flatMap((store) => listFolders(join(nodeModules, store)).map((name) => join(store, name, 'node_modules')));
  return ['', ...stores].flatMap((folder) =>
    listFolders(join(nodeModules, folder))
      .filter((name) => name.startsWith('.') && !KNOWN.has(name))
      .map((name) => join(folder, name)),
  );
}

function listFolders(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** Copies what scripts generated among the packages into another folder, in the place of what is there. Folders of packages that are not there are left out. */
export function copyGenerated(from: string, to: string, onlyBesidePackages = false): void {
  for (const path of generatedFolders(from)) {
    if (onlyBesidePackages && !existsSync(dirname(join(to, path)))) continue;
    rmSync(join(to, path), { recursive: true, force: true });
    copyInto(join(from, path), join(to, path));
  }
}
