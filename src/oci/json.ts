/**
 * JSON as Go's `encoding/json` writes it: no white space, and `<`, `>`, `&`, U+2028 and U+2029 escaped. Configs and
 * labels are hashed, so the same image by tspack and by the reference lifecycle needs the same bytes.
 */
export function formatGoJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The object with its keys sorted by UTF-8 bytes, as Go writes maps. */
export function sortKeys<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(map).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
}
