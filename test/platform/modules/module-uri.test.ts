import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseModuleUri } from '../../../src/platform/modules/module-uri.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-uri-'));
  mkdirSync(join(directory, 'folder'));
  mkdirSync(join(directory, 'acme/both'), { recursive: true });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const parse = (uri: string) => parseModuleUri(uri, { baseDirectory: directory, isInBuilder: (id) => ['acme/node', 'acme/both', 'plain'].includes(id) });

describe('parseModuleUri()', () => {
  it.each([
    ['from=builder', { kind: 'builder-order' }],
    ['urn:cnb:builder:acme/other@1.2.3', { kind: 'reference', id: 'acme/other', version: '1.2.3' }],
    ['from=builder:acme/node', { kind: 'reference', id: 'acme/node' }],
    ['acme/node', { kind: 'reference', id: 'acme/node' }],
    ['acme/node@9', { kind: 'reference', id: 'acme/node', version: '9' }],
    ['plain', { kind: 'reference', id: 'plain' }],
    ['urn:cnb:registry:acme/node@1.0.0', { kind: 'registry', namespace: 'acme', name: 'node', version: '1.0.0' }],
    ['acme/unknown', { kind: 'registry', namespace: 'acme', name: 'unknown' }],
    ['acme/unknown@1.0.0', { kind: 'registry', namespace: 'acme', name: 'unknown', version: '1.0.0' }],
    ['https://example.org/a.tgz', { kind: 'download', url: 'https://example.org/a.tgz' }],
    ['docker://acme/node:1', { kind: 'image', image: 'acme/node:1' }],
    ['docker:/acme/node:1', { kind: 'image', image: 'acme/node:1' }],
    ['docker:acme/node:1', { kind: 'image', image: 'docker:acme/node:1' }],
    ['oci:layout', { kind: 'image', image: 'oci:layout' }],
    ['example.org/acme/node:1', { kind: 'image', image: 'example.org/acme/node:1' }],
    [`acme/node-x@sha256:${'0'.repeat(64)}`, { kind: 'image', image: `acme/node-x@sha256:${'0'.repeat(64)}` }],
    ['file:///folder/a.tgz', { kind: 'path', path: '/folder/a.tgz' }],
    ['/folder/a.tgz', { kind: 'path', path: '/folder/a.tgz' }],
  ])('reads %s', (uri, location) => {
    expect(parse(uri)).toEqual(location);
  });

  it('prefers a path that exists, and takes what looks like one for one', () => {
    expect(parse('acme/both')).toEqual({ kind: 'path', path: join(directory, 'acme/both') });
    expect(parse('folder')).toEqual({ kind: 'path', path: join(directory, 'folder') });
    for (const missing of ['./missing', '../missing', 'missing.cnb', 'sub/missing.tgz']) expect(parse(missing)).toMatchObject({ kind: 'path' });
  });

  it.each(['', 'ftp://example.org/a.tgz', 'urn:cnb:registry:node', 'urn:cnb:registry:Acme/Node', 'urn:cnb:builder:', 'acme/node@', 'file://host/a'])(
    'refuses "%s"',
    (uri) => {
      expect(() => parse(uri)).toThrow(expect.objectContaining({ code: 'MODULE_URI_INVALID' }));
    },
  );
});
