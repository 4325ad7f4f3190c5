import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseOrderToml } from '../../../src/cnb/index.ts';
import { expandOrder, verifyOrder } from '../../../src/lifecycle/detect/expand-order.ts';
import { PhaseFixture } from '../../support/phase-fixture.ts';

let fixture: PhaseFixture;
beforeEach(() => {
  fixture = new PhaseFixture();
});
afterEach(() => fixture.remove());

/** `a b? | c`: groups of ids, `?` optional, `#env` for one execution environment. */
function orderToml(text: string, key = 'order'): string {
  const element = (word: string): string => {
    const [, id, version, optional, env] = /^([\w/]+)(?:@(\d))?(\?)?(?:#(\w+))?$/.exec(word)!;
    const execEnv = env === undefined ? '' : `\nexec-env = ["${env}"]`;
    return `[[${key}.group]]\nid = "${id}"\nversion = "${version ?? '1'}"\noptional = ${optional === '?'}${execEnv}\n`;
  };
  return text
    .split('|')
    .map((group) => `[[${key}]]\n${group.trim().split(/\s+/).map(element).join('')}`)
    .join('');
}

function groups(order: string, execEnv?: string): readonly string[] {
  const options = { store: fixture.modules(), execEnv };
  return [...expandOrder(parseOrderToml(order, 'order.toml'), options)].map((group) =>
    group.map(({ reference, optional, kind }) => `${reference.id}${optional ? '?' : ''}${kind === 'extension' ? '!' : ''}`).join(' '),
  );
}

function buildpacks(...ids: readonly string[]): void {
  for (const id of ids) fixture.buildpack(`${id}@1`);
}

const composite = (id: string, order: string): void => fixture.buildpack(`${id}@1`, { toml: orderToml(order) });

describe('expandOrder()', () => {
  it('takes plain groups as they are', () => {
    buildpacks('a', 'b', 'c');
    expect(groups(orderToml('a b? | c'))).toEqual(['a b?', 'c']);
  });

  it('replaces a composite by each of its groups', () => {
    buildpacks('a', 'b', 'c', 'd');
    composite('m', 'b | c');
    expect(groups(orderToml('a m d'))).toEqual(['a b d', 'a c d']);
  });

  it('multiplies composites, the last one fastest', () => {
    buildpacks('a', 'b', 'c', 'd');
    composite('m', 'a | b');
    composite('n', 'c | d');
    expect(groups(orderToml('m n'))).toEqual(['a c', 'a d', 'b c', 'b d']);
  });

  it('resolves composites inside composites depth first', () => {
    buildpacks('a', 'b', 'c');
    composite('inner', 'b | c');
    composite('outer', 'a inner | c');
    expect(groups(orderToml('outer'))).toEqual(['a b', 'a c', 'c']);
  });

  it('leaves an optional composite out last', () => {
    buildpacks('a', 'b', 'c');
    composite('m', 'a | b');
    expect(groups(orderToml('m? c'))).toEqual(['a c', 'b c', 'c']);
  });

  it('adds an id once, the first version wins', () => {
    buildpacks('a', 'b');
    fixture.buildpack('a@2');
    expect(groups(orderToml('a@2 b a'))).toEqual(['a b']);
  });

  it('puts the orders of extensions before each group, and tries without them last', () => {
    buildpacks('a', 'b');
    fixture.extension('e@1', { plan: '' });
    fixture.extension('f@1', { plan: '' });
    expect(groups(orderToml('a | b') + orderToml('e | f', 'order-extensions'))).toEqual(['e?! a', 'f?! a', 'a', 'e?! b', 'f?! b', 'b']);
  });

  it('skips what is not for the execution environment, by descriptor and by order entry', () => {
    fixture.buildpack('a@1', { api: '0.12', info: 'exec-env = ["test"]' });
    fixture.buildpack('b@1', { api: '0.12', info: '[[buildpack.exec-env]]\nname = "production"' });
    fixture.buildpack('c@1', { api: '0.12', info: 'exec-env = ["*"]' });
    fixture.buildpack('old@1', { api: '0.11', info: 'exec-env = ["test"]' });
    buildpacks('d');
    const order = orderToml('a b c old d#test');
    expect(groups(order, 'production')).toEqual(['b c old']);
    expect(groups(order, 'test')).toEqual(['a c old d']);
    expect(groups(order)).toEqual(['a b c old d']);
  });

  it('names what is missing and what looks like it', () => {
    buildpacks('samples/node');
    expect(() => groups(orderToml('samples/nod'))).toThrow(
      expect.objectContaining({ code: 'BUILDPACK_NOT_FOUND', nextStep: expect.stringContaining('samples_node@1') as string }),
    );
  });
});

describe('verifyOrder()', () => {
  const verify = (order: string): void => verifyOrder(parseOrderToml(order, 'order.toml'), fixture.modules());

  it('refuses a composite that contains itself', () => {
    buildpacks('a');
    composite('m', 'a n');
    composite('n', 'a | m');
    expect(() => verify(orderToml('m'))).toThrow(
      expect.objectContaining({ code: 'ORDER_CYCLE', message: expect.stringContaining('m@1 > n@1 > m@1') as string }),
    );
  });

  it('refuses an unsupported API inside a composite', () => {
    fixture.buildpack('a@1', { api: '0.6' });
    composite('m', 'a');
    expect(() => verify(orderToml('m'))).toThrow(expect.objectContaining({ code: 'BUILDPACK_API_UNSUPPORTED' }));
  });

  it('lets a composite miss a component until it is needed', () => {
    buildpacks('a');
    composite('m', 'a | gone');
    verify(orderToml('m'));
    expect(() => groups(orderToml('m'))).toThrow(expect.objectContaining({ code: 'BUILDPACK_NOT_FOUND' }));
  });
});
