import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecordStore } from '../../src/store/index.ts';
import type { Digest } from '../../src/foundation/index.ts';

let store: string;
beforeEach(() => (store = mkdtempSync(join(tmpdir(), 'tspack-records-'))));
afterEach(() => rmSync(store, { recursive: true }));

const id = (digit: string) => `sha256:${digit.repeat(64)}` as Digest;
const records = () => openRecordStore({ store });
const age = (digit: string, seconds: number) => utimesSync(join(store, 'records', `${digit.repeat(64)}.json`), seconds, seconds);

describe('openRecordStore()', () => {
  it('keeps one text for each image, until the image goes', () => {
    expect(records().read(id('a'))).toBeUndefined();
    records().write(id('a'), 'one', [id('a')]);
    records().write(id('b'), 'two', [id('a'), id('b')]);
    records().write(id('a'), 'three', [id('a')]);
    expect([id('a'), id('b')].map(records().read)).toEqual(['three', undefined]);
    expect(readdirSync(join(store, 'records'))).toEqual([`${'a'.repeat(64)}.json`]);
  });

  it('knows which was written last', () => {
    expect(records().last()).toBeUndefined();
    for (const digit of ['a', 'b', 'c']) records().write(id(digit), digit, ['a', 'b', 'c'].map(id));
    age('a', 10);
    age('b', 30);
    age('c', 20);
    writeFileSync(join(store, 'records/other'), 'not a record');
    expect(records().last()).toBe(id('b'));
  });
});
