import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-code.ts';

const root = join(import.meta.dirname, '../..');
const CODE = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|USAGE|INTERRUPTED|SYSTEM)'/g;
/** Where the source writes an error's code: a `code` member, a type argument or union of codes, or a code in a table. */
const PLACES = [/\bcode: [^\n]*/g, /TspackError<[^>]*>/g, /type \w*ErrorCode =[^;]*;/g, /new \w*Error\(\s*'[A-Z_]+'/g];

function codesInSource(): readonly string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const codes = files.flatMap((file) => {
    const text = readFileSync(join(root, 'src', file), 'utf8');
    return PLACES.flatMap((place) => [...text.matchAll(place)].flatMap(([match]) => [...match.matchAll(CODE)].map(([, code = '']) => code)));
  });
  return [...new Set(codes)].sort();
}

function codesOnPage(): ReadonlyMap<string, number> {
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  return new Map([...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, code = '', exit]) => [code, Number(exit)]));
}

describe('docs/errors.md', () => {
  it('lists exactly the codes of the source', () => {
    expect([...codesOnPage().keys()].sort()).toEqual(codesInSource());
  });

  it('says the exit code of each', () => {
    for (const [code, exit] of codesOnPage()) expect({ code, exit }).toEqual({ code, exit: code === 'INTERRUPTED' ? 130 : (EXIT_CODES[code] ?? 1) });
  });

  it('has every code that has an exit code of its own', () => {
    for (const code of Object.keys(EXIT_CODES)) expect(codesOnPage().has(code), code).toBe(true);
  });
});
