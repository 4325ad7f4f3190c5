import { parseByteSize } from '../../configuration/index.ts';
import { usageError } from '../usage-error.ts';

/** Bytes of a size such as `500MB` or `10GB`. Throws `USAGE`. */
export function parseSize(flag: string, text: string): number {
  const bytes = parseByteSize(text);
  if (bytes === undefined) throw usageError(`Cannot read ${flag} "${text}": want a size such as 500MB or 10GB`);
  return bytes;
}
