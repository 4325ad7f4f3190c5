import type { Random } from './random.ts';

/** What readers of text files stumble over. */
const PIECES = [
  '\0',
  '\ud800',
  '\udfff\ud83d',
  '"',
  "'",
  '"""',
  '[',
  ']',
  '[[',
  ']]',
  '{',
  '}',
  '=',
  ',',
  '.',
  '#',
  '\n',
  '\r\n',
  '\\u0000',
  '\\uD800',
  '__proto__',
  'constructor',
  '"__proto__"',
  'toString',
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '9223372036854775807',
  '99999999999999999999',
  '1979-13-99',
  'inf',
  '💥',
  '\ufeff',
  ' ',
];

/** The text with a few changes: parts cut, copied elsewhere, or replaced by what is hard to read. */
export function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const from = random.below(mutated.length + 1);
    const to = Math.min(mutated.length, from + random.below(random.chance(0.2) ? 80 : 6));
    const replacement = random.chance(0.3)
      ? ''
      : random.chance(0.4)
        ? mutated.slice(random.below(mutated.length + 1)).slice(0, random.below(60))
        : random.pick(PIECES);
    mutated = mutated.slice(0, random.chance(0.3) ? to : from) + replacement + mutated.slice(to);
  }
  return mutated;
}
