import { readFileSync } from 'node:fs';
import { hasSystemCode } from '../foundation/index.ts';

/** Content of a text file of this machine; undefined when it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR', 'EINVAL', 'EPERM')) return undefined;
    throw error;
  }
}
