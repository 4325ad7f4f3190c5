/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Says what is wrong with a word; the caller knows the line. */
export class ExpansionProblem extends Error {}

interface Reader {
  readonly text: string;
  at: number;
}

/**
 * Expands variables and takes quotes and escapes off, as Docker does for a word of an instruction (Dockerfile
 * reference, "Environment replacement"): `$name`, `${name}`, `${name:-word}`, `${name:+word}`, `${name:?word}` with and
 * without the colon, `${name#pattern}`, `##`, `%`, `%%`, `${name/pattern/word}`, `//`. Throws {@link ExpansionProblem}.
 */
export function expandWord(word: string, lookup: Lookup, escape: string): string {
  return readUntil({ text: word, at: 0 }, '', { lookup, escape, keepQuotes: false });
}

/** As {@link expandWord}, for text in which quotes mean nothing: the content of a here-document. */
export function expandText(text: string, lookup: Lookup, escape: string): string {
  return readUntil({ text, at: 0 }, '', { lookup, escape, keepQuotes: true });
}

interface Rules {
  readonly lookup: Lookup;
  readonly escape: string;
  readonly keepQuotes: boolean;
}

function readUntil(reader: Reader, ends: string, rules: Rules): string {
  const { text } = reader;
  let result = '';
  while (reader.at < text.length) {
    const character = text[reader.at]!;
    if (ends.includes(character)) return result;
    reader.at++;
    if (character === rules.escape) result += readEscaped(reader, rules);
    else if (character === "'" && !rules.keepQuotes) result += readSingleQuoted(reader);
    else if (character === '"' && !rules.keepQuotes) result += readDoubleQuoted(reader, rules);
    else if (character === '$') result += readVariable(reader, rules);
    else result += character;
  }
  if (ends !== '') throw new ExpansionProblem(`"${text}" lacks its "${ends.at(-1)!}"`);
  return result;
}

function readEscaped(reader: Reader, { escape, keepQuotes }: Rules): string {
  const next = reader.text[reader.at];
  // Here-documents, as in a shell: only these are escaped.
  if (next === undefined || (keepQuotes && next !== '$' && next !== escape)) return escape;
  reader.at++;
  return next;
}

function readSingleQuoted(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at);
  if (end < 0) throw new ExpansionProblem(`"${reader.text}" has a ' that is not closed`);
  const quoted = reader.text.slice(reader.at, end);
  reader.at = end + 1;
  return quoted;
}

function readDoubleQuoted(reader: Reader, rules: Rules): string {
  const { text } = reader;
  let result = '';
  while (reader.at < text.length) {
    const character = text[reader.at++]!;
    if (character === '"') return result;
    if (character === '$') result += readVariable(reader, rules);
    else if (character === rules.escape) {
      const next = text[reader.at];
      if (next === '"' || next === '$' || next === rules.escape) {
        result += next;
        reader.at++;
      } else result += character;
    } else result += character;
  }
  throw new ExpansionProblem(`"${text}" has a " that is not closed`);
}

/** After the `$`. */
function readVariable(reader: Reader, rules: Rules): string {
  const { text } = reader;
  if (text[reader.at] !== '{') {
    const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#!?-])/u.exec(text.slice(reader.at))?.[0];
    if (name === undefined) return '$';
    reader.at += name.length;
    return rules.lookup(name) ?? '';
  }
  reader.at++;
  const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+)/u.exec(text.slice(reader.at))?.[0];
  if (name === undefined) throw new ExpansionProblem(`"${text}" holds a "\${" without the name of a variable`);
  reader.at += name.length;
  const value = readModifier(reader, name, rules);
  if (text[reader.at] !== '}') throw new ExpansionProblem(`"${text}" has a "\${" that is not closed`);
  reader.at++;
  return value;
}

/** What stands between the name and the `}`. */
function readModifier(reader: Reader, name: string, rules: Rules): string {
  const { text } = reader;
  const value = rules.lookup(name);
  const rest = text.slice(reader.at);
  if (rest === '' || rest.startsWith('}')) return value ?? '';
  const operator = /^(?::?[-+?]|##?|%%?|\/\/?)/u.exec(rest)?.[0];
  if (operator === undefined) throw new ExpansionProblem(`"${text}" holds an unknown modifier after "\${${name}"`);
  reader.at += operator.length;
  if (operator.startsWith('/')) {
    const pattern = readUntil(reader, '/}', rules);
    let replacement = '';
    if (text[reader.at] === '/') {
      reader.at++;
      replacement = readUntil(reader, '}', rules);
    }
    return replacePattern(value ?? '', pattern, replacement, operator === '//');
  }
  const word = readUntil(reader, '}', rules);
  const isMissing = value === undefined || (operator.startsWith(':') && value === '');
  switch (operator.at(-1)) {
    case '-':
      return isMissing ? word : value;
    case '+':
      return isMissing ? '' : word;
    case '?':
      if (isMissing) throw new ExpansionProblem(`${name} is not set${word === '' ? '' : `: ${word}`}`);
      return value;
    default:
      return trimPattern(value ?? '', word, operator);
  }
}

function replacePattern(value: string, pattern: string, replacement: string, all: boolean): string {
  if (pattern === '') return value;
  return value.replace(new RegExp(globSource(pattern, true), all ? 'gsu' : 'su'), () => replacement);
}

function trimPattern(value: string, pattern: string, operator: string): string {
  const longest = operator.length === 2;
  if (operator.startsWith('#')) return value.replace(new RegExp(`^${globSource(pattern, longest)}`, 'su'), '');
  // The shortest match at the end is the one that begins last.
  const expression = new RegExp(`^${globSource(pattern, true)}$`, 'su');
  const starts = Array.from({ length: value.length + 1 }, (_, index) => index);
  const start = (longest ? starts : starts.reverse()).find((index) => expression.test(value.slice(index)));
  return start === undefined ? value : value.slice(0, start);
}

/** `*` and `?` of a shell's pattern, all else literally. */
function globSource(pattern: string, greedy: boolean): string {
  return [...pattern]
    .map((character) => (character === '*' ? (greedy ? '.*' : '.*?') : character === '?' ? '.' : character.replace(/[\\^$.|+()[\]{}/]/u, '\\$&')))
    .join('');
}
