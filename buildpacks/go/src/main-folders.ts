import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { mainMissing } from './errors.ts';

/** Where main packages lie, told from the files alone. */
export interface MainFolders {
  /** Folders with Go files that `./...` looks at. */
  readonly packages: number;
  /** Those of them with a main package, as `./cmd/server`. */
  readonly mains: readonly string[];
  /** Main packages where `./...` does not look: below names with `_` or `.` first, testdata and modules of their own. */
  readonly skipped: readonly string[];
}

const MAXIMUM_DEPTH = 8;

/** Looks through the application's folders; what is vendored is not the application's. */
export function findMainFolders(root: string): MainFolders {
  const found = { packages: 0, mains: [] as string[], skipped: [] as string[] };
  const visit = (folder: string, depth: number, looked: boolean) => {
    const entries = readdirSync(folder, { withFileTypes: true });
    const sources = entries.filter((entry) => entry.isFile() && /^[^_.].*\.go$/.test(entry.name) && !entry.name.endsWith('_test.go'));
    if (sources.length > 0 && looked) found.packages += 1;
    if (sources.some(({ name }) => holdsMain(join(folder, name)))) (looked ? found.mains : found.skipped).push(`./${relative(root, folder)}`);
    for (const entry of entries) {
      if (!entry.isDirectory() || depth === MAXIMUM_DEPTH || ['.git', 'node_modules', 'vendor'].includes(entry.name)) continue;
      const path = join(folder, entry.name);
      visit(path, depth + 1, looked && !/^[_.]|^testdata$/.test(entry.name) && !readdirSync(path).includes('go.mod'));
    }
  };
  visit(root, 0, true);
  return { ...found, skipped: found.skipped.sort() };
}

/** Throws `GO_MAIN_MISSING` when a module plainly has no program, before anything is fetched for it. */
export function requireMain(root: string): void {
  const { packages, mains, skipped } = findMainFolders(root);
  if (mains.length === 0) throw mainMissing(['./...'], packages, skipped);
}

/** The package clause comes after comments alone, which may hold the words too, but not at the start of a line of code. */
function holdsMain(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  return /^package main\b/m.test(text) && !/^\/\/go:build ignore\b/m.test(text);
}
