import { describe, expect, it } from 'vitest';
import type { BuildpackId, BuildPlan } from '../../../src/cnb/index.ts';
import { resolvePlan } from '../../../src/lifecycle/detect/resolve-plan.ts';
import type { PassedModule } from '../../../src/lifecycle/detect/resolve-plan.ts';

/** `a+x-y|+z`: id a provides x, requires y, or provides z. A `?` after the id makes it optional, `!` an extension. */
function module(text: string): PassedModule {
  const [, id, flags, plan] = /^(\w+)([?!]*)(.*)$/.exec(text)!;
  const alternatives = plan!.split('|').map((part) => {
    const names = (sign: string): readonly string[] => [...part.matchAll(new RegExp(`\\${sign}(\\w)`, 'g'))].map(([, name]) => name!);
    return { provides: names('+'), requires: names('-').map((name) => ({ name })) };
  });
  const extension = flags!.includes('!');
  return { reference: { id: id as BuildpackId, version: '1' }, extension, optional: extension || flags!.includes('?'), plan: { alternatives } };
}

/** Ids of the members and `name:providers` of the entries, or why not. */
function resolve(...texts: readonly string[]): string {
  const result = resolvePlan(texts.map(module));
  if (result.kind === 'unresolved') return result.failures.map(({ reference, kind, name }) => `${reference?.id ?? ''} ${kind} ${name}`.trim()).join('; ');
  const entries = result.plan.entries.map(({ providers, requires }) => `${requires[0]?.name}:${providers.map(({ id }) => id).join('')}`);
  return [result.members.map(({ reference }) => reference.id).join(''), ...entries].join(' ');
}

describe('resolvePlan()', () => {
  it.each([
    ['takes a require after its provide', ['a+x', 'b-x'], 'ab x:a'],
    ['takes provide and require of one buildpack', ['a+x-x'], 'a x:a'],
    ['fails a require before its provide', ['a-x', 'b+x-x'], 'a requires x'],
    ['fails a provide that nobody requires', ['a+x', 'b'], 'a provides x'],
    ['lists every provider', ['a+x', 'b+x', 'c-x'], 'abc x:ab'],
    ['counts a provide after the last require as unused', ['a+x', 'b-x', 'c+x'], 'c provides x'],
    ['drops an optional buildpack that does not fit', ['a?+x', 'b'], 'b'],
    ['judges the rest again when one has dropped out', ['a+x-x', 'b?+y', 'c?-z-y'], 'a x:a'],
    ['fails a required buildpack that a dropped one had served', ['a+x', 'b?-x-y', 'c'], 'a provides x'],
    ['tries alternatives from left to right', ['a+x|+y', 'b-y'], 'ab y:a'],
    ['tries the alternatives of the last buildpack first', ['a+x|+y', 'b-y|-x'], 'ab x:a'],
    ['drops an optional buildpack only on its last alternative', ['a?+x|+y', 'b-y'], 'ab y:a'],
    ['drops an unused extension', ['e!+x', 'a'], 'a'],
    ['keeps an extension whose provide is used', ['e!+x', 'a-x'], 'ea x:e'],
    ['fails when no buildpack is left', ['e!+x', 'a?-x-y'], 'nothing-left'],
  ] as const)('%s', (_title, texts, expected) => {
    expect(resolve(...texts)).toBe(expected);
  });

  it('names the extension that provides', () => {
    const result = resolvePlan([module('e!+x'), module('a-x')]);
    expect(result).toMatchObject({ kind: 'resolved', plan: { entries: [{ providers: [{ id: 'e', extension: true }] }] } });
  });

  it('keeps few failures of many combinations', () => {
    const plan: BuildPlan = { alternatives: Array.from({ length: 40 }, () => ({ provides: ['x'], requires: [] })) };
    const result = resolvePlan([{ ...module('a'), plan }]);
    expect(result.kind === 'unresolved' && result.failures.length).toBe(20);
  });
});

describe('resolvePlan() against a model', () => {
  it('agrees with a search that knows only the rules', () => {
    const random = mulberry32(42);
    let resolved = 0;
    for (let round = 0; round < 4000; round++) {
      const modules = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => randomModule(index, random));
      const expected = model(modules);
      const actual = resolvePlan(modules);
      if (actual.kind === 'resolved') resolved++;
      expect(actual.kind === 'resolved' ? actual.members.map(({ reference }) => reference.id) : undefined, describeModules(modules)).toEqual(expected);
      if (actual.kind === 'resolved') {
        for (const { providers, requires } of actual.plan.entries) {
          expect(providers.length).toBeGreaterThan(0);
          expect(requires.length).toBeGreaterThan(0);
        }
      }
    }
    expect(resolved).toBeGreaterThan(400);
    expect(resolved).toBeLessThan(3600);
  });
});

const describeModules = (modules: readonly PassedModule[]): string => JSON.stringify(modules);

function randomModule(index: number, random: () => number): PassedModule {
  const names = (): readonly string[] => ['x', 'y', 'z'].filter(() => random() < 0.25);
  const alternatives = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({ provides: names(), requires: names().map((name) => ({ name })) }));
  const extension = random() < 0.15;
  return {
    reference: { id: `m${index}` as BuildpackId, version: '1' },
    extension,
    optional: extension || random() < 0.5,
    plan: { alternatives: extension ? alternatives.map(({ provides }) => ({ provides, requires: [] })) : alternatives },
  };
}

/** All combinations in order; each is reduced by the spec's words alone, and by removing one member at a time. */
function model(modules: readonly PassedModule[]): readonly string[] | undefined {
  const all = modules.reduce<readonly (readonly number[])[]>(
    (prefixes, { plan }) => prefixes.flatMap((prefix) => plan.alternatives.map((_, choice) => [...prefix, choice])),
    [[]],
  );
  for (const choices of all) {
    let members = modules.map((entry, index) => {
      const last = choices[index] === entry.plan.alternatives.length - 1;
      return { entry, ...entry.plan.alternatives[choices[index]!]!, mayDrop: entry.optional && last };
    });
    const misfit = (): number[] =>
      members.flatMap((member, index) => {
        const lacks = member.requires.some(({ name }) => !members.slice(0, index + 1).some(({ provides }) => provides.includes(name)));
        const unused = member.provides.some((name) => !members.slice(index).some(({ requires }) => requires.some((require) => require.name === name)));
        return lacks || unused ? [index] : [];
      });
    let bad = misfit();
    while (bad.length > 0 && bad.every((index) => members[index]!.mayDrop)) {
      members = members.filter((_, index) => !bad.includes(index));
      bad = misfit();
    }
    if (bad.length === 0 && members.some(({ entry }) => !entry.extension)) return members.map(({ entry }) => entry.reference.id);
  }
  return undefined;
}

/** A small seeded random generator. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
