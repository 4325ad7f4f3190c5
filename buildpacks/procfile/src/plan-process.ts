import { parseSimpleCommand, type ProcfileLine } from '../../../src/sdk/index.ts';
import { execLast } from './exec-last.ts';
import { isShellWord } from './shell-word.ts';

/** A line of a Procfile as the launcher can start it. */
export interface PlannedProcess {
  readonly type: string;
  /** The line's number, from 1. */
  readonly line: number;
  readonly command: readonly string[];
  /** Variables that the line sets for its program. */
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly shell: boolean;
  /** Whether SIGTERM reaches the program that keeps running. */
  readonly passesSignals: boolean;
}

/** The program itself where the line is one program with its words; else a shell, which hands its place to the last program where that is safe. */
export function planProcess({ type, command: text, line }: ProcfileLine): PlannedProcess {
  const simple = parseSimpleCommand(text);
  const words = simple?.words[0] === 'exec' ? simple.words.slice(1) : simple?.words;
  if (simple !== undefined && words?.[0] !== undefined && !isShellWord(words[0])) {
    return { type, line, command: words, env: simple.env, shell: false, passesSignals: true };
  }
  const script = execLast(text);
  return { type, line, command: ['sh', '-c', script ?? text], env: [], shell: true, passesSignals: script !== undefined };
}
