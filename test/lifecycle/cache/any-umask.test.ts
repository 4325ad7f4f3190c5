import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOverlayLayersDirectory, createPlainLayersDirectory } from '../../../src/lifecycle/index.ts';
import type { LayersDirectory } from '../../../src/lifecycle/index.ts';

let root: string;
let umask: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tspack-umask-'));
  umask = process.umask(0o077);
});
afterEach(() => {
  process.umask(umask);
  rmSync(root, { recursive: true });
});

const KINDS: readonly (readonly [string, () => LayersDirectory])[] = [
  ['a plain folder', () => createPlainLayersDirectory(join(root, 'upper'))],
  [
    'an overlay',
    () => {
      for (const folder of ['lower', 'upper', 'dropped']) mkdirSync(join(root, folder));
      const overlay = { lower: join(root, 'lower'), upper: join(root, 'upper'), dropped: join(root, 'dropped') };
      return createOverlayLayersDirectory(overlay, () => Promise.reject(new Error('nothing is merged here')));
    },
  ],
];

describe.each(KINDS)('what phases write below <layers>, in %s', (_title, open) => {
  it('has the same mode under a strict umask', () => {
    const layers = open();
    layers.writeFile('config/metadata.toml', '');
    layers.writeFile('sbom/launch/deep/sbom.cdx.json', '{}');
    layers.mkdir('some_buildpack/layer');
    const mode = (path: string) => (statSync(join(root, 'upper', path)).mode & 0o777).toString(8);
    for (const folder of ['config', 'sbom', 'sbom/launch', 'sbom/launch/deep', 'some_buildpack', 'some_buildpack/layer'])
      expect(`${folder} ${mode(folder)}`).toBe(`${folder} 755`);
    for (const file of ['config/metadata.toml', 'sbom/launch/deep/sbom.cdx.json']) expect(`${file} ${mode(file)}`).toBe(`${file} 644`);
  });
});
