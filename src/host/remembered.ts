import { readFileSync } from 'node:fs';
import { hasSystemCode, writeFileAtomic } from '../foundation/index.ts';

/** A small answer that costs time to find again, kept in a file beside the key it holds for. */
export interface Remembered<Value> {
  /** undefined when nothing was kept, or when the file is not ours to read. */
  read(): { readonly key: string; readonly value: Value } | undefined;
  write(key: string, value: Value): void;
}

export function remembered<Value>(path: string, isValue: (value: unknown) => value is Value): Remembered<Value> {
  return {
    read() {
      try {
        const kept = JSON.parse(readFileSync(path, 'utf8')) as { readonly key?: unknown; readonly value?: unknown } | null;
        return typeof kept?.key === 'string' && isValue(kept.value) ? { key: kept.key, value: kept.value } : undefined;
      } catch (error) {
        if (error instanceof SyntaxError || hasSystemCode(error, 'ENOENT', 'EACCES', 'EISDIR')) return undefined;
        throw error;
      }
    },
    write: (key, value) => writeFileAtomic(path, `${JSON.stringify({ key, value })}\n`, 0o600),
  };
}
