import { parseApiVersion, formatApiVersion } from './api-version.ts';
import { decodeToml, defined } from './fields.ts';
import type { Fields } from './fields.ts';
import type { License, Stack } from './buildpack-descriptor.ts';
import type { BuilderModule, ModuleLayer } from './labels/builder-labels.ts';
import { readOrder, readReference } from './order.ts';
import { formatGoToml } from './go-toml.ts';
import { readSupportedTargets } from './target.ts';
import type { SupportedTarget } from './target.ts';

export type ModuleKind = 'buildpack' | 'extension';

/** What labels of packages and builders say about a buildpack or an extension. */
export interface ModuleSummary {
  readonly kind: ModuleKind;
  readonly info: BuilderModule;
  /** For `io.buildpacks.buildpack.layers` or `io.buildpacks.extension.layers`. */
  readonly layer: Omit<ModuleLayer, 'layerDiffID'>;
}

/** What pack takes a descriptor without an `api` for. */
const ASSUMED_API = '0.1';

/**
 * Reads buildpack.toml or extension.toml for a package: what it declares, nothing inferred, of any Buildpack API, because
 * who packages need not be who builds. Throws `TOML_INVALID`, `SPEC_FILE_INVALID`, `API_VERSION_INVALID`.
 */
export function parseModuleSummary(text: string, file: string, kind: ModuleKind): ModuleSummary {
  return decodeToml(text, file, (fields) => {
    const table = fields.table(kind);
    if (table === undefined) fields.problem(kind, 'is missing');
    const info = readInfo(table ?? fields);
    const stacks = fields.tables('stacks').map((stack): Stack => ({ id: stack.requiredString('id'), mixins: stack.strings('mixins') ?? [] }));
    const targets = readSupportedTargets(fields);
    const order = kind === 'buildpack' ? readOrder(fields, 'order') : [];
    if (order.length > 0 && stacks.length + targets.length > 0) {
      fields.problem('order', 'a buildpack cannot have both an order and targets or stacks');
    }
    const { name, homepage } = info;
    const layer = { api: readApi(fields), stacks, targets, order };
    return { kind, info, layer: defined<ModuleSummary['layer']>({ ...layer, name, homepage }) };
  });
}

function readApi(fields: Fields): string {
  const api = fields.raw('api');
  return formatApiVersion(parseApiVersion(api === undefined ? ASSUMED_API : String(api)));
}

function readInfo(table: Fields): BuilderModule {
  const licenses = table.tables('licenses').map((license) => defined<License>({ type: license.string('type'), uri: license.string('uri') }));
  return defined<BuilderModule>({
    ...readReference(table),
    name: table.string('name'),
    description: table.string('description'),
    homepage: table.string('homepage'),
    keywords: table.strings('keywords'),
    execEnv: table.strings('exec-env'),
    licenses: licenses.length === 0 ? undefined : licenses,
    clearEnv: table.boolean('clear-env'),
  });
}

/** The descriptor of a new buildpack or extension, as pack writes it. */
export function formatNewModule(module: {
  readonly kind: ModuleKind;
  readonly id: string;
  readonly version: string;
  readonly api: string;
  readonly targets: readonly SupportedTarget[];
}): string {
  const { kind, id, version, api } = module;
  const targets = module.targets.map(({ os, arch, variant, distros }) => ({
    os,
    arch,
    variant,
    distros: distros.length === 0 ? undefined : distros.map(({ name, version: release }) => ({ name, version: release === '' ? undefined : release })),
  }));
  return formatGoToml({ api, [kind]: { id, version }, targets: targets.length === 0 ? undefined : targets });
}
