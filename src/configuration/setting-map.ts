/** What is configured for each key, in the order of the values. */
export type SettingMap = ReadonlyMap<string, readonly string[]>;

/** The value of a map as a table. A value without a key is left out. */
export function toMap(values: readonly string[]): SettingMap {
  const map = new Map<string, readonly string[]>();
  for (const entry of values) {
    const [key, value] = splitEntry(entry);
    if (key !== '' && value !== undefined) map.set(key, [...(map.get(key) ?? []), value]);
  }
  return map;
}

/** The table as `key=value`, one for each value. */
export function fromMap(map: SettingMap): readonly string[] {
  return [...map].flatMap(([key, values]) => values.map((value) => `${key}=${value}`));
}

/** Neither names of registries nor of images have a `=`. */
export function splitEntry(entry: string): readonly [key: string, value: string | undefined] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, undefined] : [entry.slice(0, at), entry.slice(at + 1)];
}
