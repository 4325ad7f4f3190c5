/** A command line that needs no shell: variables set for it, then the words. */
export interface SimpleCommand {
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly words: readonly string[];
}

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/**
 * Splits a command line as a shell would, as long as no shell is needed: words, quotes, escapes and leading assignments. Anything
 * that a shell would expand, redirect or combine makes the answer undefined.
 */
export function parseSimpleCommand(text: string): SimpleCommand | undefined {
  const words: { text: string; quoted: boolean }[] = [];
  let word: { text: string; quoted: boolean } | undefined;
  const add = (characters: string, quoted = false) => {
    word ??= { text: '', quoted: false };
    // A quote before the "=" hides an assignment from the shell.
    word.quoted ||= quoted && !word.text.includes('=');
    word.text += characters;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === ' ' || character === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'") {
      const end = text.indexOf("'", at + 1);
      if (end === -1) return undefined;
      add(text.slice(at + 1, end), true);
      at = end;
    } else if (character === '"') {
      const end = closingQuote(text, at);
      const content = text.slice(at + 1, end);
      if (end === -1 || /[$`]/.test(content)) return undefined;
      add(content.replace(/\\(["\\])/g, '$1'), true);
      at = end;
    } else if (character === '\\') {
      if (at + 1 === text.length) return undefined;
      add(text.charAt(++at), true);
    } else if (/[$`|&;<>()*?[\]{}~#!\n\r]/.test(character)) {
      return undefined;
    } else add(character);
  }
  if (word !== undefined) words.push(word);

  const env: (readonly [string, string])[] = [];
  let first = 0;
  for (; first < words.length; first++) {
    const match = words[first]!.quoted ? null : ASSIGNMENT.exec(words[first]!.text);
    if (match === null) break;
    env.push([match[1]!, match[2]!]);
  }
  return first === words.length ? undefined : { env, words: words.slice(first).map(({ text: content }) => content) };
}

function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text.charAt(at) === '\\') at++;
    else if (text.charAt(at) === '"') return at;
  }
  return -1;
}
