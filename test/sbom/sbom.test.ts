import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  encodeSbom,
  hashesFromIntegrity,
  mergeSboms,
  parseLicence,
  SBOM_FORMATS,
  type Component,
  type SbomDocument,
  type SbomFormat,
} from '../../src/sbom/index.ts';

const golden = join(import.meta.dirname, '../golden/sbom');

const components: readonly Component[] = [
  {
    type: 'library',
    name: '@scope/web',
    version: '2.0.0',
    purl: 'pkg:npm/%40scope/web@2.0.0',
    description: 'A "web" thing\u0007',
    homepage: 'https://example.org/web',
    licences: ['(MIT OR Apache-2.0)'],
    hashes: [{ algorithm: 'SHA-512', hex: 'ab'.repeat(64) }],
    locations: ['/workspace/node_modules/@scope/web/package.json'],
    dependsOn: ['pkg:npm/tiny@1.0.0', 'pkg:npm/absent@1.0.0'],
  },
  { type: 'library', name: 'tiny', version: '1.0.0', purl: 'pkg:npm/tiny@1.0.0', licences: ['MIT'], hashes: [{ algorithm: 'SHA-1', hex: 'cd'.repeat(20) }] },
  { type: 'library', name: 'odd', version: '0.0.1', purl: 'pkg:npm/odd@0.0.1', licences: ['SEE LICENSE IN eula.txt', 'ISC'] },
  { type: 'library', name: 'none', version: '1.2.3', purl: 'pkg:npm/none@1.2.3' },
  { type: 'application', name: 'node', version: '24.1.0', purl: 'pkg:generic/node@24.1.0', licences: ['MIT'] },
];
const document: SbomDocument = { subject: { name: 'shop', version: '1.0.0' }, tool: { name: 'tspack', version: '0.1.0' }, components };

describe('encodeSbom()', () => {
  for (const format of Object.keys(SBOM_FORMATS) as SbomFormat[]) {
    it(`writes the golden ${format} document`, () => {
      const path = join(golden, `shop.${SBOM_FORMATS[format].fileExtension}`);
      const text = encodeSbom(format, document);
      if (process.env['TSPACK_UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
      expect(text).toBe(readFileSync(path, 'utf8'));
    });

    it(`writes the same ${format} text whatever the order of components`, () => {
      const shuffled = {
        ...document,
        components: [...components].reverse().map((component) => ({ ...component, dependsOn: [...(component.dependsOn ?? [])].reverse() })),
      };
      expect(encodeSbom(format, shuffled)).toBe(encodeSbom(format, document));
    });

    it(`writes another ${format} text when a version changes`, () => {
      const changed = { ...document, components: components.map((component) => (component.name === 'tiny' ? { ...component, version: '1.0.1' } : component)) };
      expect(encodeSbom(format, changed)).not.toBe(encodeSbom(format, document));
    });
  }

  it('gives another serial number to other content', () => {
    const serial = (value: SbomDocument) => (JSON.parse(encodeSbom('cyclonedx', value)) as { serialNumber: string }).serialNumber;
    expect(serial(document)).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(serial({ ...document, components: [] })).not.toBe(serial(document));
  });
});

describe('mergeSboms()', () => {
  it('keeps one component for one id and joins its edges', () => {
    const merged = mergeSboms({ name: 'all' }, document.tool, [
      { components: [{ type: 'library', name: 'a', version: '1', purl: 'pkg:npm/a@1', dependsOn: ['pkg:npm/b@1'] }] },
      {
        components: [
          { type: 'library', name: 'a', version: '1', purl: 'pkg:npm/a@1', licences: ['MIT'] },
          { type: 'library', name: 'b', version: '1', purl: 'pkg:npm/b@1' },
        ],
      },
    ]);
    const decoded = JSON.parse(encodeSbom('cyclonedx', merged)) as {
      components: { licenses?: unknown }[];
      dependencies: { ref: string; dependsOn?: string[] }[];
    };
    expect(decoded.components).toHaveLength(2);
    expect(decoded.components[0]!.licenses).toEqual([{ license: { id: 'MIT' } }]);
    expect(decoded.dependencies.find(({ ref }) => ref === 'pkg:npm/a@1')?.dependsOn).toEqual(['pkg:npm/b@1']);
  });
});

describe('hashesFromIntegrity()', () => {
  it('decodes each algorithm and leaves unknown ones out', () => {
    expect(hashesFromIntegrity('sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0= md5-AAAA sha512-AAAA')).toEqual([
      { algorithm: 'SHA-1', hex: 'a9993e364706816aba3e25717850c26c9cd0d89d' },
      { algorithm: 'SHA-512', hex: '000000' },
    ]);
  });
});

describe('parseLicence()', () => {
  it.each([
    ['MIT', 'expression'],
    ['(BSD-3-Clause OR GPL-2.0-only WITH Classpath-exception-2.0)', 'expression'],
    ['Apache 2.0', 'text'],
    ['UNLICENSED', 'text'],
    ['', 'text'],
  ])('reads "%s" as %s', (declared, kind) => {
    expect(parseLicence(declared).kind).toBe(kind);
  });
});
