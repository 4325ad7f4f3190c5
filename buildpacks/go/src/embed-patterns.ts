/** What `//go:embed` of a package names: a folder of the application, and patterns below it. */
export interface EmbeddedFiles {
  /** Relative to the application; empty at its root. */
  readonly folder: string;
  readonly patterns: readonly string[];
}

/**
 * Whether the build put a file of the application into a program: a pattern matches it, or one of the folders it lies in
 * (https://pkg.go.dev/embed). Hidden files of a matched folder are embedded with the prefix `all:` alone.
 */
export function isEmbedded(path: string, embedded: readonly EmbeddedFiles[]): boolean {
  return embedded.some(({ folder, patterns }) => {
    if (folder !== '' && !path.startsWith(`${folder}/`)) return false;
    const names = path.slice(folder === '' ? 0 : folder.length + 1).split('/');
    return patterns.some((pattern) => matches(names, pattern));
  });
}

function matches(names: readonly string[], pattern: string): boolean {
  const all = pattern.startsWith('all:');
  const parts = (all ? pattern.slice(4) : pattern).split('/').filter((part) => part !== '.' && part !== '');
  if (parts.length > names.length || !parts.every((part, index) => globOf(part).test(names[index]!))) return false;
  return all || names.slice(parts.length).every((name) => !/^[._]/.test(name));
}

/** A pattern of one name as https://pkg.go.dev/path#Match has it. */
function globOf(part: string): RegExp {
  const source = part.replace(/\\(.)|\[(\^?)([^\]]+)\]|[*?]|[.+^${}()|[\]\\]/g, (text, escaped?: string, not?: string, set?: string) => {
    if (escaped !== undefined) return `\\${escaped}`;
    if (set !== undefined) return `[${not!}${set.replace(/[\\[]/g, '\\$&')}]`;
    return text === '*' ? '[^/]*' : text === '?' ? '[^/]' : `\\${text}`;
  });
  return new RegExp(`^${source}$`, 's');
}
