import { formatToml } from '../foundation/index.ts';
import { decodeToml, defined, present } from './fields.ts';
import type { SpecTable } from './fields.ts';
import { formatGoToml } from './go-toml.ts';

/** Flags of a layer (`buildpack.md#layer-types`). */
export interface LayerTypes {
  readonly launch: boolean;
  readonly build: boolean;
  readonly cache: boolean;
}

/** `<layer>.toml` (`buildpack.md#layer-content-metadata-toml`). */
export interface LayerContentMetadata {
  /** All false when the file has no `[types]`. */
  readonly types: LayerTypes;
  readonly metadata?: SpecTable;
}

export const NO_LAYER_TYPES: LayerTypes = { launch: false, build: false, cache: false };

/** Decodes `<layer>.toml`. Flags at the top level are an error. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseLayerToml(text: string, file: string): LayerContentMetadata {
  return decodeToml(text, file, (fields) => {
    for (const flag of ['launch', 'build', 'cache']) {
      if (fields.has(flag)) fields.problem(flag, 'must be in the [types] table');
    }
    const types = fields.table('types');
    const flag = (name: string): boolean => types?.boolean(name) ?? false;
    return defined<LayerContentMetadata>({
      types: { launch: flag('launch'), build: flag('build'), cache: flag('cache') },
      metadata: fields.jsonTable('metadata'),
    });
  });
}

/** Writes `<layer>.toml`, as an SDK does. */
export function formatLayerToml(layer: LayerContentMetadata): string {
  return formatToml(present({ types: layer.types, metadata: layer.metadata }));
}

/** Writes `<layer>.toml` of a restored layer, in the form of the reference: metadata alone, so that the flags are all false (C091). */
export function formatRestoredLayerToml(metadata: SpecTable | undefined): string {
  return formatGoToml({ metadata });
}
