import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestHex, digestOf } from '../../src/foundation/index.ts';
import { parseImageReference } from '../../src/oci/index.ts';
import { openHome, openLocalStore, verifyHome } from '../../src/store/index.ts';
import type { Home, LocalStore } from '../../src/store/index.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

let folder: string;
let home: Home;
let store: LocalStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tspack-verify-'));
  home = openHome(folder);
  store = openLocalStore({ directory: home.store, lockDirectory: home.locks });
  const image = await syntheticImage('app');
  await store.write(image, [parseImageReference('app'), parseImageReference('app:other')]);
  await store.distribute((await store.readById(image.imageId))!);
  layer = blob(digestHex(image.layers[0]!.diffId));
  mkdirSync(downloads(), { recursive: true });
  writeFileSync(download('good'), 'good');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let layer: string;
const blob = (hex: string) => join(home.store, 'blobs/sha256', hex);
const downloads = () => join(home.cache, 'verified');
const download = (text: string) => join(downloads(), `sha256-${digestHex(digestOf(text))}`);
const verify = (signal = new AbortController().signal) => verifyHome(home, store, downloads(), signal);

describe('verifyHome()', () => {
  it('finds a whole store whole', async () => {
    const blobs = readdirSync(join(home.store, 'blobs/sha256')).length;
    expect(await verify()).toMatchObject({ images: 1, files: blobs + 1, damages: [] });
  });

  it('names what is changed, with the images that need it', async () => {
    chmodSync(layer, 0o644);
    appendFileSync(layer, 'x');
    writeFileSync(download('wanted'), 'other');
    const { damages } = await verify();
    expect(damages).toEqual([
      { path: layer, problem: 'changed', images: ['app', 'app:other'] },
      { path: download('wanted'), problem: 'changed', images: [] },
    ]);
  });

  it('names what is missing', async () => {
    rmSync(layer);
    expect((await verify()).damages).toEqual([{ path: layer, problem: 'missing', images: ['app', 'app:other'] }]);
  });

  it('names the manifest of an image that has gone', async () => {
    for (const name of readdirSync(join(home.store, 'blobs/sha256'))) rmSync(blob(name));
    const { damages } = await verify();
    expect(damages).toMatchObject([{ problem: 'missing', images: ['app', 'app:other'] }]);
  });

  it('stops when it is told to', async () => {
    const cause = new Error('enough');
    await expect(verify(AbortSignal.abort(cause))).rejects.toBe(cause);
  });
});
