import { isShellWord } from './shell-word.ts';

/** One word of a command, as written, and where it starts. */
interface Word {
  readonly text: string;
  readonly start: number;
}

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;
const SEPARATORS = /^(?:&&|\|\||;|&|\|)/;

/**
 * A shell's command line in which `exec` stands before the last program, so that the program takes the shell's place and gets its
 * signals: `a && exec b`. A line that has it already is returned as it is. undefined where it is not safe: the last command is the
 * shell's own, part of a pipeline or in the background, or the line has compound commands, functions, traps or here-documents.
 */
export function execLast(text: string): string | undefined {
  const commands = splitCommands(text);
  if (commands === undefined) return undefined;
  const programs = commands.map((words) => words.find((word) => !ASSIGNMENT.test(word.text)));
  const last = programs.at(-1);
  if (last === undefined) return undefined;
  if (last.text === 'exec') return text;
  if (isShellWord(last.text) || programs.some((program) => program !== undefined && COMPOUND.has(program.text))) return undefined;
  return `${text.slice(0, last.start)}exec ${text.slice(last.start)}`;
}

/** What changes the meaning of the commands around it, or would be lost with the shell. */
const COMPOUND = new Set(['if', 'for', 'while', 'until', 'case', 'select', 'function', 'trap', 'coproc', '{', '[[', '!', 'time']);

/** The commands of a line that the shell runs one after the other; undefined when there is more to the line than that. */
function splitCommands(text: string): readonly (readonly Word[])[] | undefined {
  const commands: Word[][] = [[]];
  let start: number | undefined;
  const endWord = (at: number) => {
    if (start !== undefined) commands.at(-1)!.push({ text: text.slice(start, at), start });
    start = undefined;
  };
  let separator = '';
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const redirection = /^(?:&>>?|[<>]&|>>|<>|>\||[<>])/.exec(rest)?.[0];
    if (redirection !== undefined) {
      if (rest.startsWith('<<')) return undefined;
      // What follows is a file or a descriptor; the digits before it are no program either.
      if (start === undefined && commands.at(-1)!.length === 0) return undefined;
      start ??= at;
      at += redirection.length;
      continue;
    }
    const operator = SEPARATORS.exec(rest)?.[0];
    if (operator !== undefined) {
      endWord(at);
      separator = operator;
      if (operator === '|') return undefined;
      commands.push([]);
      at += operator.length;
    } else if (/^[ \t]/.test(rest)) {
      endWord(at);
      at++;
    } else if (rest.startsWith('#') && start === undefined) break;
    else if (/^[()]/.test(rest)) return undefined;
    else {
      const length = pieceLength(rest);
      if (length === undefined) return undefined;
      start ??= at;
      at += length;
    }
  }
  if (text.trim().endsWith('&') && separator === '&' && commands.at(-1)!.length === 0) return undefined;
  endWord(text.length);
  return commands;
}

/** How far a quoted text, an escape, an expansion or one character reaches; undefined when it does not end. */
function pieceLength(text: string): number | undefined {
  if (text.startsWith('\\')) return 2;
  const pattern = text.startsWith("'")
    ? /^'[^']*'/
    : text.startsWith('"')
      ? /^"(?:[^"\\`$]|\\.|\$(?!\()|`[^`]*`|\$\([^()]*\))*"/
      : text.startsWith('`')
        ? /^`[^`]*`/
        : text.startsWith('$(')
          ? /^\$\([^()]*\)/
          : text.startsWith('${')
            ? /^\$\{[^{}]*\}/
            : /^./s;
  return pattern.exec(text)?.[0].length;
}
