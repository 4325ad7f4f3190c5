import type { ModuleSummary, Stack } from '../cnb/index.ts';

const ANY: readonly Stack[] = [{ id: '*', mixins: [] }];

/**
 * The deprecated stacks that all modules of a package support together, for its label (`distribution.md#buildpackage`):
 * those without any, which say targets instead, support every one. Empty when they have none in common.
 */
export function commonStacks(main: ModuleSummary, dependencies: readonly ModuleSummary[]): readonly Stack[] {
  let common = stacksOf(main);
  for (const dependency of dependencies) {
    const stacks = stacksOf(dependency);
    if (stacks.length === 0) continue; // composite: its members say it
    common = common.length === 0 ? stacks : intersection(common, stacks);
    if (common.length === 0) return [];
  }
  return common;
}

function stacksOf({ layer }: ModuleSummary): readonly Stack[] {
  if (layer.stacks !== undefined && layer.stacks.length > 0) return layer.stacks;
  return layer.order === undefined || layer.order.length === 0 ? ANY : [];
}

function intersection(a: readonly Stack[], b: readonly Stack[]): readonly Stack[] {
  const takesAny = (stacks: readonly Stack[]) => stacks.some(({ id }) => id === '*');
  if (takesAny(a)) return takesAny(b) ? ANY : b;
  if (takesAny(b)) return a;
  return b.flatMap(({ id, mixins }) => {
    const other = a.find((stack) => stack.id === id);
    return other === undefined ? [] : [{ id, mixins: [...new Set([...other.mixins, ...mixins])].sort() }];
  });
}
