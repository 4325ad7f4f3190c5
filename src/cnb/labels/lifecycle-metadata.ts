import type { Fields, SpecTable } from '../fields.ts';
import { decodeJson, defined } from '../fields.ts';
import { GoStruct, formatGoJson } from '../../foundation/index.ts';
import type { GoValue } from '../../foundation/index.ts';
import { nonEmpty } from '../launch-toml.ts';

/** Where a layer's diff ID is kept; empty when there is no such layer. */
export interface LayerSha {
  readonly sha: string;
}

/** A layer of a buildpack in a label. `data` is `[metadata]` of its TOML file. */
export interface LayerRecord extends LayerSha {
  readonly data?: SpecTable;
  readonly build: boolean;
  readonly launch: boolean;
  readonly cache: boolean;
}

export interface BuildpackLayersRecord {
  /** The buildpack id. */
  readonly key: string;
  readonly version: string;
  readonly layers: Readonly<Record<string, LayerRecord>>;
  /** store.toml, when the buildpack wrote one. */
  readonly store?: { readonly metadata?: SpecTable };
}

/** Where an image can be rebased; empty members are left out. */
export interface RunImageRecord {
  /** diff ID of the run image's last layer. */
  readonly topLayer: string;
  readonly reference: string;
  readonly image?: string;
  readonly mirrors?: readonly string[];
}

/** The label `io.buildpacks.lifecycle.metadata` (`platform.md#iobuildpackslifecyclemetadata-json`). Wire names. */
export interface LifecycleMetadataLabel {
  readonly app: readonly LayerSha[];
  readonly sbom?: LayerSha;
  /** Every buildpack of the group, also those without layers. */
  readonly buildpacks: readonly BuildpackLayersRecord[];
  readonly config: LayerSha;
  readonly launcher: LayerSha;
  readonly 'process-types': LayerSha;
  readonly runImage: RunImageRecord;
  /** Below Platform API 0.12. */
  readonly stack?: { readonly runImage: { readonly image?: string; readonly mirrors?: readonly string[] } };
}

/** Metadata of no previous image. */
export const EMPTY_LIFECYCLE_METADATA: LifecycleMetadataLabel = {
  app: [],
  buildpacks: [],
  config: { sha: '' },
  launcher: { sha: '' },
  'process-types': { sha: '' },
  runImage: { topLayer: '', reference: '' },
};

/** Decodes the label. Throws `SPEC_FILE_INVALID`; analyze then does as if there were no previous image (C025). */
export function parseLifecycleMetadataLabel(text: string): LifecycleMetadataLabel {
  return decodeJson(text, 'label io.buildpacks.lifecycle.metadata', (fields) => readLifecycleMetadata(fields, JSON_KEYS));
}

/** Member names differ between the label and analyzed.toml. */
export interface LifecycleMetadataKeys {
  readonly runImage: string;
  readonly topLayer: string;
  readonly stackRunImage: string;
}

const JSON_KEYS: LifecycleMetadataKeys = { runImage: 'runImage', topLayer: 'topLayer', stackRunImage: 'runImage' };

export function readLifecycleMetadata(fields: Fields, keys: LifecycleMetadataKeys): LifecycleMetadataLabel {
  const runImage = fields.table(keys.runImage);
  const stack = fields.table('stack');
  const stackImage = stack?.table(keys.stackRunImage);
  // Very old images have an object here instead of a list; their app layers are then unknown, as in the reference.
  const app = Array.isArray(fields.raw('app')) ? fields.tables('app').map(readSha) : [];
  return defined<LifecycleMetadataLabel>({
    app,
    sbom: readOptionalSha(fields, 'sbom'),
    buildpacks: fields.tables('buildpacks').map(readBuildpackLayers),
    config: readOptionalSha(fields, 'config') ?? { sha: '' },
    launcher: readOptionalSha(fields, 'launcher') ?? { sha: '' },
    'process-types': readOptionalSha(fields, 'process-types') ?? { sha: '' },
    runImage: defined<RunImageRecord>({
      topLayer: runImage?.string(keys.topLayer) ?? '',
      reference: runImage?.string('reference') ?? '',
      image: runImage?.string('image'),
      mirrors: runImage?.strings('mirrors'),
    }),
    stack:
      stack === undefined
        ? undefined
        : {
            runImage: defined<{ image?: string; mirrors?: readonly string[] }>({ image: stackImage?.string('image'), mirrors: stackImage?.strings('mirrors') }),
          },
  });
}

const readSha = (fields: Fields): LayerSha => ({ sha: fields.string('sha') ?? '' });

function readOptionalSha(fields: Fields, key: string): LayerSha | undefined {
  const table = fields.table(key);
  return table === undefined ? undefined : readSha(table);
}

/** Reads one buildpack of the label, of analyzed.toml or of the cache's metadata. */
export function readBuildpackLayers(fields: Fields): BuildpackLayersRecord {
  const layers = fields.table('layers');
  const store = fields.table('store');
  const names = layers?.keys() ?? [];
  return defined<BuildpackLayersRecord>({
    key: fields.string('key') ?? '',
    version: fields.string('version') ?? '',
    layers: Object.fromEntries(
      names.flatMap((name) => {
        const layer = layers?.table(name);
        return layer === undefined ? [] : [[name, readLayerRecord(layer)] as const];
      }),
    ),
    store: store === undefined ? undefined : defined<{ metadata?: SpecTable }>({ metadata: store.jsonTable('metadata') }),
  });
}

function readLayerRecord(fields: Fields): LayerRecord {
  return defined<LayerRecord>({
    sha: fields.string('sha') ?? '',
    data: fields.jsonTable('data') ?? fields.jsonTable('metadata'), // analyzed.toml calls it metadata
    build: fields.boolean('build') ?? false,
    launch: fields.boolean('launch') ?? false,
    cache: fields.boolean('cache') ?? false,
  });
}

/** The text of the label, with the bytes of the reference. */
export function formatLifecycleMetadataLabel(label: LifecycleMetadataLabel): string {
  const { runImage, stack } = label;
  return formatGoJson(
    new GoStruct({
      app: label.app.length === 0 ? null : label.app.map(shaStruct),
      sbom: label.sbom === undefined ? undefined : shaStruct(label.sbom),
      buildpacks: label.buildpacks.length === 0 ? null : label.buildpacks.map(buildpackLayersStruct),
      config: shaStruct(label.config),
      launcher: shaStruct(label.launcher),
      'process-types': shaStruct(label['process-types']),
      runImage: new GoStruct({ topLayer: runImage.topLayer, reference: runImage.reference, ...imageAndMirrors(runImage) }),
      stack: stack === undefined ? undefined : new GoStruct({ runImage: new GoStruct(imageAndMirrors(stack.runImage)) }),
    }),
  );
}

const shaStruct = ({ sha }: LayerSha): GoStruct => new GoStruct({ sha });

function imageAndMirrors(entry: { readonly image?: string; readonly mirrors?: readonly string[] }): Record<string, GoValue | undefined> {
  return { image: entry.image === '' ? undefined : entry.image, mirrors: nonEmpty(entry.mirrors) };
}

/** One buildpack as a label or the cache's metadata holds it. */
export function buildpackLayersStruct(record: BuildpackLayersRecord): GoStruct {
  return new GoStruct({
    key: record.key,
    version: record.version,
    layers: Object.fromEntries(
      Object.entries(record.layers).map(([name, { sha, data, build, launch, cache }]) => [
        name,
        new GoStruct({ sha, data: data ?? null, build, launch, cache }),
      ]),
    ),
    store: record.store === undefined ? undefined : new GoStruct({ metadata: record.store.metadata ?? null }),
  });
}

/** Metadata of a layer cache (C155). Wire names. */
export interface CacheMetadata {
  readonly sbom?: LayerSha;
  readonly buildpacks: readonly BuildpackLayersRecord[];
}

/** Decodes `io.buildpacks.lifecycle.cache.metadata`, a file or a label. Throws `SPEC_FILE_INVALID`. */
export function parseCacheMetadata(text: string, file: string): CacheMetadata {
  return decodeJson(text, file, (fields) =>
    defined<CacheMetadata>({ sbom: readOptionalSha(fields, 'sbom'), buildpacks: fields.tables('buildpacks').map(readBuildpackLayers) }),
  );
}

export function formatCacheMetadata(cache: CacheMetadata): string {
  return formatGoJson(
    new GoStruct({
      sbom: cache.sbom === undefined ? new GoStruct({ sha: '' }) : shaStruct(cache.sbom),
      buildpacks: cache.buildpacks.length === 0 ? null : cache.buildpacks.map(buildpackLayersStruct),
    }),
  );
}
