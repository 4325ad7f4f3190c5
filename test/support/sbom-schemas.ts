import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { SbomFormat } from '../../src/sbom/index.ts';

const folder = join(process.env.TSPACK_TEST_REFERENCE ?? '/nowhere', 'schemas');
const schema = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;

/** Whether the formats' own schemas are here (`.ci/run` brings them). */
export const hasSbomSchemas = (): boolean => existsSync(folder);

/** What is wrong with a document by its format's own schema; empty when nothing is. */
export function sbomProblems(format: SbomFormat, document: string): readonly string[] {
  const options = { strict: false, allErrors: true, logger: false } as const;
  const ajv = format === 'syft' ? new Ajv2020(options) : new Ajv(options);
  addFormats.default(ajv);
  // Of international addresses the schemas only say that they are texts.
  for (const name of ['iri-reference', 'idn-email']) ajv.addFormat(name, true);
  if (format === 'cyclonedx') for (const name of ['spdx.schema.json', 'jsf-0.82.schemax.json']) ajv.addSchema(schema(name));
  const files = { cyclonedx: 'bom-1.6.schema.json', spdx: 'spdx-schema-2.3.json', syft: 'schema-16.0.34.json' };
  const validate = ajv.compile(schema(files[format]));
  validate(JSON.parse(document));
  return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`);
}
