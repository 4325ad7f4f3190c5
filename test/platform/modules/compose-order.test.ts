import { describe, expect, it } from 'vitest';
import type { BuildpackId, OrderToml } from '../../../src/cnb/index.ts';
import { composeOrder } from '../../../src/platform/modules/compose-order.ts';

const element = (id: string, optional = false) => ({ id: id as BuildpackId, version: '1', optional });
const BUILDER: OrderToml = {
  order: [{ group: [element('a'), element('b', true)] }, { group: [element('c')] }],
  orderExtensions: [{ group: [element('e', true)] }],
};
const told = (order: OrderToml['order']) => order.map(({ group }) => group.map(({ id, optional }) => `${id}${optional ? '?' : ''}`).join(' '));

describe('composeOrder()', () => {
  it('makes one group of the buildpacks named', () => {
    const { order, orderExtensions } = composeOrder(BUILDER, { group: [element('x'), element('y', true)], pre: [], post: [] });
    expect(told(order)).toEqual(['x y?']);
    expect(orderExtensions).toBe(BUILDER.orderExtensions);
  });

  it('puts buildpacks around each group of the builder', () => {
    expect(told(composeOrder(BUILDER, { pre: [element('x'), element('y')], post: [element('z')] }).order)).toEqual(['x y a b? z', 'x y c z']);
    expect(told(composeOrder(BUILDER, { group: [element('x'), 'builder-order', element('z')], pre: [], post: [] }).order)).toEqual(['x a b? z', 'x c z']);
    expect(composeOrder(BUILDER, { group: ['builder-order'], pre: [], post: [] }).order).toEqual(BUILDER.order);
  });

  it('lets chosen extensions take the place of those of the builder, all optional', () => {
    const { order, orderExtensions } = composeOrder(BUILDER, { extensions: [element('x'), element('y')], pre: [], post: [] });
    expect(told(orderExtensions)).toEqual(['x? y?']);
    expect(order).toBe(BUILDER.order);
  });

  it('refuses the order of the builder where it cannot stand', () => {
    const refused = expect.objectContaining({ code: 'MODULE_URI_INVALID' });
    expect(() => composeOrder(BUILDER, { group: ['builder-order', 'builder-order'], pre: [], post: [] })).toThrow(refused);
    expect(() => composeOrder(BUILDER, { pre: ['builder-order'], post: [] })).toThrow(refused);
    expect(() => composeOrder(BUILDER, { extensions: ['builder-order'], pre: [], post: [] })).toThrow(refused);
  });
});
