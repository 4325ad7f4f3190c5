import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isFile, isFolder } from '../../../src/sdk/index.ts';

/** What included files hold, one after the other; a `*` in the name stands for any text of one name. Files that are not there are nginx' to complain of. */
export function includedText(includes: readonly string[]): string {
  return includes
    .flatMap(expand)
    .filter((path) => isFile(path))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

function expand(path: string): readonly string[] {
  if (!basename(path).includes('*')) return [path];
  const pattern = new RegExp(`^${basename(path).split('*').map(escaped).join('.*')}$`);
  if (!isFolder(dirname(path))) return [];
  return readdirSync(dirname(path))
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(dirname(path), name));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
