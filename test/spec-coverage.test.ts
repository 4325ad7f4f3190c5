import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/spec-coverage.md'), 'utf8');

/** The numbers of our list of rules, first and last of each run. */
const RULES: readonly (readonly [number, number])[] = [
  [1, 12],
  [20, 29],
  [40, 59],
  [70, 80],
  [90, 97],
  [100, 118],
  [130, 133],
  [140, 159],
  [170, 175],
  [180, 187],
  [190, 199],
  [200, 205],
  [210, 211],
  [215, 216],
  [220, 228],
  [240, 241],
];

interface Row {
  readonly rule: string;
  readonly proof: string;
}

const rows = [...page.matchAll(/^\| (C\d{3}) \|[^|]*\| (.*) \|$/gm)].map(([, rule = '', proof = '']): Row => ({ rule, proof }));
const named = rows.flatMap(({ rule, proof }) =>
  [...proof.matchAll(/`(test\/[^`]+)` "(.*?)"(?=<br>|$)/g)].map(([, file = '', title = '']) => ({ rule, file, title })),
);

describe('docs/spec-coverage.md', () => {
  it('has each rule once, in order', () => {
    const wanted = RULES.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => `C${String(first + index).padStart(3, '0')}`));
    expect(rows.map(({ rule }) => rule)).toEqual(wanted);
  });

  it('names a test for each rule, or says why it does not apply', () => {
    const without = rows.filter(({ rule, proof }) => !named.some((test) => test.rule === rule) && !/^(?:Does not apply|Open): \w/.test(proof));
    expect(without).toEqual([]);
  });

  it('names tests that exist', () => {
    // Titles may stand in any kind of quotes.
    const plain = (text: string): string => text.replaceAll('\\', '');
    const missing = named.filter(({ file, title }) => !existsSync(join(root, file)) || !plain(readFileSync(join(root, file), 'utf8')).includes(plain(title)));
    expect(missing).toEqual([]);
    expect(named.length).toBeGreaterThan(200);
  });
});
