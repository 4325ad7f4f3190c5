import { DockerfileError } from './dockerfile-error.ts';
import { splitWords } from './words.ts';
import type { HereDocument } from './instruction.ts';

/** A Dockerfile with one line an instruction, and what has been taken out of it. */
export interface NormalizedText {
  /** As many lines as before: what an instruction no longer needs is empty. */
  readonly text: string;
  /** By line, counted from 0. */
  readonly heredocs: ReadonlyMap<number, readonly HereDocument[]>;
  /** Puts back what the parser must not see. */
  restore(text: string): string;
}

/** Docker takes here-documents of these only. */
const WITH_HEREDOCS = /^\s*(?:onbuild\s+)?(?:run|copy|add)\s/iu;
const PRIVATE_USE = { first: 0xe000, last: 0xf8ff };

/**
 * Joins continued lines, drops comments and takes here-documents out, by the rules of Docker's own parser (BuildKit
 * `frontend/dockerfile/parser`): the library sees here-documents in quoted text and continuations after two escape
 * characters, and keeps indented comments of a continued line.
 *
 * Throws `DOCKERFILE_INVALID` for a here-document without an end.
 */
export function normalizeText(text: string, escape: string, file: string): NormalizedText {
  const lines = text.replace(/^\u{feff}/u, '').split('\n');
  const [operator, lastEscape] = unusedCharacters(text);
  const heredocs = new Map<number, readonly HereDocument[]>();
  const output: string[] = [];
  for (let index = 0; index < lines.length;) {
    const start = index;
    let logical = '';
    for (let open = true; open && index < lines.length; index++) {
      const line = lines[index]!.replace(/\r$/u, '');
      // Directives are comments too, and stand before all else.
      if (/^\s*#/u.test(line) || (line.trim() === '' && index > start)) {
        if (index === start) {
          output.push(line);
          break;
        }
        continue;
      }
      const continued = withoutContinuation(line, escape);
      open = continued !== undefined;
      logical += continued ?? line;
    }
    if (index === start) {
      index++;
      continue;
    }
    const names = WITH_HEREDOCS.test(logical) ? heredocNames(logical, escape) : [];
    if (names.length > 0) {
      const documents = names.map((name) => {
        const document = takeHeredoc(lines, index, name);
        if (document === undefined) {
          throw new DockerfileError(
            { file, line: start + 1 },
            { problem: `the here-document "${name.name}" has no end`, nextStep: `End it with a line "${name.name}"` },
          );
        }
        index = document.end;
        return document.heredoc;
      });
      heredocs.set(start, documents);
      logical = logical.replaceAll('<<', operator.repeat(2));
    }
    // A line that ends with two escape characters ends there, but not to the library.
    if (logical.trimEnd().endsWith(escape)) logical = logical.trimEnd().slice(0, -1) + lastEscape;
    output.push(logical, ...Array.from({ length: index - start - 1 }, () => ''));
  }
  return { text: output.join('\n'), heredocs, restore: (value) => value.replaceAll(operator, '<').replaceAll(lastEscape, escape) };
}

/** The line without the escape character that continues it; undefined when the next line is another instruction. */
function withoutContinuation(line: string, escape: string): string | undefined {
  const trimmed = line.replace(/[ \t]+$/u, '');
  if (!trimmed.endsWith(escape) || trimmed.endsWith(escape + escape)) return undefined;
  return trimmed.slice(0, -1);
}

interface HeredocName {
  readonly name: string;
  readonly operator: string;
  readonly expand: boolean;
  readonly dropTabs: boolean;
}

/** The here-documents that an instruction announces: whole words of the form `3<<-EOF`. */
function heredocNames(logical: string, escape: string): readonly HeredocName[] {
  const [, ...words] = logical.trim().split(/\s+/u);
  const rest = words.filter((word) => !word.startsWith('--')).join(' ');
  // The exec form has none.
  if (isJsonArray(rest)) return [];
  return (splitWords(logical, escape) ?? []).flatMap((word) => {
    const match = /^\d*(<<(-?)(["']?)([^<]*?)\3)$/u.exec(word);
    if (match === null || match[4] === '') return [];
    const [, operator = '', dash, quote, name = ''] = match;
    return [{ name: name.replaceAll(escape, ''), operator, expand: quote === '' && !name.includes(escape), dropTabs: dash === '-' }];
  });
}

function takeHeredoc(
  lines: readonly string[],
  from: number,
  { name, operator, expand, dropTabs }: HeredocName,
): { readonly heredoc: HereDocument; readonly end: number } | undefined {
  let content = '';
  for (let index = from; index < lines.length; index++) {
    const line = dropTabs ? lines[index]!.replace(/^\t+/u, '') : lines[index]!;
    if (line.replace(/\r$/u, '') === name) return { heredoc: { name, operator, expand, content }, end: index + 1 };
    content += `${line}\n`;
  }
  return undefined;
}

function isJsonArray(text: string): boolean {
  try {
    return text.startsWith('[') && Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Two characters that the text does not hold. */
function unusedCharacters(text: string): readonly [string, string] {
  const free: string[] = [];
  for (let code = PRIVATE_USE.first; code <= PRIVATE_USE.last && free.length < 2; code++) {
    const character = String.fromCodePoint(code);
    if (!text.includes(character)) free.push(character);
  }
  const [first = '\u{e000}', second = '\u{e001}'] = free;
  return [first, second];
}
