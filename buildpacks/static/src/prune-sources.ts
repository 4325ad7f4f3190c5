import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Removes everything of the application but a folder and what is kept, both relative; returns how many entries went. The image then holds the site and not what it was made of. */
export function pruneSources(applicationDirectory: string, folder: string, kept: readonly string[]): number {
  const [first, ...rest] = folder.split('/');
  let removed = 0;
  for (const name of readdirSync(applicationDirectory)) {
    if (name === first || kept.includes(name)) continue;
    rmSync(join(applicationDirectory, name), { recursive: true, force: true });
    removed++;
  }
  return rest.length === 0 ? removed : removed + pruneSources(join(applicationDirectory, first!), rest.join('/'), []);
}
