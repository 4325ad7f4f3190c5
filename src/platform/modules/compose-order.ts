import { TspackError } from '../../foundation/index.ts';
import type { Order, OrderElement, OrderToml } from '../../cnb/index.ts';

/** One entry of a selection: a buildpack, or all groups of the builder. */
export type ChosenModule = OrderElement | 'builder-order';

export interface ChosenModules {
  readonly group?: readonly ChosenModule[];
  readonly extensions?: readonly ChosenModule[];
  readonly pre: readonly ChosenModule[];
  readonly post: readonly ChosenModule[];
}

/**
 * The order that a selection makes of the builder's (CNB.md C197): `group` takes its place, and `from=builder` in it
 * stands for each of the builder's groups in turn; `pre` and `post` go around every group, in the order they were named.
 * Throws `MODULE_URI_INVALID` when the builder's order is named twice, or where it cannot stand.
 */
export function composeOrder(builder: OrderToml, chosen: ChosenModules): OrderToml {
  const base = chosen.group === undefined ? builder.order : replaceOrder(builder.order, chosen.group);
  const [pre, post] = [withoutOrder(chosen.pre, 'before or after every group'), withoutOrder(chosen.post, 'before or after every group')];
  const extensions = chosen.extensions && withoutOrder(chosen.extensions, 'among extensions').map((element) => ({ ...element, optional: true }));
  return {
    order: pre.length + post.length === 0 ? base : base.map(({ group }) => ({ group: [...pre, ...group, ...post] })),
    orderExtensions: extensions === undefined || extensions.length === 0 ? builder.orderExtensions : [{ group: extensions }],
  };
}

function replaceOrder(builder: Order, group: readonly ChosenModule[]): Order {
  const place = group.indexOf('builder-order');
  if (place < 0) return [{ group: withoutOrder(group, '') }];
  const before = withoutOrder(group.slice(0, place), '');
  const after = withoutOrder(group.slice(place + 1), 'twice');
  return builder.map(({ group: own }) => ({ group: [...before, ...own, ...after] }));
}

function withoutOrder(chosen: readonly ChosenModule[], where: string): readonly OrderElement[] {
  return chosen.map((each) => {
    if (each !== 'builder-order') return each;
    throw new TspackError({
      code: 'MODULE_URI_INVALID',
      message: `Cannot use "from=builder" ${where}: it stands for the builder's whole order`,
      nextStep: 'Write --buildpack from=builder once, with other buildpacks before or after it',
    });
  });
}
