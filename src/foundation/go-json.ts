/** An object whose members keep their given order, as a Go struct does; undefined members are left out. */
export class GoStruct {
  readonly members: readonly (readonly [string, GoValue | undefined])[];

  constructor(members: Readonly<Record<string, GoValue | undefined>>) {
    this.members = Object.entries(members);
  }
}

/** What {@link formatGoJson} writes. Plain objects are Go maps: their keys are sorted by bytes. */
export type GoValue = string | number | bigint | boolean | null | Date | GoStruct | readonly GoValue[] | { readonly [key: string]: GoValue };

/**
 * JSON as Go's `encoding/json` writes it: no white space, struct members in order, map keys sorted by bytes, and
 * `<`, `>`, `&`, U+2028, U+2029 escaped. Image configs and labels are hashed, so the same image by tspack and by the
 * reference lifecycle needs the same bytes. Throws RangeError for NaN and infinities, which JSON does not have.
 */
export function formatGoJson(value: GoValue): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return formatString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`Cannot write ${value} as JSON`);
    return JSON.stringify(value);
  }
  if (value instanceof Date) return formatString(value.toISOString().replace(/\.?0*Z$/, 'Z'));
  if (Array.isArray(value)) return `[${(value as readonly GoValue[]).map(formatGoJson).join(',')}]`;
  const members = value instanceof GoStruct ? value.members : sortedMembers(value as Readonly<Record<string, GoValue>>);
  return `{${members.flatMap(([key, member]) => (member === undefined ? [] : [`${formatString(key)}:${formatGoJson(member)}`])).join(',')}}`;
}

/** Members by the bytes of their keys. Not by JavaScript's own order, which puts `9` before `18`. */
export function sortedMembers<T>(map: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(map).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function formatString(text: string): string {
  return JSON.stringify(wellFormed(text)).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Lone surrogates, which UTF-8 cannot hold, become U+FFFD. */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
