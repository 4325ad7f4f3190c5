/**
 * Go's `filepath.Match` over a cleaned pattern, which slices are written for (buildpack.md#slice-layers): `*` and `?`
 * do not cross `/`, there is no `**`, and `[a-z]` and `[^a]` are classes. undefined when the pattern is malformed.
 */
export function compileGlob(pattern: string): ((path: string) => boolean) | undefined {
  const characters = [...cleanPath(pattern)];
  let source = '';
  while (characters.length > 0) {
    const character = characters.shift()!;
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const parsed = takeClass(characters);
      if (parsed === undefined) return undefined;
      source += parsed;
    } else if (character === '\\') {
      const escaped = characters.shift();
      if (escaped === undefined) return undefined;
      source += literal(escaped);
    } else source += literal(character);
  }
  const expression = new RegExp(`^${source}$`, 'su');
  return (path) => expression.test(path);
}

/** Takes a class up to its `]`. Unlike `*` and `?` it may match `/`, and a range that runs backwards matches nothing. */
function takeClass(characters: string[]): string | undefined {
  const negated = characters[0] === '^';
  if (negated) characters.shift();
  let ranges = '';
  for (let first = true; first || characters[0] !== ']'; first = false) {
    const low = takeMember(characters);
    if (low === undefined) return undefined;
    let high: string | undefined = low;
    if (characters[0] === '-') {
      characters.shift();
      high = takeMember(characters);
      if (high === undefined) return undefined;
    }
    if (low.codePointAt(0)! <= high.codePointAt(0)!) ranges += `${literal(low)}-${literal(high)}`;
  }
  characters.shift();
  return `[${negated ? '^' : ''}${ranges}]`;
}

/** One end of a range. `-` and `]` must be escaped, and something must follow. */
function takeMember(characters: string[]): string | undefined {
  const character = characters.shift();
  const member = character === '\\' ? characters.shift() : character === '-' || character === ']' ? undefined : character;
  return characters.length === 0 ? undefined : member;
}

const literal = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`;

/** Go's `filepath.Clean`. */
function cleanPath(path: string): string {
  const isAbsolute = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !isAbsolute) parts.push(part);
  }
  return (isAbsolute ? '/' : '') + parts.join('/') || '.';
}
