import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectedWithFrontend, findNodeServer } from '../../src/sdk/index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tspack-frontend-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const put = (name: string, content = '') => writeFileSync(join(folder, name), content);

describe('detectedWithFrontend()', () => {
  const plans = [{ provides: ['jdk'], requires: ['jdk', 'maven'] }, { provides: ['jdk'] }];

  it('gives the plans alone without a package.json', () => {
    expect(detectedWithFrontend(folder, plans[0]!, plans[1]!)).toEqual({
      passed: true,
      alternatives: [
        { provides: ['jdk'], requires: [{ name: 'jdk' }, { name: 'maven' }] },
        { provides: ['jdk'], requires: [] },
      ],
    });
  });

  it('offers each plan with the front end first', () => {
    put('package.json', '{}');
    expect(detectedWithFrontend(folder, plans[0]!, plans[1]!)).toEqual({
      passed: true,
      alternatives: [
        { provides: ['jdk'], requires: [{ name: 'jdk' }, { name: 'maven' }, { name: 'frontend' }] },
        { provides: ['jdk'], requires: [{ name: 'frontend' }] },
        { provides: ['jdk'], requires: [{ name: 'jdk' }, { name: 'maven' }] },
        { provides: ['jdk'], requires: [] },
      ],
    });
  });
});

describe('findNodeServer()', () => {
  it.each([
    [{ 'package.json': '{"scripts":{"start":"node x"}}' }, 'the "start" script of package.json'],
    [{ 'package.json': '\uFEFF{"scripts":{"start:prod":"node x"}}' }, 'the "start" script of package.json'],
    [{ 'package.json': '{"scripts":{"build":"vite build"}}', 'app.mjs': '' }, 'app.mjs'],
    [{ 'package.json': '{"scripts":{"build":"vite build"}}' }, undefined],
    [{ 'package.json': '{"scripts":', 'main.py': '' }, undefined],
    [{ 'server.js': '' }, undefined],
  ])('finds in %j: %s', (files, found) => {
    for (const [name, content] of Object.entries(files)) put(name, content);
    expect(findNodeServer(folder)).toBe(found);
  });
});
