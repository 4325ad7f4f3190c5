import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseManifest } from '../../../../buildpacks/nodejs/src/manifest.ts';
import { choosePackageManager } from '../../../../buildpacks/nodejs/src/package-managers/choose-package-manager.ts';
import { berryKind } from '../../../../buildpacks/nodejs/src/package-managers/yarn-berry/yarn-berry.ts';
import { yarnKind } from '../../../../buildpacks/nodejs/src/package-managers/yarn/yarn.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tspack-manager-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function choose(manifest: object, files: Readonly<Record<string, string>> = {}) {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return choosePackageManager(folder, parseManifest(JSON.stringify(manifest)));
}

const V1 = '# yarn lockfile v1\n';
const BERRY = '# x\n\n__metadata:\n  version: 8\n';

describe('choosePackageManager()', () => {
  it.each<[string, object, Readonly<Record<string, string>>, string, string | undefined]>([
    ['npm without anything', {}, {}, 'npm', undefined],
    ["npm's lockfile first", {}, { 'package-lock.json': '', 'yarn.lock': V1 }, 'npm', undefined],
    ['pnpm by its lockfile', { engines: { pnpm: '>=9' } }, { 'pnpm-lock.yaml': '' }, 'pnpm', '>=9'],
    ['what packageManager says', { packageManager: 'pnpm@10.1.0', engines: { pnpm: '9' } }, { 'package-lock.json': '' }, 'pnpm', '10.1.0'],
    ['what devEngines says', { devEngines: { packageManager: { name: 'yarn', version: '1.22.0' } } }, { 'package-lock.json': '' }, 'yarn', '1.22.0'],
    ['what Volta says', { volta: { yarn: '1.22.19' } }, { 'yarn.lock': V1 }, 'yarn', '1.22.19'],
  ])('takes %s', (_, manifest, files, name, version) => {
    const choice = choose(manifest, files);
    expect({ name: choice.kind.name, version: choice.request?.text }).toEqual({ name, version });
  });

  it.each<[string, object, Readonly<Record<string, string>>, unknown]>([
    ['yarn.lock of Yarn 1', {}, { 'yarn.lock': V1 }, yarnKind],
    ['yarn.lock of Yarn 2 and later', {}, { 'yarn.lock': BERRY }, berryKind],
    ['an empty yarn.lock beside .yarnrc.yml', {}, { 'yarn.lock': '', '.yarnrc.yml': '' }, berryKind],
    ['a version', { packageManager: 'yarn@4.1.0' }, {}, berryKind],
    ['no version', { packageManager: 'yarn@1.22.22' }, {}, yarnKind],
  ])('tells the two kinds of Yarn by %s', (_, manifest, files, kind) => {
    expect(choose(manifest, files).kind).toBe(kind);
  });

  it('reads the digest of corepack', () => {
    expect(choose({ packageManager: 'npm@10.0.0+sha512.00ff' }).request).toEqual({
      text: '10.0.0',
      source: 'package.json packageManager',
      hash: { algorithm: 'sha512', hex: '00ff' },
    });
  });

  it('names the lockfiles that do not count', () => {
    expect(choose({ packageManager: 'pnpm@9.0.0' }, { 'pnpm-lock.yaml': '', 'yarn.lock': '', 'bun.lock': '' }).ignored).toEqual(['yarn.lock', 'bun.lock']);
  });
});
