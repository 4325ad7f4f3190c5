/**
 * Go's `filepath.Match` over a cleaned pattern, which slices are written for (buildpack.md#slice-layers): `*` and `?`
 * do not cross `/`, there is no `**`, and `[a-z]` and `[^a]` are classes. undefined when the pattern is malformed.
 */
export function compileGlob(pattern: string): ((path: string) => boolean) | undefined {
  let source = '';
  const text = cleanPath(pattern);
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const end = classEnd(text, index);
      if (end < 0) return undefined;
      const negated = text[index + 1] === '^';
      const body = text.slice(index + (negated ? 2 : 1), end).replace(/[[\]^]/g, '\\$&');
      source += negated ? `(?!/)[^${body}]` : `(?!/)[${body}]`;
      index = end;
    } else if (character === '\\') {
      index += 1;
      if (index === text.length) return undefined;
      source += escape(text[index]!);
    } else source += escape(character);
  }
  try {
    const expression = new RegExp(`^${source}$`, 'su');
    return (path) => expression.test(path);
  } catch {
    return undefined;
  }
}

function classEnd(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === ']' && index > start + (text[start + 1] === '^' ? 2 : 1)) return index;
  }
  return -1;
}

const escape = (character: string) => character.replace(/[\\^$.*+?()[\]{}|/-]/g, (special) => (special === '-' || special === '/' ? special : `\\${special}`));

/** Go's `filepath.Clean` of a relative path. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/') || '.';
}
