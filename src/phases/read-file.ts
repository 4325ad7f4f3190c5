import { readFileSync } from 'node:fs';
import { hasSystemCode } from '../foundation/index.ts';

/** The text of a file; undefined when there is none. Every other failure is the caller's. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Decodes a file of the specification; undefined when there is none. Throws what `parse` throws. */
export function readSpecFile<Content>(path: string, parse: (text: string, file: string) => Content): Content | undefined {
  const text = readText(path);
  return text === undefined ? undefined : parse(text, path);
}
