import type { BuildpackId, BuildpackReference } from './buildpack-id.ts';
import { buildpackIdProblem } from './buildpack-id.ts';
import { decodeToml, defined } from './fields.ts';
import type { Fields } from './fields.ts';
import { formatGoToml } from './go-toml.ts';
import type { GoTomlStruct } from './go-toml.ts';

/** A buildpack or extension named in an order. */
export interface OrderElement extends BuildpackReference {
  readonly optional: boolean;
  /** Execution environments that the entry is for (Buildpack API 0.12); absent means all. */
  readonly execEnv?: readonly string[];
}

/** A buildpack or extension as builder.toml and a builder's labels name it: without a version, the only one there is. */
export interface OrderReference {
  readonly id: BuildpackId;
  readonly version?: string;
  readonly optional: boolean;
  readonly execEnv?: readonly string[];
}

/** An order whose entries may name no version. */
export type LooseOrder = readonly { readonly group: readonly OrderReference[] }[];

export interface OrderGroup {
  readonly group: readonly OrderElement[];
}

/** Groups to try in turn (`platform.md#ordertoml-toml`). */
export type Order = readonly OrderGroup[];

/** order.toml: orders of buildpacks and of image extensions. */
export interface OrderToml {
  readonly order: Order;
  readonly orderExtensions: Order;
}

/** system.toml (Platform API 0.15): buildpacks before and after every group. */
export interface SystemToml {
  readonly pre: readonly OrderElement[];
  readonly post: readonly OrderElement[];
}

/** Decodes order.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseOrderToml(text: string, file: string): OrderToml {
  return decodeToml(text, file, (fields) => ({
    order: readOrder(fields, 'order'),
    orderExtensions: readOrder(fields, 'order-extensions').map(({ group }) => ({
      group: group.map((element) => ({ ...element, optional: true })), // extensions are always optional
    })),
  }));
}

/** order.toml with the bytes that pack writes. */
export function formatOrderToml(order: OrderToml): string {
  const groups = (list: Order) => (list.length === 0 ? undefined : list.map(({ group }) => ({ group: group.map(orderElementToml) })));
  return formatGoToml({ order: groups(order.order), 'order-extensions': groups(order.orderExtensions) });
}

/** system.toml with the bytes that pack writes. */
export function formatSystemToml(system: SystemToml): string {
  const part = (elements: readonly OrderElement[]) => (elements.length === 0 ? undefined : { buildpacks: elements.map(orderElementToml) });
  return formatGoToml({ system: { pre: part(system.pre), post: part(system.post) } });
}

/** Decodes system.toml; the reference nests it under `[system]`, as does the spec. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseSystemToml(text: string, file: string): SystemToml {
  return decodeToml(text, file, (fields) => {
    const system = fields.table('system');
    const read = (key: string): readonly OrderElement[] =>
      system
        ?.table(key)
        ?.tables('buildpacks')
        .map((element) => readOrderElement(element)) ?? [];
    return { pre: read('pre'), post: read('post') };
  });
}

/** Every group with the system buildpacks around it, without those whose id the group already has (C055). */
export function withSystemBuildpacks(order: Order, system: SystemToml): Order {
  return order.map(({ group }) => {
    const own = new Set(group.map(({ id }) => id));
    const missing = (elements: readonly OrderElement[]) => elements.filter(({ id }) => !own.has(id));
    return { group: [...missing(system.pre), ...group, ...missing(system.post)] };
  });
}

export function readOrder(fields: Fields, key: string): Order {
  return fields.tables(key).map((group) => ({ group: group.tables('group').map((element) => readOrderElement(element)) }));
}

/** As {@link readOrder}, of a file whose entries may name no version. */
export function readLooseOrder(fields: Fields, key: string): LooseOrder {
  return fields.tables(key).map((group) => ({ group: group.tables('group').map(readOrderReference) }));
}

export function readOrderReference(fields: Fields): OrderReference {
  return defined<OrderReference>({
    id: readId(fields),
    version: readVersion(fields.string('version'), fields),
    optional: fields.boolean('optional') ?? false,
    execEnv: fields.strings('exec-env'),
  });
}

function readOrderElement(fields: Fields): OrderElement {
  return defined<OrderElement>({
    ...readReference(fields),
    optional: fields.boolean('optional') ?? false,
    execEnv: fields.strings('exec-env'),
  });
}

/** `id` and `version`, both required. */
export function readReference(fields: Fields): BuildpackReference {
  return { id: readId(fields), version: readVersion(fields.requiredString('version'), fields) ?? '' };
}

function readId(fields: Fields): BuildpackId {
  const id = fields.requiredString('id');
  const problem = id === '' ? undefined : buildpackIdProblem(id);
  if (problem !== undefined) fields.problem('id', `"${id}" ${problem}`);
  return id as BuildpackId;
}

/** An empty version is none. */
function readVersion(version: string | undefined, fields: Fields): string | undefined {
  // The version is a folder name under /cnb/buildpacks/<id>.
  if (version?.includes('/') === true || version === '.' || version === '..') fields.problem('version', `"${version}" is not a version`);
  return version === '' ? undefined : version;
}

/** An order element with the keys of order.toml. */
export function orderElementToml(element: OrderElement): GoTomlStruct {
  return {
    id: element.id,
    version: element.version,
    'exec-env': element.execEnv,
    optional: element.optional ? true : undefined,
  };
}
