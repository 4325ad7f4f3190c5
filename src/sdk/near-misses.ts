import { readdirSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { nearestNames } from '../foundation/index.ts';

const SKIPPED = new Set(['node_modules', '.git', 'vendor', 'target', 'dist', '.venv']);
/** Folders with more entries than this are not searched: near misses are a courtesy. */
const MAXIMUM_ENTRIES = 2000;
const SHOWN = 5;

/** Paths, relative to `directory`, that nearly are one of the wanted files: the same name in a folder below (two levels), or a mistyped one at the top. */
export function findNearMisses(directory: string, names: readonly string[]): readonly string[] {
  const found: string[] = [];
  const visit = (folder: string, depth: number) => {
    for (const entry of list(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (depth < 2 && !SKIPPED.has(entry.name)) visit(path, depth + 1);
      } else if (
        depth > 0
          ? names.includes(entry.name)
          : !names.includes(entry.name) && names.some((name) => nearestNames(name, [entry.name], 1).length > 0 && entry.name.length > 3)
      ) {
        found.push(relative(directory, path));
      }
    }
  };
  visit(directory, 0);
  return found.sort().slice(0, 5);
}

/** What a folder holds, for a detection that fails: `the folder holds go.mod, main.go and 3 more`. Hidden files are not told of. */
export function describeFolder(directory: string): string {
  const names = list(directory)
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.'))
    .sort();
  if (names.length === 0) return 'the folder is empty';
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `the folder holds ${names.slice(0, SHOWN).join(', ')}${more}`;
}

function list(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).slice(0, MAXIMUM_ENTRIES);
  } catch {
    return [];
  }
}
