import type { ImageFilter } from '../../index.ts';
import { usageError } from '../usage-error.ts';

const KEYS = ['reference', 'before', 'since', 'label'] as const;

/** docker's `--filter KEY=VALUE`, any number of them. Throws `USAGE`. */
export function parseFilters(texts: readonly string[]): ImageFilter {
  const filter: Record<string, readonly string[]> = {};
  for (const text of texts) {
    const equals = text.indexOf('=');
    const key = text.slice(0, equals);
    if (equals < 0 || !KEYS.some((known) => known === key)) {
      throw usageError(`Cannot filter by "${text}": want ${KEYS.map((known) => `${known}=...`).join(', ')}`, "Write for example --filter 'reference=team/*'");
    }
    filter[key] = [...(filter[key] ?? []), text.slice(equals + 1)];
  }
  return filter;
}
