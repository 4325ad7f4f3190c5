import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findNearMisses } from '../../src/sdk/index.ts';

describe('findNearMisses()', () => {
  it('finds the file in folders below and mistyped names, but nothing in node_modules', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tspack-near-'));
    for (const file of ['frontend/package.json', 'node_modules/x/package.json', 'pakage.json', 'a/b/c/package.json', 'README.md']) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), '');
    }
    expect(findNearMisses(directory, ['package.json'])).toEqual(['frontend/package.json', 'pakage.json']);
    rmSync(directory, { recursive: true });
  });
});
