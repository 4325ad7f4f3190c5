import { describe, expect, it } from 'vitest';
import { parseApiVersion } from '../../../src/cnb/index.ts';
import type { BuildpackDescriptor, BuildpackId, Order, OrderElement } from '../../../src/cnb/index.ts';
import { expandOrder } from '../../../src/lifecycle/detect/expand-order.ts';
import type { LocatedModule, ModuleStore } from '../../../src/lifecycle/module-store.ts';
import { hostPath, sandboxPath } from '../../support/sandbox-root.ts';
import { seededRandom } from '../../support/random.ts';
import type { Random } from '../../support/random.ts';

/** Buildpacks by `id@version`: an order makes a composite. */
type Universe = ReadonlyMap<string, { readonly order: Order; readonly execEnv: readonly string[] }>;

/** Leaves, then composites of what was made before them, so that none contains itself. */
function randomUniverse(random: Random): Universe {
  const universe = new Map<string, { order: Order; execEnv: readonly string[] }>();
  const leaves = 3 + random.below(4);
  const composites = random.below(4);
  for (let index = 0; index < leaves + composites; index++) {
    const isComposite = index >= leaves;
    const names = [...universe.keys()];
    const execEnv = random.chance(0.15) ? [random.pick(['test', 'production', '*'])] : [];
    // Two versions of an id now and then.
    const name = `${index > 0 && !isComposite && random.chance(0.2) ? 'b0' : `b${index}`}@${index}`;
    universe.set(name, { order: isComposite ? randomOrder(random, names) : [], execEnv });
  }
  return universe;
}

function randomOrder(random: Random, names: readonly string[]): Order {
  return Array.from({ length: 1 + random.below(3) }, () => ({
    group: Array.from({ length: 1 + random.below(3) }, () => randomElement(random, random.pick(names))),
  }));
}

function randomElement(random: Random, name: string): OrderElement {
  const [id = '', version = ''] = name.split('@');
  return { id: id as BuildpackId, version, optional: random.chance(0.4), ...(random.chance(0.1) ? { execEnv: [random.pick(['test', 'production'])] } : {}) };
}

function storeOf(universe: Universe): ModuleStore {
  return {
    findBuildpack({ id, version }) {
      const found = universe.get(`${id}@${version}`);
      if (found === undefined) return undefined;
      const descriptor: BuildpackDescriptor = {
        kind: 'buildpack',
        id,
        version,
        api: parseApiVersion('0.12'),
        keywords: [],
        licenses: [],
        clearEnv: false,
        execEnv: found.execEnv,
        targets: [],
        sbomFormats: [],
        order: found.order,
        stacks: [],
      };
      return { descriptor, directory: { hostPath: hostPath('/b'), sandboxPath: sandboxPath('/b') }, executables: ['detect', 'build'] } satisfies LocatedModule;
    },
    findExtension: () => undefined,
    list: () => [],
  };
}

/** The rules, as slowly as they can be said: every choice of groups in turn, then what is there twice taken out. */
function model(order: Order, universe: Universe, execEnv: string | undefined): readonly string[] {
  const isFor = (list: readonly string[] | undefined): boolean =>
    execEnv === undefined || list === undefined || list.length === 0 || list.includes('*') || list.includes(execEnv);
  const alternatives = (element: OrderElement): readonly (readonly string[])[] => {
    if (!isFor(element.execEnv)) return [[]];
    const { order: inner, execEnv: own } = universe.get(`${element.id}@${element.version}`)!;
    if (inner.length > 0) return [...inner.flatMap(({ group }) => sequences(group)), ...(element.optional ? [[]] : [])];
    return isFor(own) ? [[`${element.id}@${element.version}${element.optional ? '?' : ''}`]] : [[]];
  };
  const sequences = (group: readonly OrderElement[]): readonly (readonly string[])[] =>
    group.map(alternatives).reduce<readonly (readonly string[])[]>((before, next) => before.flatMap((start) => next.map((end) => [...start, ...end])), [[]]);
  const once = (members: readonly string[]): string => {
    const ids = members.map((member) => member.split('@')[0]);
    return members.filter((_, index) => ids.indexOf(ids[index]) === index).join(' ');
  };
  return order.flatMap(({ group }) => sequences(group)).map(once);
}

describe('expandOrder() against a model', () => {
  it('makes the groups of every choice, in order', () => {
    const random = seededRandom(20_240_917);
    let compared = 0;
    for (let round = 0; round < 1500; round++) {
      const universe = randomUniverse(random);
      const order = randomOrder(random, [...universe.keys()]);
      const execEnv = random.pick([undefined, 'production', 'test']);
      const expected = model(order, universe, execEnv);
      if (expected.length > 2000) continue;
      const groups = [...expandOrder({ order, orderExtensions: [] }, { store: storeOf(universe), execEnv })].map((group) =>
        group.map(({ reference, optional }) => `${reference.id}@${reference.version}${optional ? '?' : ''}`).join(' '),
      );
      expect(groups, JSON.stringify([order, [...universe], execEnv])).toEqual(expected);
      compared += groups.length;
    }
    expect(compared).toBeGreaterThan(5000);
  });
});
