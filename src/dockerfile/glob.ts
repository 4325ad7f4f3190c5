/**
 * Go's `filepath.Match` over whole paths, as COPY and `.dockerignore` use it: `*` and `?` stay in one name, `[a-z]`,
 * `[^a-z]`, `\` escapes, and `**` stands for any number of folders. undefined for a malformed pattern.
 */
export function compileGlob(pattern: string): RegExp | undefined {
  let source = '';
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]!;
    if (character === '*' && characters[index + 1] === '*') {
      index++;
      const slash = characters[index + 1] === '/';
      if (slash) index++;
      source += slash ? '(?:.*/)?' : '.*';
    } else if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const end = closingBracket(characters, index);
      if (end === undefined) return undefined;
      source += classSource(characters.slice(index + 1, end));
      index = end;
    } else if (character === '\\') {
      const next = characters[++index];
      if (next === undefined) return undefined;
      source += literal(next);
    } else source += literal(character);
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    return undefined;
  }
}

/** Whether text holds anything that a glob gives a meaning. */
export function hasGlob(text: string): boolean {
  return /[*?[\\]/u.test(text);
}

function closingBracket(characters: readonly string[], open: number): number | undefined {
  for (let index = open + 1; index < characters.length; index++) {
    if (characters[index] === '\\') index++;
    else if (characters[index] === ']' && index > open + 1) return index;
  }
  return undefined;
}

function classSource(inner: readonly string[]): string {
  const negated = inner[0] === '^' || inner[0] === '!';
  let source = '';
  for (let index = negated ? 1 : 0; index < inner.length; index++) {
    const character = inner[index]!;
    if (character === '\\') source += literal(inner[++index] ?? '');
    else source += character === '-' ? '-' : literal(character);
  }
  return `[${negated ? '^/' : ''}${source}]`;
}

const literal = (character: string) => (character === '' ? '' : `\\u{${character.codePointAt(0)!.toString(16)}}`);
