import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectSame, runScenario } from '../../support/conformance/compare.ts';
import type { RoundOutcome } from '../../support/conformance/outcome.ts';
import { orderToml } from '../../support/conformance/scenario.ts';
import type { ScenarioBuildpack } from '../../support/conformance/scenario.ts';
import { seededRandom } from '../../support/random.ts';
import type { Random } from '../../support/random.ts';
import { referenceObstacle } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-orders-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function randomOrder(random: Random, names: readonly string[]): string {
  const member = (): string => `${random.pick(names)}${random.chance(0.4) ? '?' : ''}`;
  const groups = Array.from({ length: 1 + random.below(3) }, () => Array.from({ length: 1 + random.below(3) }, member).join(' '));
  return groups.join(' | ');
}

function randomPlan(random: Random): string {
  const things = ['x', 'y', 'z'];
  const some = (key: string, table: string): string =>
    things
      .filter(() => random.chance(0.3))
      .map((name) => `[[${table}${key}]]\nname = "${name}"\n`)
      .join('');
  const top = `${some('provides', '')}${some('requires', '')}`;
  return `${top}${Array.from({ length: random.below(3) }, () => `[[or]]\n${some('provides', 'or.')}${some('requires', 'or.')}`).join('')}`;
}

function randomBuildpacks(random: Random): readonly ScenarioBuildpack[] {
  const buildpacks: ScenarioBuildpack[] = [];
  for (let index = 0; index < 4; index++) {
    const exit = random.chance(0.8) ? 0 : random.pick([100, 1]);
    const detect = `#!/bin/sh\ncat > "$2" <<'EOF'\n${random.chance(0.6) ? randomPlan(random) : ''}EOF\nexit ${exit}\n`;
    buildpacks.push({ name: `test/b${index}@1`, api: '0.10', raw: { detect } });
  }
  for (let index = 0; index < random.below(3); index++) {
    buildpacks.push({
      name: `test/c${index}@1`,
      api: '0.10',
      toml: orderToml(
        randomOrder(
          random,
          buildpacks.map(({ name }) => name),
        ),
      ),
    });
  }
  return buildpacks;
}

/** Difference `error-inside-an-optional-composite`. */
const withoutLostErrors = (outcome: RoundOutcome): RoundOutcome => ({
  ...outcome,
  ends: outcome.ends.map((end) => (end.exitCode === 21 ? { ...end, exitCode: 20 } : end)),
});

describe.skipIf(skipWithout(`what the conformance suite needs (${obstacle})`, obstacle === undefined))('detection by both lifecycles', () => {
  it.each([1, 2, 3, 4])('agrees on random orders, part %i', { timeout: 300_000 }, async (seed) => {
    const random = seededRandom(seed);
    const exits = new Set<number>();
    for (let round = 0; round < 15; round++) {
      const buildpacks = randomBuildpacks(random);
      const order = randomOrder(
        random,
        buildpacks.map(({ name }) => name),
      );
      await using comparison = await runScenario(home, { platformApi: '0.14', detectOnly: true, buildpacks, order });
      await expectSame(comparison, /c\d@1\?/.test(order) ? withoutLostErrors : undefined);
      exits.add(comparison.rounds[0]!.reference.ends[0]!.exitCode);
    }
    expect([...exits].sort()).toEqual(expect.arrayContaining([0, 20]));
  });
});
