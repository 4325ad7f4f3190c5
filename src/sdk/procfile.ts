import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../foundation/index.ts';

/** One line of a Procfile. */
export interface ProcfileLine {
  /** Process type, such as `web`. */
  readonly type: string;
  /** A command line, perhaps for a shell: {@link parseSimpleCommand} tells. */
  readonly command: string;
  /** From 1. */
  readonly line: number;
}

const LINE = /^([A-Za-z0-9_.-]+)\s*:\s*(\S.*)$/;

/** The lines of the application's Procfile in their order; none without a Procfile. Empty lines and comments (`#`) are left out. Throws `PROCFILE_INVALID`. */
export function readProcfile(applicationDirectory: string): readonly ProcfileLine[] {
  const file = join(applicationDirectory, 'Procfile');
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isFile()) throw invalid('Cannot read Procfile: it is not a file', 'Give the folder or device another name.');
  return parseProcfile(readFileSync(file, 'utf8'));
}

/** Whether a Procfile starts the application by itself, so that no start command is missing. */
export function startsWeb(lines: readonly Pick<ProcfileLine, 'type'>[]): boolean {
  return lines.some(({ type }) => type === 'web');
}

/** Reads the text of a Procfile. Throws `PROCFILE_INVALID` with the number of the line. */
export function parseProcfile(text: string): readonly ProcfileLine[] {
  const lines: ProcfileLine[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const line = index + 1;
    const match = LINE.exec(content);
    if (match === null)
      throw invalid(`Cannot read Procfile:${line}: "${content}" is not "name: command"`, 'Write one process per line, such as "web: node server.js".');
    const [, type, command] = match as unknown as [string, string, string];
    const earlier = lines.find((other) => other.type === type);
    if (earlier !== undefined)
      throw invalid(`Cannot read Procfile:${line}: line ${earlier.line} has a process "${type}" already`, 'Give each process a name of its own.');
    lines.push({ type, command, line });
  }
  return lines;
}

function invalid(message: string, nextStep: string): TspackError {
  return new TspackError({ code: 'PROCFILE_INVALID', message, nextStep });
}
