/**
 * Splits text at blanks outside of quotes; quotes and escapes stay in the words. undefined when a quote is not closed.
 * In single quotes nothing escapes.
 */
export function splitWords(text: string, escape: string): readonly string[] | undefined {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let open = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (quote === '' && /\s/u.test(character)) {
      if (open) words.push(word);
      word = '';
      open = false;
      continue;
    }
    open = true;
    word += character;
    if (character === escape && quote !== "'" && index + 1 < text.length) word += text[++index]!;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
  }
  if (quote !== '') return undefined;
  return open ? [...words, word] : words;
}

/** Where the `=` of `name=value` stands, outside of quotes; -1 when there is none. */
export function equalsIndex(word: string, escape: string): number {
  let quote = '';
  for (let index = 0; index < word.length; index++) {
    const character = word[index]!;
    if (character === escape && quote !== "'") index++;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '=') return index;
  }
  return -1;
}

/** The strings of a JSON array; undefined when the text is none, so that it is for a shell. */
export function jsonStrings(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
