import { describe, expect, it } from 'vitest';
import { decodeSbom, encodeSbom } from '../../src/sbom/index.ts';
import type { Component, SbomDocument, SbomFormat } from '../../src/sbom/index.ts';

const components: readonly Component[] = [
  {
    type: 'library',
    name: 'web',
    version: '2.0.0',
    id: 'pkg:npm/web@2.0.0',
    purl: 'pkg:npm/web@2.0.0',
    description: 'a web thing',
    homepage: 'https://example.org/web',
    licences: ['MIT OR Apache-2.0'],
    hashes: [{ algorithm: 'SHA-512', hex: 'ab'.repeat(64) }],
    locations: ['/workspace/node_modules/web/package.json'],
    dependsOn: ['pkg:npm/tiny@1.0.0'],
  },
  { type: 'platform', name: 'tiny', version: '1.0.0', id: 'pkg:npm/tiny@1.0.0', purl: 'pkg:npm/tiny@1.0.0', licences: ['my own words'], dependsOn: [] },
];
const document: SbomDocument = { subject: { name: 'shop', version: '1' }, tool: { name: 'tspack', version: '0.1.0' }, components };
const again = (format: SbomFormat) => decodeSbom(format, encodeSbom(format, document))!;
const byName = (list: readonly Component[], name: string) => list.find((component) => component.name === name)!;

describe('decodeSbom()', () => {
  it('reads CycloneDX as it was written, with the application that it is about', () => {
    expect(again('cyclonedx')).toEqual([
      { ...components[1]!, hashes: [], locations: [] },
      components[0],
      expect.objectContaining({ type: 'application', name: 'shop', version: '1', dependsOn: ['pkg:npm/web@2.0.0'] }),
    ]);
    const layer = { metadata: { component: { type: 'file', name: '/layers/x', version: '1' } }, components: [{ name: 'x', version: '1' }] };
    expect(decodeSbom('cyclonedx', JSON.stringify(layer))).toHaveLength(1);
    const same = { metadata: { component: { type: 'application', name: 'x', version: '1' } }, components: [{ name: 'x', version: '1' }] };
    expect(decodeSbom('cyclonedx', JSON.stringify(same))).toHaveLength(1);
  });

  it.each(['spdx', 'syft'] as const)('reads packages, licences and edges of %s', (format) => {
    const list = again(format);
    expect(list).toHaveLength(2);
    const [web, tiny] = [byName(list, 'web'), byName(list, 'tiny')];
    expect(web).toMatchObject({ version: '2.0.0', purl: 'pkg:npm/web@2.0.0', licences: ['MIT OR Apache-2.0'], dependsOn: [tiny.id] });
    expect(tiny).toMatchObject({ licences: ['my own words'], dependsOn: [] });
    if (format === 'spdx') expect(web.hashes).toEqual(components[0]!.hashes);
    else expect(web.locations).toEqual(components[0]!.locations);
  });

  it('reads what others write: groups, nested components, licences as text', () => {
    const nested = { components: [{ name: 'outer', group: '@acme', version: '1', type: 'machine-learning-model', components: [{ name: 'inner' }] }] };
    expect(decodeSbom('cyclonedx', JSON.stringify(nested))).toMatchObject([
      { name: '@acme/outer', type: 'library' },
      { name: 'inner', version: '' },
    ]);
    expect(decodeSbom('syft', '{"artifacts":[{"id":"a","name":"old","version":"1","licenses":["MIT"]}]}')).toMatchObject([{ licences: ['MIT'] }]);
  });

  it('leaves out what it cannot understand, and never fails', () => {
    expect(decodeSbom('cyclonedx', '{"bomFormat"')).toBeUndefined();
    for (const format of ['cyclonedx', 'spdx', 'syft'] as const) {
      for (const text of ['null', '[]', '5', '{}', '{"components":5,"packages":{},"artifacts":"x"}']) expect(decodeSbom(format, text)).toEqual([]);
      const odd = { components: [null, 5, { name: 5 }], packages: [null, { name: 'x' }], artifacts: [{ name: 'x' }], dependencies: [{}], relationships: [0] };
      expect(decodeSbom(format, JSON.stringify(odd))).toEqual([]);
    }
    let deep: object = { name: 'x' };
    for (let level = 0; level < 1000; level++) deep = { name: 'x', components: [deep] };
    expect(decodeSbom('cyclonedx', JSON.stringify({ components: [deep] }))!.length).toBeLessThan(20);
  });
});
