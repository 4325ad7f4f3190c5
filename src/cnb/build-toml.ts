import { formatToml } from '../foundation/index.ts';
import { decodeToml, defined, present } from './fields.ts';
import type { SpecTable } from './fields.ts';
import { formatGoToml } from './go-toml.ts';
import { nonEmpty, readBom } from './launch-toml.ts';
import type { BomEntry } from './launch-toml.ts';

/** build.toml (`buildpack.md#buildtoml-toml`). */
export interface BuildToml {
  /** Names of plan entries that the buildpack leaves to a later provider. */
  readonly unmet: readonly string[];
  /** Deprecated. */
  readonly bom: readonly BomEntry[];
}

/** Decodes build.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseBuildToml(text: string, file: string): BuildToml {
  return decodeToml(text, file, (fields) => ({
    unmet: fields.tables('unmet').map((unmet) => unmet.requiredString('name')),
    bom: readBom(fields),
  }));
}

/** Writes build.toml, as an SDK does. */
export function formatBuildToml(build: Pick<BuildToml, 'unmet'>): string {
  return formatToml(present({ unmet: nonEmpty(build.unmet.map((name) => ({ name }))) }));
}

/** store.toml (`buildpack.md#storetoml-toml`): what a buildpack keeps from build to build. */
export interface StoreToml {
  readonly metadata?: SpecTable;
}

/** Decodes store.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseStoreToml(text: string, file: string): StoreToml {
  return decodeToml(text, file, (fields) => defined<StoreToml>({ metadata: fields.jsonTable('metadata') }));
}

/** Writes store.toml in the form of the reference. */
export function formatStoreToml(store: StoreToml): string {
  return formatGoToml({ metadata: store.metadata });
}
