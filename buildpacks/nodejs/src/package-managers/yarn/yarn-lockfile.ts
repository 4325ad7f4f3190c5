import { lockfileInvalid } from '../../errors.ts';
import type { KnownPackage } from '../../package-sbom.ts';

/** yarn.lock of Yarn 1. */
export interface YarnLockfile {
  /** Every `name@range` that has an entry. */
  readonly patterns: ReadonlySet<string>;
  /** By `name@version`. */
  readonly packages: ReadonlyMap<string, KnownPackage>;
  /** Whether any range of the package has an entry. */
  has(name: string): boolean;
}

/** Reads the text of a yarn.lock of Yarn 1: entries without indentation, their fields with two blanks, dependencies with four. Throws `NODE_LOCKFILE_INVALID` with the line. */
export function parseYarnLockfile(text: string, file: string): YarnLockfile {
  const patterns = new Set<string>();
  const names = new Set<string>();
  const packages = new Map<string, KnownPackage>();
  let entry: { name: string; version?: string; integrity?: string; needs: string[] } | undefined;
  let list = '';
  const finish = () => {
    if (entry?.version !== undefined)
      packages.set(`${entry.name}@${entry.version}`, { version: entry.version, integrity: entry.integrity, license: undefined, needs: entry.needs });
  };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (/^(?:<<<<<<<|=======|>>>>>>>)/.test(line)) throw lockfileInvalid(`${file}:${index + 1}`, 'there is an unresolved merge', 'yarn install');
    if (content === '' || content.startsWith('#')) continue;
    const depth = line.length - line.trimStart().length;
    if (depth === 0) {
      finish();
      const keys = content.endsWith(':') ? readWords(content.slice(0, -1).replaceAll(', ', ' ')) : [];
      const [first] = keys;
      if (first === undefined) throw lockfileInvalid(`${file}:${index + 1}`, 'want an entry such as "express@^4:"', 'yarn install');
      for (const key of keys) {
        patterns.add(key);
        names.add(nameOf(key));
      }
      entry = { name: nameOf(first), needs: [] };
      list = '';
    } else if (depth === 2) {
      const [key = '', value = ''] = readWords(content);
      list = key;
      if (key === 'version') entry!.version = value;
      if (key === 'integrity') entry!.integrity = value;
    } else if (list === 'dependencies:' || list === 'optionalDependencies:') entry!.needs.push(readWords(content)[0] ?? '');
  }
  finish();
  return { patterns, packages, has: (name) => names.has(name) };
}

/** Words of a line; those in double quotes are JSON strings. */
function readWords(text: string): readonly string[] {
  return (text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word));
}

/** The package of `name@range`; `alias@npm:name@range` counts as the package behind it. */
function nameOf(pattern: string): string {
  const alias = /@npm:(@?[^@]+)(?:@|$)/.exec(pattern)?.[1];
  return alias ?? pattern.slice(0, pattern.indexOf('@', 1) === -1 ? undefined : pattern.indexOf('@', 1));
}
