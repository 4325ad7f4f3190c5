import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DetectOutcome } from './buildpack.ts';
import { isFile } from './file-kind.ts';

/** Larger files are generated: nobody looks a line up in them. */
const MAXIMUM_BYTES = 1_048_576;

/** A passed detection with what it is founded on: places and variables, such as `package.json:7`. Plans show it, as `bin/detect` prints it. */
export function because(evidence: readonly string[], outcome: DetectOutcome): DetectOutcome {
  return outcome.passed ? { ...outcome, evidence } : outcome;
}

/** `package.json:7`, where the pattern fits on line 7; the name alone where it fits nowhere. */
export function placeOf(directory: string, file: string, pattern: RegExp): string {
  const path = join(directory, file);
  if (!isFile(path) || statSync(path).size > MAXIMUM_BYTES) return file;
  const index = readFileSync(path, 'utf8')
    .split('\n')
    .findIndex((line) => pattern.test(line));
  return index < 0 ? file : `${file}:${index + 1}`;
}
