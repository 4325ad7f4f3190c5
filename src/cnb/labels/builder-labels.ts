import { GoStruct, formatGoJson } from '../../foundation/index.ts';
import type { GoValue } from '../../foundation/index.ts';
import { compareApiVersions, formatApiVersion, tryParseApiVersion } from '../api-version.ts';
import { decodeJson, defined, unlessEmpty } from '../fields.ts';
import type { Fields } from '../fields.ts';
import type { License, Stack } from '../buildpack-descriptor.ts';
import { readOrder } from '../order.ts';
import type { Order } from '../order.ts';
import { readRunImageEntry } from '../run-toml.ts';
import type { RunImageEntry } from '../run-toml.ts';
import { readSupportedTargets } from '../target.ts';
import type { SupportedTarget } from '../target.ts';
import { orderStructs } from './order-labels.ts';

/** A buildpack or extension as `io.buildpacks.builder.metadata` lists it. */
export interface BuilderModule {
  readonly id: string;
  readonly version: string;
  readonly name?: string;
  readonly description?: string;
  readonly homepage?: string;
  readonly keywords?: readonly string[];
  readonly execEnv?: readonly string[];
  readonly licenses?: readonly License[];
  readonly clearEnv?: boolean;
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
    execEnv: fields.strings('exec-env'),
    licenses: fields.has('licenses') ? fields.tables('licenses').map(readLicense) : undefined,
    clearEnv: fields.boolean('clear-env'),
  });
}

/** pack writes the names of Go's fields, and reads any case. */
function readLicense(fields: Fields): License {
  return defined<License>({ type: fields.string('Type') ?? fields.string('type'), uri: fields.string('URI') ?? fields.string('uri') });
}

function moduleMembers(module: BuilderModule): Readonly<Record<string, GoValue | undefined>> {
  const { id, name, version, description, homepage, keywords, execEnv, licenses, clearEnv } = module;
  return {
    id,
    name,
    version,
    description,
    homepage,
    keywords: unlessEmpty(keywords),
    'exec-env': unlessEmpty(execEnv),
    licenses: unlessEmpty(licenses)?.map(({ type = '', uri = '' }) => new GoStruct({ Type: type, URI: uri })),
    'clear-env': clearEnv === true ? true : undefined,
  };
}

/** The label as pack writes it, byte for byte. */
export function formatBuilderMetadataLabel(label: BuilderMetadataLabel): string {
  const { version, apis } = label.lifecycle;
  const modules = (list: readonly BuilderModule[]) => list.map((module) => new GoStruct(moduleMembers(module)));
  const lists = ({ deprecated, supported }: ApiLists) => new GoStruct({ deprecated, supported });
  const api = new GoStruct({ buildpack: earliest(apis.buildpack), platform: earliest(apis.platform) });
  return formatGoJson(
    new GoStruct({
      description: label.description,
      buildpacks: modules(label.buildpacks),
      extensions: modules(label.extensions),
      stack: new GoStruct({ runImage: runImageStruct(label.stack.runImage) }),
      lifecycle: new GoStruct({ version, api, apis: new GoStruct({ buildpack: lists(apis.buildpack), platform: lists(apis.platform) }) }),
      createdBy: new GoStruct({ name: label.createdBy.name, version: label.createdBy.version }),
      images: label.images.map(runImageStruct),
    }),
  );
}

/** For readers that know one version only. */
function earliest({ deprecated, supported }: ApiLists): string | undefined {
  const versions = [...deprecated, ...supported].flatMap((text) => tryParseApiVersion(text) ?? []);
  const first = versions.sort(compareApiVersions)[0];
  return first === undefined ? undefined : formatApiVersion(first);
}

const runImageStruct = ({ image, mirrors }: RunImageEntry): GoStruct => new GoStruct({ image, mirrors: mirrors.length === 0 ? null : mirrors });

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

/** The label as pack writes it, byte for byte. */
export function formatModuleLayersLabel(label: ModuleLayersLabel): string {
  return formatGoJson(mapValues(label, (versions) => mapValues(versions, moduleLayerStruct)));
}

function moduleLayerStruct(layer: ModuleLayer): GoStruct {
  const { api, layerDiffID, homepage, name } = layer;
  return new GoStruct({
    api,
    stacks: unlessEmpty(layer.stacks)?.map(stackStruct),
    targets: unlessEmpty(layer.targets)?.map(targetStruct),
    order: layer.order === undefined || layer.order.length === 0 ? undefined : orderStructs(layer.order),
    layerDiffID,
    homepage,
    name,
  });
}

const stackStruct = ({ id, mixins }: Stack): GoStruct => new GoStruct({ id, mixins: unlessEmpty(mixins) });

function targetStruct({ os = '', arch = '', variant, distros }: SupportedTarget): GoStruct {
  const distributions = distros.map(
    ({ name, version }) => new GoStruct({ name: name === '' ? undefined : name, version: version === '' ? undefined : version }),
  );
  return new GoStruct({ os, arch, variant, distros: unlessEmpty(distributions) });
}

const mapValues = <T, U>(map: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));

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

/** The label as pack writes it, byte for byte. Packages of extensions have no stacks. */
export function formatBuildpackageMetadataLabel(label: BuildpackageMetadataLabel): string {
  const { stacks } = label;
  return formatGoJson(new GoStruct({ ...moduleMembers(label), stacks: stacks === undefined || stacks.length === 0 ? null : stacks.map(stackStruct) }));
}
