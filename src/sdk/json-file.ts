import { TspackError } from '../foundation/index.ts';

/** What is wrong in a JSON text, and where; lines and columns count from 1. */
export interface JsonProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Parses the JSON text of `file`, a byte order mark allowed. Throws `JSON_INVALID` with file, line and column. */
export function parseJsonFile(text: string, file: string, nextStep = `Correct ${file}.`): unknown {
  const content = text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(content);
  } catch (error) {
    const { line, column, message } = findJsonProblem(content);
    throw new TspackError({ code: 'JSON_INVALID', message: `Cannot read ${file}:${line}:${column}: ${message}`, nextStep, cause: error });
  }
}

/** The first place where the text stops being JSON (RFC 8259). The engine's own message often does not tell. */
export function findJsonProblem(text: string): JsonProblem {
  let at = 0;
  const fail = (message: string, position = at): never => {
    throw new ProblemFound(position, message);
  };
  const skipSpace = () => {
    while (/[\t\n\r ]/.test(text.charAt(at))) at++;
  };
  const seen = () => (at >= text.length ? 'the end of the file' : `"${text.charAt(at)}"`);

  const readString = () => {
    const start = at++;
    for (; ; at++) {
      const character = text.charAt(at);
      if (character === '') fail('a string is not closed', start);
      if (character === '"') break;
      if (character < ' ') fail('a string holds a line break or control character');
      if (character !== '\\') continue;
      at++;
      if (text.charAt(at) === 'u') {
        if (!/^[0-9a-fA-F]{4}/.test(text.slice(at + 1, at + 5))) fail('\\u wants four hexadecimal digits');
        at += 4;
      } else if (!'"\\/bfnrt'.includes(text.charAt(at)) || at >= text.length) fail('unknown escape in a string');
    }
    at++;
  };

  // A stack of its own instead of recursion: nesting is the file's choice.
  const open: ('{' | '[')[] = [];
  const readKey = () => {
    skipSpace();
    if (text.charAt(at) !== '"') fail(`want a key in double quotes, got ${seen()}`);
    readString();
    skipSpace();
    if (text.charAt(at) !== ':') fail(`want ":" after a key, got ${seen()}`);
    at++;
  };
  const close = (): boolean => {
    for (;;) {
      skipSpace();
      const container = open.at(-1);
      if (container === undefined) return true;
      if (text.charAt(at) === ',') {
        at++;
        if (container === '{') readKey();
        return false;
      }
      const end = container === '{' ? '}' : ']';
      if (text.charAt(at) !== end) fail(`want "," or "${end}", got ${seen()}`);
      at++;
      open.pop();
    }
  };

  try {
    for (;;) {
      skipSpace();
      const character = text.charAt(at);
      if (character === '{' || character === '[') {
        at++;
        skipSpace();
        open.push(character);
        if (text.charAt(at) !== (character === '{' ? '}' : ']')) {
          if (character === '{') readKey();
          continue;
        }
      } else if (character === '"') readString();
      else {
        const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![A-Za-z0-9_.])/.exec(text.slice(at, at + 400));
        if (word === null) fail(`want a value, got ${seen()}`);
        at += word![0].length;
      }
      if (close()) break;
    }
    if (at < text.length) fail(`want the end of the file, got ${seen()}`);
    return { ...place(text, at), message: 'it is not valid JSON' };
  } catch (error) {
    if (!(error instanceof ProblemFound)) throw error;
    return { ...place(text, error.position), message: error.message };
  }
}

class ProblemFound extends Error {
  readonly position: number;
  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

function place(text: string, position: number): { line: number; column: number } {
  const before = text.slice(0, position).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
