import { readFileSync } from 'node:fs';
import { normalizeName } from './specifiers.ts';
import { asList, asTable, asText, tableAt } from './toml-values.ts';

/** SHA-256 values of the archives that pip installed from, by normalised name; of its installation report, version 1. */
export function readReportedHashes(file: string): Readonly<Record<string, string>> {
  const report = asTable(JSON.parse(readFileSync(file, 'utf8')));
  return Object.fromEntries(
    asList(report['install'])
      .map(asTable)
      .flatMap((entry) => {
        const name = asText(tableAt(entry, 'metadata')['name']);
        const hash = asText(tableAt(entry, 'download_info', 'archive_info', 'hashes')['sha256']);
        return name === undefined || hash === undefined ? [] : [[normalizeName(name), hash] as const];
      }),
  );
}
