import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readManifest } from '../../../buildpacks/nodejs/src/manifest.ts';
import { readWorkspace } from '../../../buildpacks/nodejs/src/workspaces.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tspack-workspace-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read(files: Readonly<Record<string, object | string>>, part = '') {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return await readWorkspace(folder, readManifest(folder)!, part);
}

const members = {
  'packages/web/package.json': { name: 'web', dependencies: { words: '*' }, devDependencies: { tool: '*' } },
  'packages/words/package.json': { name: 'words', dependencies: { web: '*' } },
  'packages/other/package.json': { name: 'other' },
  'tools/a/b/tool/package.json': { name: 'tool' },
  'packages/web/node_modules/x/package.json': { name: 'x' },
};

describe('readWorkspace()', () => {
  it('finds none in an ordinary application', async () => {
    expect(await read({ 'package.json': {}, ...members })).toBeUndefined();
  });

  it.each([
    ['an array', { workspaces: ['packages/*', 'tools/**', '!packages/other'] }],
    ['a table', { workspaces: { packages: ['packages/{web,words}', './tools/**/'] } }],
  ])('reads patterns of %s', async (_, manifest) => {
    const workspace = await read({ 'package.json': manifest, ...members });
    expect(workspace?.members.map(({ path }) => path)).toEqual(['packages/web', 'packages/words', 'tools/a/b/tool']);
  });

  it('lists what a member needs before it, even in a circle', async () => {
    const workspace = await read({ 'package.json': { workspaces: ['packages/*', 'tools/**'] }, ...members }, 'packages/web');
    expect(workspace?.needed.map(({ manifest }) => manifest.name)).toEqual(['tool', 'words', 'web']);
  });

  it('reads pnpm-workspace.yaml, and tells settings from members', async () => {
    const yaml = "packages:\n  - packages/*\ncatalog:\n  a: '1'\n";
    expect(await read({ 'package.json': {}, 'pnpm-workspace.yaml': yaml, ...members })).toMatchObject({ hasPnpmSettings: false, pnpmPatches: [] });
    const settings = `${yaml}patchedDependencies:\n  ms: patches/ms.patch\n`;
    expect(await read({ 'package.json': {}, 'pnpm-workspace.yaml': settings })).toMatchObject({ hasPnpmSettings: true, pnpmPatches: ['patches/ms.patch'] });
  });

  it('names the members when there is none of that name', async () => {
    await expect(read({ 'package.json': { workspaces: ['packages/*'] }, ...members }, 'packages/wbe')).rejects.toThrow(
      'Cannot build the part "packages/wbe": it is no member of the workspace, which has packages/web',
    );
  });
});
