import { usageError } from '../usage-error.ts';

/** `--label name=value`, repeated or joined by commas, as pack takes it; a comma before something without `=` belongs to the value. Throws `USAGE`. */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.flatMap((text) => text.split(/,(?=[^,=]+=)/));
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals <= 0) throw usageError(`Cannot read --label "${pair}": want <name>=<value>`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
