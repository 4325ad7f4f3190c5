import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/foundation/index.ts';
import { mergeLayers } from '../../../src/oci/unpack/merge-layers.ts';

let directory: string;

beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'tspack-merge-'))));
afterEach(() => removeTree(directory));

let count = 0;
function layer(files: Readonly<Record<string, string>>): string {
  const folder = join(directory, `layer-${count++}`);
  mkdirSync(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (path.endsWith('/')) mkdirSync(join(folder, path), { recursive: true });
    else writeFileSync(join(folder, path), content);
  }
  return folder;
}

function merged(...layers: readonly string[]): Readonly<Record<string, string>> {
  const target = join(directory, `merged-${count++}`);
  mergeLayers(layers, target);
  const found: Record<string, string> = {};
  for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory()) found[path.slice(target.length + 1)] = entry.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, 'utf8');
    else if (readdirSync(path).length === 0) found[`${path.slice(target.length + 1)}/`] = '';
  }
  return found;
}

describe('mergeLayers()', () => {
  it('lets the upper layer win and keeps what it does not name', () => {
    expect(merged(layer({ 'a/one': '1', 'a/two': '2' }), layer({ 'a/two': 'new', 'b/three': '3' }))).toEqual({ 'a/one': '1', 'a/two': 'new', 'b/three': '3' });
  });

  it('removes what a whiteout names, in lower layers alone', () => {
    const whiteout = layer({ 'a/.wh.gone': '', 'a/.wh.again': '', 'a/again/new': 'new', '.wh.folder': '' });
    expect(merged(layer({ 'a/gone': 'x', 'a/again/old': 'x', 'folder/deep/x': 'x', kept: 'k' }), whiteout)).toEqual({ 'a/again/new': 'new', kept: 'k' });
  });

  it('sees again what a layer above a whiteout adds', () => {
    expect(merged(layer({ file: 'old' }), layer({ '.wh.file': '' }), layer({ file: 'new' }))).toEqual({ file: 'new' });
  });

  it('hides everything below an opaque folder', () => {
    expect(merged(layer({ 'a/x': 'x', 'a/y/z': 'z', 'b/x': 'x' }), layer({ 'a/.wh..wh..opq': '', 'a/new': 'new' }))).toEqual({ 'a/new': 'new', 'b/x': 'x' });
  });

  it('replaces a folder by a file, and a file by a folder', () => {
    expect(merged(layer({ 'a/x': 'x', b: 'b' }), layer({ a: 'file', 'b/x': 'x' }))).toEqual({ a: 'file', 'b/x': 'x' });
    expect(merged(layer({ 'a/x': 'x' }), layer({ a: 'file' }), layer({ 'a/y': 'y' }))).toEqual({ 'a/y': 'y' });
  });

  it('keeps links as they are', () => {
    const links = layer({});
    symlinkSync('/etc/passwd', join(links, 'absolute'));
    expect(merged(layer({ absolute: 'x' }), links)).toEqual({ absolute: '-> /etc/passwd' });
  });

  it('shares the content of files, and takes modes from the topmost folder', () => {
    const [lower, upper] = [layer({ 'a/x': 'x' }), layer({ 'a/y': 'y' })];
    chmodSync(join(upper, 'a'), 0o555);
    const target = join(directory, 'target');
    mergeLayers([lower, upper], target);
    expect(lstatSync(join(target, 'a/x')).ino).toBe(lstatSync(join(lower, 'a/x')).ino);
    expect(lstatSync(join(target, 'a')).mode & 0o777).toBe(0o555);
  });

  it('keeps names that are not UTF-8', () => {
    const odd = layer({});
    const name = Buffer.from([0x66, 0xff, 0x0a]);
    writeFileSync(Buffer.concat([Buffer.from(`${odd}/`), name]), 'odd');
    const target = join(directory, 'target');
    mergeLayers([odd], target);
    expect(readdirSync(target, { encoding: 'buffer' })).toEqual([name]);
  });
});
