import { TspackError } from '../../foundation/index.ts';
import { formatBuildpackReference, isForExecEnv } from '../../cnb/index.ts';
import type { BuildpackReference, Order, OrderElement, OrderToml } from '../../cnb/index.ts';
import { requireModule } from '../module-store.ts';
import type { LocatedModule, ModuleKind, ModuleStore } from '../module-store.ts';

/** A member of a group to try: a component buildpack or an extension. */
export interface Candidate {
  readonly kind: ModuleKind;
  readonly reference: BuildpackReference;
  readonly optional: boolean;
  readonly module: LocatedModule;
}

export interface ExpandOptions {
  readonly store: ModuleStore;
  /** Skip what is not for this execution environment (Platform API 0.15); undefined checks nothing. */
  readonly execEnv: string | undefined;
}

type Item =
  | { readonly kind: ModuleKind; readonly element: OrderElement }
  /** The order of extensions that stands at the head of every group. */
  | { readonly kind: 'extension-order'; readonly order: Order };

/**
 * The groups of component buildpacks that an order stands for, in the order to try them
 * (`buildpack.md#order-resolution`): a composite buildpack is replaced by each of its groups, depth first, left to
 * right; an optional composite is left out last. An id that a group already has is not added again (C045).
 * Throws `BUILDPACK_NOT_FOUND` when it comes to a buildpack that is not there.
 */
export function* expandOrder(order: OrderToml, options: ExpandOptions): Generator<readonly Candidate[]> {
  const extensions: readonly Item[] = order.orderExtensions.length === 0 ? [] : [{ kind: 'extension-order', order: order.orderExtensions }];
  for (const { group } of order.order) {
    yield* expandGroup([...extensions, ...group.map((element): Item => ({ kind: 'buildpack', element }))], [], options);
  }
}

function* expandAlternatives(
  kind: ModuleKind,
  order: Order,
  rest: readonly Item[],
  done: readonly Candidate[],
  optional: boolean,
  options: ExpandOptions,
): Generator<readonly Candidate[]> {
  for (const { group } of order) yield* expandGroup([...group.map((element): Item => ({ kind, element })), ...rest], done, options);
  if (optional) yield* expandGroup(rest, done, options);
}

function* expandGroup(items: readonly Item[], before: readonly Candidate[], options: ExpandOptions): Generator<readonly Candidate[]> {
  const done = [...before];
  for (const [index, item] of items.entries()) {
    if (item.kind === 'extension-order') {
      yield* expandAlternatives('extension', item.order, items.slice(index + 1), done, true, options);
      return;
    }
    const { kind, element } = item;
    if (done.some((other) => other.kind === kind && other.reference.id === element.id)) continue;
    if (options.execEnv !== undefined && !isForExecEnv(element.execEnv, options.execEnv)) continue;
    const module = requireModule(options.store, kind, element);
    const { descriptor } = module;
    if (descriptor.kind === 'buildpack' && descriptor.order.length > 0) {
      yield* expandAlternatives('buildpack', descriptor.order, items.slice(index + 1), done, element.optional, options);
      return;
    }
    if (options.execEnv !== undefined && !isForExecEnv(descriptor.execEnv, options.execEnv)) continue;
    done.push({ kind, reference: { id: element.id, version: element.version }, optional: element.optional, module });
  }
  yield done;
}

/**
 * Looks at every buildpack that the order can reach before any is run. Throws `BUILDPACK_API_UNSUPPORTED` (exit
 * code 12), `ORDER_CYCLE`, `SPEC_FILE_INVALID`, and `BUILDPACK_NOT_FOUND` for what the order itself names: a
 * component that only an unused composite misses does not stop a build.
 */
export function verifyOrder(order: OrderToml, store: ModuleStore): void {
  const verified = new Set<string>();
  const visit = (element: OrderElement, path: readonly string[]): void => {
    const name = formatBuildpackReference(element);
    if (path.includes(name)) {
      throw new TspackError({
        code: 'ORDER_CYCLE',
        message: `Cannot resolve the order: buildpack "${name}" contains itself by way of ${[...path.slice(path.indexOf(name)), name].join(' > ')}`,
      });
    }
    if (verified.has(name)) return;
    verified.add(name);
    const found = path.length === 0 ? requireModule(store, 'buildpack', element) : store.findBuildpack(element);
    if (found?.descriptor.kind !== 'buildpack') return;
    for (const { group } of found.descriptor.order) for (const inner of group) visit(inner, [...path, name]);
  };
  for (const { group } of order.order) for (const element of group) visit(element, []);
  for (const { group } of order.orderExtensions) for (const element of group) requireModule(store, 'extension', element);
}
