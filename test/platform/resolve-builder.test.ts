import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/foundation/index.ts';
import { parseImageReference } from '../../src/oci/index.ts';
import { resolveBuilder } from '../../src/platform/index.ts';
import type { BuilderRequest } from '../../src/platform/index.ts';
import { BUILDPACK_TOML, ForeignBuilderFixture, builderImage } from '../support/foreign-builder-fixture.ts';
import { syntheticImage } from '../support/synthetic-image.ts';

let fixture: ForeignBuilderFixture;
beforeEach(async () => {
  fixture = new ForeignBuilderFixture();
  await fixture.publish('example.org/run:1', await syntheticImage('run', { layers: 1, layerBytes: 10 }));
});
afterEach(() => fixture.remove());

const resolve = (more: Partial<BuilderRequest>) => {
  const refuse = () => Promise.reject(new Error('the test gives no bundled builder'));
  const bundled = {
    home: fixture.home,
    store: fixture.store,
    buildersDirectory: join(packageRoot(), 'builders'),
    buildpacksDirectory: fixture.directory,
    createSupply: () => {
      throw new Error('the test gives no packages');
    },
    npmRegistry: refuse,
    download: refuse,
    clock: { now: () => fixture.now },
  };
  return resolveBuilder(fixture.request(more), { bundled, modules: fixture.ports() });
};

describe('resolveBuilder()', () => {
  it('never asks a registry for a bare word, and tells the names that are near', async () => {
    for (const name of ['bsae', 'Base', 'constructor', '']) {
      await expect(resolve({ name }), name).rejects.toMatchObject({
        code: 'BUILDER_UNKNOWN',
        message: expect.stringContaining('the bundled ones are base, tiny'),
      });
    }
    await expect(resolve({ name: 'bsae' })).rejects.toMatchObject({ nextStep: 'Did you mean base?' });
    expect(fixture.asked).toEqual([]);
  });

  it('takes an image of this machine that a bare word names', async () => {
    await fixture.store.write(await builderImage(), [parseImageReference('mine')]);
    expect(await resolve({ name: 'mine' })).toMatchObject({ name: 'mine', order: { order: [{ group: [{ id: 'acme/one' }] }] } });
  });

  it('uses a builder without an order for the buildpacks that the user names', async () => {
    await fixture.publish('example.org/builder:1', await builderImage({ files: { 'cnb/order.toml': '' } }));
    await expect(resolve({})).rejects.toMatchObject({ code: 'BUILDER_IMAGE_INVALID', nextStep: 'Name buildpacks with --buildpack' });
    mkdirSync(fixture.at('own/bin'), { recursive: true });
    writeFileSync(fixture.at('own/buildpack.toml'), BUILDPACK_TOML('acme/own', '1'));
    writeFileSync(fixture.at('own/bin/build'), '#!/bin/sh\n');
    chmodSync(fixture.at('own/bin/build'), 0o755);
    const group = [{ source: { kind: 'uri', uri: './own', baseDirectory: fixture.directory }, optional: false }] as const;
    const builder = await resolve({ modules: { group, pre: [], post: [] } });
    expect(builder.order.order).toEqual([{ group: [{ id: 'acme/own', version: '1', optional: false }] }]);
    expect(builder.buildpacks.map(({ sandboxPath }) => sandboxPath)).toEqual(['/cnb/buildpacks/acme_own/1']);
  });
});
