/** A table of a TOML or JSON file, of which nothing is known yet. */
export type Table = Readonly<Record<string, unknown>>;

/** The value as a table; an empty one when it is something else. */
export function asTable(value: unknown): Table {
  return isTable(value) ? value : {};
}

/** Whether the value is a table, and no list or date. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The value as a text; undefined when it is something else. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value as a list; empty when it is something else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts of a list; a single text is a list of one. */
export function asTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return asList(value).filter((member) => typeof member === 'string');
}

/** The table below a path of keys; an empty one when there is none. */
export function tableAt(table: Table, ...keys: readonly string[]): Table {
  return keys.reduce<Table>((inner, key) => asTable(inner[key]), table);
}
