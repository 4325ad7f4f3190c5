import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuildpackId } from '../../src/cnb/index.ts';
import { createModuleStore, requireModule } from '../../src/lifecycle/module-store.ts';
import { PhaseFixture } from '../support/phase-fixture.ts';

let fixture: PhaseFixture;
beforeEach(() => {
  fixture = new PhaseFixture();
});
afterEach(() => fixture.remove());

const reference = (id: string, version = '1') => ({ id: id as BuildpackId, version });

describe('createModuleStore()', () => {
  it('finds a buildpack by escaped id and version', () => {
    fixture.buildpack('samples/a@1');
    fixture.buildpack('samples/a@2');
    const found = fixture.modules().findBuildpack(reference('samples/a', '2'));
    expect(found).toMatchObject({
      descriptor: { id: 'samples/a', version: '2', targets: [{ os: 'linux' }] },
      directory: { sandboxPath: '/cnb/buildpacks/samples_a/2' },
      executables: ['build', 'detect'],
    });
    expect(fixture.modules().findBuildpack(reference('samples/a', '3'))).toBeUndefined();
  });

  it('prefers a single buildpack, then the first folder that has one', () => {
    fixture.buildpack('a@1');
    const toml = 'api = "0.10"\n[buildpack]\nid = "a"\nversion = "1"\n';
    fixture.write('mine/buildpack.toml', toml);
    fixture.write('other/a/1/buildpack.toml', toml);
    const buildpacks = [fixture.mounted('other', '/other'), fixture.mounted('buildpacks', '/cnb/buildpacks')];
    expect(createModuleStore({ buildpacks }).findBuildpack(reference('a'))?.directory.sandboxPath).toBe('/other/a/1');
    expect(createModuleStore({ buildpacks, single: [fixture.mounted('mine', '/mine')] }).findBuildpack(reference('a'))?.directory.sandboxPath).toBe('/mine');
  });

  it('keeps buildpacks and extensions apart', () => {
    fixture.extension('a@1', { plan: '' });
    expect(fixture.modules().findBuildpack(reference('a'))).toBeUndefined();
    expect(fixture.modules().findExtension(reference('a'))?.descriptor.kind).toBe('extension');
  });

  it('reads a descriptor once', () => {
    fixture.buildpack('a@1');
    const store = fixture.modules();
    expect(store.findBuildpack(reference('a'))).toBe(store.findBuildpack(reference('a')));
  });

  it('names the file of a broken descriptor as processes see it', () => {
    fixture.write('buildpacks/a/1/buildpack.toml', 'api = "0.10"\n[buildpack]\n');
    expect(() => fixture.modules().findBuildpack(reference('a'))).toThrow(
      expect.objectContaining({ code: 'SPEC_FILE_INVALID', file: '/cnb/buildpacks/a/1/buildpack.toml' }),
    );
  });
});

describe('requireModule()', () => {
  it('says what there is when a buildpack is not', () => {
    fixture.buildpack('samples/java@1');
    expect(() => requireModule(fixture.modules(), 'buildpack', reference('samples/jav'))).toThrow(
      expect.objectContaining({
        code: 'BUILDPACK_NOT_FOUND',
        message: 'Cannot find buildpack "samples/jav@1" in the builder',
        nextStep: expect.stringContaining('samples_java@1') as string,
      }),
    );
  });

  it('also knows single buildpacks', () => {
    fixture.write('mine/buildpack.toml', 'api = "0.10"\n[buildpack]\nid = "samples/java"\nversion = "1"\n');
    const store = createModuleStore({ buildpacks: [], single: [fixture.mounted('mine', '/mine')] });
    expect(() => requireModule(store, 'buildpack', reference('samples/jav'))).toThrow(
      expect.objectContaining({ nextStep: expect.stringContaining('samples_java@1') as string }),
    );
  });
});
