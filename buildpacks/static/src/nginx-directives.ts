import { configurationUnreadable } from './errors.ts';

/** One word of a directive and where it stands in the text. */
export interface NginxWord {
  /** As written, quotes included. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A directive of an nginx configuration. */
export interface NginxDirective {
  readonly name: string;
  /** The words after the name. */
  readonly words: readonly NginxWord[];
  /** Names of the blocks around it, outermost first. */
  readonly context: readonly string[];
  readonly start: number;
  /** Behind its `;`, or its `{`. */
  readonly end: number;
  /** Whether a block follows. */
  readonly opens: boolean;
}

const WORD = /"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|(?!["'])(?:\\[\s\S]|\$\{[^}]*\}|\{\{[^}]*\}\}|[^\s;{}\\])+/y;

/** All directives of a configuration in the order of the text, those of included files left out. Throws `STATIC_NGINX_CONFIGURATION_INVALID`. */
export function parseDirectives(text: string, file: string): readonly NginxDirective[] {
  const directives: NginxDirective[] = [];
  const context: string[] = [];
  let words: NginxWord[] = [];
  const lineOf = (at: number) => text.slice(0, at).split('\n').length;
  const fail = (at: number, problem: string) => configurationUnreadable(`${file}:${lineOf(at)}`, problem);
  const finish = (end: number, opens: boolean) => {
    const [name, ...others] = words;
    if (name !== undefined) directives.push({ name: name.text, words: others, context: [...context], start: name.start, end, opens });
    else if (opens) throw fail(end, 'a block without a name');
    if (opens) context.push(name!.text);
    words = [];
  };
  for (let at = 0; at < text.length;) {
    const character = text.charAt(at);
    if (/\s/.test(character)) at++;
    else if (character === '#') at = endOfLine(text, at);
    else if (character === ';') finish(++at, false);
    else if (character === '{' && !text.startsWith('{{', at)) finish(++at, true);
    else if (character === '}') {
      if (words.length > 0) throw fail(words[0]!.start, `"${words[0]!.text}" does not end with ";"`);
      if (context.pop() === undefined) throw fail(at, '"}" closes nothing');
      at++;
    } else {
      WORD.lastIndex = at;
      const word = WORD.exec(text)?.[0];
      if (word === undefined) throw fail(at, 'a quote is not closed');
      words.push({ text: word, start: at, end: at + word.length });
      at += word.length;
    }
  }
  if (words.length > 0) throw fail(words[0]!.start, `"${words[0]!.text}" does not end with ";"`);
  if (context.length > 0) throw fail(text.length, `the block "${context.at(-1)!}" is not closed`);
  return directives;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
