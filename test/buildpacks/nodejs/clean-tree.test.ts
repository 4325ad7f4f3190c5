import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanTree } from '../../../buildpacks/nodejs/src/clean-tree.ts';

describe('cleanTree()', () => {
  it('keeps what runs and drops what only the build made', () => {
    const root = mkdtempSync(join(tmpdir(), 'tspack-clean-'));
    const kept = [
      'native/binding.gyp',
      'native/build/Release/native.node',
      'native/lib/binding/x.node',
      'plain/build/Makefile',
      'plain/node_modules/@s/n/build/Release/y.node',
      'plain/node_modules/@s/n/binding.gyp',
      '.prisma/client/index.js',
    ];
    const dropped = [
      '.package-lock.json',
      '.cache/x',
      'native/build/Makefile',
      'native/build/config.gypi',
      'native/build/native.target.mk',
      'native/build/Release/obj.target/native/a.o',
      'native/build/Release/.deps/x.d',
      'native/build-tmp-napi-v3/Release/x.node',
      'native/deps/thing.target.mk',
      'plain/node_modules/@s/n/build/Release/obj/n.a',
    ];
    for (const file of [...kept, ...dropped]) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), '');
    }
    cleanTree(root);
    const left = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(left.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)).sort()).toEqual([...kept].sort());
    rmSync(root, { recursive: true });
  });
});
