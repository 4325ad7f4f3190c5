import { existsSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { compileGlobs } from '../../../src/sdk/index.ts';

/** Paths of files and folders below `root` that a glob matches (`*` and `?` within a name, `**` across folders), relative to it and in name order. Links are not followed. */
export function findPaths(root: string, pattern: string): readonly string[] {
  const glob = pattern.replace(/^\.\//, '');
  const expression = compileGlobs([glob])!;
  // Names before the first wildcard need no search.
  const fixed = /^(?:[^*?]*\/)?/.exec(glob)![0].replace(/\/$/, '');
  const found: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (expression.test(path)) found.push(path);
      if (entry.isDirectory()) visit(path);
    }
  };
  if (existsSync(join(root, fixed))) visit(fixed);
  return found.sort();
}
