import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCopiedLayersDirectory } from '../../../src/lifecycle/cache/copied-layers-directory.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tspack-copied-'));
  for (const layer of ['bp/one/lib', 'bp/two', 'other/one']) mkdirSync(at('lower', layer), { recursive: true });
  for (const file of ['bp/one/file', 'bp/one/lib/tool', 'bp/two/file', 'other/one/file']) writeFileSync(at('lower', file), file);
  chmodSync(at('lower/bp/one/lib/tool'), 0o755);
  utimesSync(at('lower/bp/one/file'), 100, 100);
  symlinkSync('file', at('lower/bp/one/link'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...parts: readonly string[]) => join(folder, ...parts);

async function copied() {
  const layers = createCopiedLayersDirectory(at('layers'), at('lower'));
  await layers.copy();
  return layers;
}

describe('createCopiedLayersDirectory()', () => {
  it('copies layers with modes, times and links', async () => {
    const layers = await copied();
    expect(layers.readdir('bp/one')).toEqual(['file', 'lib', 'link']);
    expect(layers.readlink('bp/one/link')).toBe('file');
    expect(statSync(at('layers/bp/one/lib/tool')).mode & 0o777).toBe(0o755);
    expect(statSync(at('layers/bp/one/file')).mtimeMs).toBe(100_000);
  });

  it('knows what nobody has written to as the restored layer', async () => {
    const layers = await copied();
    expect(layers.layerTree('bp/one')).toEqual({ kind: 'unchanged', folder: at('lower/bp/one') });
    expect(layers.layerTree('bp/none')).toBeUndefined();
  });

  it.each<[string, () => void]>([
    ['a file that is added', () => writeFileSync(at('layers/bp/one/lib/new'), '')],
    ['a file that is removed', () => rmSync(at('layers/bp/one/lib/tool'))],
    ['a file of the same size', () => writeFileSync(at('layers/bp/one/file'), 'BP/ONE/FILE')],
    [
      'a file of the same size and time',
      () => {
        writeFileSync(at('layers/bp/one/file'), 'BP/ONE/FILE');
        utimesSync(at('layers/bp/one/file'), 100, 100);
      },
    ],
    ['another mode', () => chmodSync(at('layers/bp/one/file'), 0o600)],
  ])('takes the folder as it is after %s', async (_what, change) => {
    const layers = await copied();
    change();
    expect(layers.layerTree('bp/one')).toEqual({ kind: 'folder', folder: at('layers/bp/one') });
    expect(layers.layerTree('bp/two')).toEqual({ kind: 'unchanged', folder: at('lower/bp/two') });
    expect(readFileSync(at('lower/bp/one/file'), 'utf8')).toBe('bp/one/file');
  });

  it('forgets what is renamed or removed', async () => {
    const layers = await copied();
    layers.rename('bp/one', 'bp/one.ignore');
    layers.remove('other');
    expect(layers.layerTree('bp/one.ignore')).toEqual({ kind: 'folder', folder: at('layers/bp/one.ignore') });
    expect(layers.layerTree('bp/one')).toBeUndefined();
    expect(layers.layerTree('other/one')).toBeUndefined();
    expect(existsSync(at('lower/other/one/file'))).toBe(true);
  });

  it('has nothing to copy where nothing is cached', async () => {
    const layers = createCopiedLayersDirectory(at('layers'), at('nowhere'));
    await layers.copy();
    expect(layers.kind('')).toBeUndefined();
  });
});
