import { parseJsonFile, parseToml } from '../../../../src/sdk/index.ts';
import { asTable, asText, tableAt } from '../toml-values.ts';

/** The version in `[requires]` of a Pipfile, else in that of a Pipfile.lock. Throws `TOML_INVALID` and `JSON_INVALID`. */
export function readPipfileVersion(pipfile: string | undefined, lock: string | undefined): string | undefined {
  const tables = [
    ...(pipfile === undefined ? [] : [tableAt(parseToml(pipfile, 'Pipfile'), 'requires')]),
    ...(lock === undefined ? [] : [tableAt(asTable(parseJsonFile(lock, 'Pipfile.lock', 'Run `pipenv lock` and commit Pipfile.lock.')), '_meta', 'requires')]),
  ];
  const [version] = tables.flatMap((table) => asText(table['python_full_version']) ?? asText(table['python_version']) ?? []);
  return version;
}
