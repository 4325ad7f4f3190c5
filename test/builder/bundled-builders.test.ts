import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildImageOwner, findBundledBuilder, listBundledBuilders, readBuilderLock, suggestBuilders, wantedSets } from '../../src/builder/index.ts';
import { packageRoot } from '../../src/foundation/index.ts';
import { packagesOfSet } from '../../src/debian/index.ts';
import { readBuilder } from '../../src/builder/index.ts';

const BUILDERS = join(packageRoot(), 'builders');

describe('listBundledBuilders()', () => {
  it('lists what images can be built with, not the toolbox', () => {
    const names = listBundledBuilders(BUILDERS).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['base', 'tiny']));
    expect(names).not.toContain('toolbox');
  });
});

describe('suggestBuilders()', () => {
  it('gives each builder a description', () => {
    for (const { description } of suggestBuilders(BUILDERS)) expect(description).toMatch(/^Debian/);
  });
});

describe('findBundledBuilder()', () => {
  it.each([
    ['bsae', 'Did you mean base?'],
    ['tinny', 'Did you mean tiny?'],
    ['../builders/base', 'tspack builder suggest'],
    ['toolbox', 'tspack builder suggest'],
  ])('answers %s with what may be meant', (name, step) => {
    expect(() => findBundledBuilder(BUILDERS, name)).toThrow(expect.objectContaining({ code: 'BUILDER_UNKNOWN', nextStep: expect.stringContaining(step) }));
  });
});

describe('buildImageOwner()', () => {
  it('is base for tiny and for base', () => {
    for (const name of ['base', 'tiny']) expect(buildImageOwner(findBundledBuilder(BUILDERS, name), BUILDERS).name).toBe('base');
  });
});

describe('the locks of bundled builders', () => {
  const builders = ['base', 'tiny', 'toolbox'].map((name) => readBuilder(join(BUILDERS, name)));
  it.each(builders.flatMap((builder) => (['amd64', 'arm64'] as const).map((architecture) => ({ builder, architecture, name: builder.name }))))(
    'hold every wanted package: $name $architecture',
    ({ builder, architecture }) => {
      const lock = readBuilderLock(builder, architecture);
      expect(lock.architecture).toBe(architecture);
      for (const set of wantedSets(builder)) {
        const locked = packagesOfSet(lock, set.name).map(({ name }) => name);
        expect(locked).toEqual(expect.arrayContaining([...set.packages]));
        for (const excluded of set.exclude) expect(locked).not.toContain(excluded);
      }
    },
  );

  it('share the C library and TLS between run images, so that their layers are one', () => {
    const versions = (name: string) =>
      new Map(packagesOfSet(readBuilderLock(readBuilder(join(BUILDERS, name)), 'amd64'), 'run').map((each) => [each.name, each.sha256]));
    const [base, tiny] = [versions('base'), versions('tiny')];
    for (const name of ['libc6', 'libssl3t64', 'zlib1g', 'ca-certificates', 'tzdata']) expect(tiny.get(name), name).toBe(base.get(name));
  });
});
