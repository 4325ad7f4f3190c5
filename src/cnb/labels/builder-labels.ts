import { decodeJson, defined, present } from '../fields.ts';
import type { Fields } from '../fields.ts';
import type { License, Stack } from '../buildpack-descriptor.ts';
import { orderElementToml, readOrder } from '../order.ts';
import type { Order, SystemToml } from '../order.ts';
import { readRunImageEntry } from '../run-toml.ts';
import type { RunImageEntry } from '../run-toml.ts';
import { readSupportedTargets } from '../target.ts';
import type { SupportedTarget } from '../target.ts';
import { SpecFileError } from '../spec-file-error.ts';

/** A buildpack or extension as `io.buildpacks.builder.metadata` lists it. */
export interface BuilderModule {
  readonly id: string;
  readonly version: string;
  readonly name?: string;
  readonly description?: string;
  readonly homepage?: string;
  readonly keywords?: readonly string[];
  readonly licenses?: readonly License[];
}

interface ApiLists {
  readonly deprecated: readonly string[];
  readonly supported: readonly string[];
}

/** The label `io.buildpacks.builder.metadata`, as pack writes and reads it (C193). */
export interface BuilderMetadataLabel {
  readonly description: string;
  readonly buildpacks: readonly BuilderModule[];
  readonly extensions: readonly BuilderModule[];
  /** The default run image, where old readers look. */
  readonly stack: { readonly runImage: RunImageEntry };
  readonly lifecycle: { readonly version: string; readonly apis: { readonly buildpack: ApiLists; readonly platform: ApiLists } };
  readonly createdBy: { readonly name: string; readonly version: string };
  /** Run images, the default first. */
  readonly images: readonly RunImageEntry[];
}

/** Decodes the label. Throws `SPEC_FILE_INVALID`. */
export function parseBuilderMetadataLabel(text: string): BuilderMetadataLabel {
  return decodeJson(text, 'label io.buildpacks.builder.metadata', (fields) => {
    const stackImage = fields.table('stack')?.table('runImage');
    const runImage = stackImage === undefined ? { image: '', mirrors: [] } : readRunImageEntry(stackImage);
    const images = fields.tables('images').map(readRunImageEntry);
    const lifecycle = fields.table('lifecycle');
    const apis = lifecycle?.table('apis');
    const oldApi = lifecycle?.table('api');
    const lists = (kind: 'buildpack' | 'platform'): ApiLists => {
      const table = apis?.table(kind);
      const old = oldApi?.string(kind);
      return { deprecated: table?.strings('deprecated') ?? [], supported: table?.strings('supported') ?? (old === undefined ? [] : [old]) };
    };
    const createdBy = fields.table('createdBy');
    return {
      description: fields.string('description') ?? '',
      buildpacks: fields.tables('buildpacks').map(readModule),
      extensions: fields.tables('extensions').map(readModule),
      stack: { runImage },
      lifecycle: { version: lifecycle?.string('version') ?? '', apis: { buildpack: lists('buildpack'), platform: lists('platform') } },
      createdBy: { name: createdBy?.string('name') ?? '', version: createdBy?.string('version') ?? '' },
      images: images.length > 0 || runImage.image === '' ? images : [runImage],
    };
  });
}

function readModule(fields: Fields): BuilderModule {
  return defined<BuilderModule>({
    id: fields.string('id') ?? '',
    version: fields.string('version') ?? '',
    name: fields.string('name'),
    description: fields.string('description'),
    homepage: fields.string('homepage'),
    keywords: fields.strings('keywords'),
    licenses: fields.has('licenses')
      ? fields.tables('licenses').map((license) => defined<License>({ type: license.string('type'), uri: license.string('uri') }))
      : undefined,
  });
}

export function formatBuilderMetadataLabel(label: BuilderMetadataLabel): string {
  const { buildpack, platform } = label.lifecycle.apis;
  const { version } = label.lifecycle;
  return JSON.stringify({
    description: label.description,
    buildpacks: label.buildpacks,
    extensions: label.extensions,
    stack: label.stack,
    lifecycle: { version, api: present({ buildpack: buildpack.supported[0], platform: platform.supported[0] }), apis: { buildpack, platform } },
    createdBy: label.createdBy,
    images: label.images,
  });
}

/** A buildpack or extension of `io.buildpacks.buildpack.layers` (C194). */
export interface ModuleLayer {
  readonly api: string;
  readonly layerDiffID: string;
  readonly name?: string;
  readonly homepage?: string;
  readonly stacks?: readonly Stack[];
  readonly targets?: readonly SupportedTarget[];
  readonly order?: Order;
}

/** By id, then by version. Wire names. */
export type ModuleLayersLabel = Readonly<Record<string, Readonly<Record<string, ModuleLayer>>>>;

/** Decodes `io.buildpacks.buildpack.layers` or `io.buildpacks.extension.layers`. Throws `SPEC_FILE_INVALID`. */
export function parseModuleLayersLabel(text: string): ModuleLayersLabel {
  return decodeJson(text, 'label io.buildpacks.buildpack.layers', (fields) =>
    mapTables(fields, (versions) =>
      mapTables(versions, (layer) =>
        defined<ModuleLayer>({
          api: layer.string('api') ?? '',
          layerDiffID: layer.string('layerDiffID') ?? '',
          name: layer.string('name'),
          homepage: layer.string('homepage'),
          stacks: layer.has('stacks')
            ? layer.tables('stacks').map((stack) => ({ id: stack.string('id') ?? '', mixins: stack.strings('mixins') ?? [] }))
            : undefined,
          targets: layer.has('targets') ? readSupportedTargets(layer) : undefined,
          order: layer.has('order') ? readOrder(layer, 'order') : undefined,
        }),
      ),
    ),
  );
}

function mapTables<T>(fields: Fields, read: (member: Fields) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(
    fields.keys().flatMap((key) => {
      const member = fields.table(key);
      return member === undefined ? [] : [[key, read(member)] as const];
    }),
  );
}

export function formatModuleLayersLabel(label: ModuleLayersLabel): string {
  return JSON.stringify(
    mapValues(label, (versions) =>
      mapValues(versions, (layer) =>
        present({
          api: layer.api,
          stacks: layer.stacks,
          targets: layer.targets?.map(({ os, arch, variant, distros }) => present({ os, arch, variant, distros: distros.length === 0 ? undefined : distros })),
          order: layer.order?.map(({ group }) => ({ group: group.map(orderElementToml) })),
          layerDiffID: layer.layerDiffID,
          homepage: layer.homepage,
          name: layer.name,
        }),
      ),
    ),
  );
}

const mapValues = <T, U>(map: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));

/** Decodes `io.buildpacks.buildpack.order` or `.order-extensions`: a JSON list of groups. Throws `SPEC_FILE_INVALID`. */
export function parseOrderLabel(text: string, name: string): Order {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new SpecFileError(`label ${name}`, [{ keyPath: '', problem: `is not JSON: ${(error as Error).message}` }]);
  }
  return decodeJson(JSON.stringify({ order: list ?? [] }), `label ${name}`, (fields) => readOrder(fields, 'order'));
}

export function formatOrderLabel(order: Order): string {
  return JSON.stringify(order.map(({ group }) => ({ group: group.map(orderElementToml) })));
}

/** The label `io.buildpacks.buildpack.system`. */
export function formatSystemLabel(system: SystemToml): string {
  const part = (elements: SystemToml['pre']) => ({ buildpacks: elements.map(orderElementToml) });
  return JSON.stringify({ pre: part(system.pre), post: part(system.post) });
}

/** The label `io.buildpacks.buildpackage.metadata` (`distribution.md#buildpackage`): which buildpack a package is of. */
export interface BuildpackageMetadataLabel extends BuilderModule {
  readonly stacks?: readonly Stack[];
}

/** Decodes the label. Throws `SPEC_FILE_INVALID`. */
export function parseBuildpackageMetadataLabel(text: string): BuildpackageMetadataLabel {
  return decodeJson(text, 'label io.buildpacks.buildpackage.metadata', (fields) =>
    defined<BuildpackageMetadataLabel>({
      ...readModule(fields),
      id: fields.requiredString('id'),
      version: fields.requiredString('version'),
      stacks: fields.has('stacks')
        ? fields.tables('stacks').map((stack) => ({ id: stack.string('id') ?? '', mixins: stack.strings('mixins') ?? [] }))
        : undefined,
    }),
  );
}

export function formatBuildpackageMetadataLabel(label: BuildpackageMetadataLabel): string {
  return JSON.stringify({ ...label });
}
