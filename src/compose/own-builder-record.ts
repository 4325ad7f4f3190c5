import { existsSync, readFileSync } from 'node:fs';
import { BUILDER_RECORD } from '../builder/index.ts';
import type { BuilderRecord } from '../builder/index.ts';

/** What the image says in which this process runs; undefined where it is not a builder image that tspack published. */
export function readOwnBuilder(): BuilderRecord | undefined {
  return existsSync(BUILDER_RECORD) ? (JSON.parse(readFileSync(BUILDER_RECORD, 'utf8')) as BuilderRecord) : undefined;
}
