import type { BuildpackId, BuildpackReference } from './buildpack-id.ts';
import { buildpackIdProblem } from './buildpack-id.ts';
import { decodeToml, defined, present } from './fields.ts';
import type { Fields } from './fields.ts';
import { formatToml } from '../foundation/index.ts';

/** A buildpack or extension named in an order. */
export interface OrderElement extends BuildpackReference {
  readonly optional: boolean;
  /** Execution environments that the entry is for (Buildpack API 0.12); absent means all. */
  readonly execEnv?: readonly string[];
}

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

export function formatOrderToml(order: OrderToml): string {
  const groups = (list: Order) => (list.length === 0 ? undefined : list.map(({ group }) => ({ group: group.map(orderElementToml) })));
  return formatToml(present({ order: groups(order.order), 'order-extensions': groups(order.orderExtensions) }));
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

function readOrderElement(fields: Fields): OrderElement {
  return defined<OrderElement>({
    ...readReference(fields),
    optional: fields.boolean('optional') ?? false,
    execEnv: fields.strings('exec-env'),
  });
}

/** `id` and `version`, both required. */
export function readReference(fields: Fields): BuildpackReference {
  const id = fields.requiredString('id');
  const problem = id === '' ? undefined : buildpackIdProblem(id);
  if (problem !== undefined) fields.problem('id', `"${id}" ${problem}`);
  const version = fields.requiredString('version');
  // The version is a folder name under /cnb/buildpacks/<id>.
  if (version.includes('/') || version === '.' || version === '..') fields.problem('version', `"${version}" is not a version`);
  return { id: id as BuildpackId, version };
}

/** An order element with the keys of order.toml and of the builder label. */
export function orderElementToml(element: OrderElement): Record<string, unknown> {
  return {
    id: element.id,
    version: element.version,
    ...(element.optional ? { optional: true } : {}),
    ...(element.execEnv === undefined ? {} : { 'exec-env': element.execEnv }),
  };
}
