import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileKind } from '../../../src/sdk/index.ts';
import { manifestNotAFile } from './errors.ts';

/** The text of a file of the application; undefined when it is not there. Throws `PYTHON_MANIFEST_INVALID` when it is something else. */
export function readApplicationFile(applicationDirectory: string, file: string): string | undefined {
  const kind = fileKind(applicationDirectory, file);
  if (kind === undefined) return undefined;
  if (kind !== 'file') throw manifestNotAFile(file);
  return readFileSync(join(applicationDirectory, file), 'utf8');
}
