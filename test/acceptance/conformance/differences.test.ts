import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runScenario } from '../../support/conformance/compare.ts';
import { DIFFERENCES } from '../../support/conformance/differences.ts';
import { referenceObstacle } from '../../support/reference-lifecycle.ts';
import { skipWithout } from '../../support/requirement.ts';

const obstacle = referenceObstacle();
const home = mkdtempSync(join(tmpdir(), 'tspack-differences-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.skipIf(skipWithout(`what the conformance suite needs (${obstacle})`, obstacle === undefined))('what differs on purpose', () => {
  it.each(DIFFERENCES)('$name', { timeout: 60_000 }, async ({ scenario, look, reference, tspack }) => {
    await using comparison = await runScenario(home, scenario);
    const last = comparison.rounds.at(-1)!;
    expect(look(last.reference), last.reference.output).toEqual(reference);
    expect(look(last.tspack), last.tspack.output).toEqual(tspack);
    expect(tspack).not.toEqual(reference);
  });
});

describe('the page of differences', () => {
  it('names each of them', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/conformance.md'), 'utf8');
    expect(DIFFERENCES.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
