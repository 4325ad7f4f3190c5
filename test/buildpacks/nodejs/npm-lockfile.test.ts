import { describe, expect, it } from 'vitest';
import { parseLockfile, requireInStep } from '../../../buildpacks/nodejs/src/package-managers/npm/npm-lockfile.ts';
import { parseManifest } from '../../../buildpacks/nodejs/src/manifest.ts';

const lock = (root: object, packages: object = {}) => JSON.stringify({ lockfileVersion: 3, packages: { '': root, ...packages } });

describe('parseLockfile()', () => {
  it('reads packages and their edges', () => {
    const { packages } = parseLockfile(
      lock({}, { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x', dev: true, dependencies: { b: '1' }, optionalDependencies: { c: '1' } } }),
      'package-lock.json',
    );
    expect(packages.get('node_modules/a')).toEqual({ version: '1.0.0', integrity: 'sha512-x', license: undefined, link: false, dev: true, needs: ['b', 'c'] });
  });

  it.each([
    ['{"lockfileVersion": 3,\n"packages": {,}}', 'Cannot read package-lock.json:2:14: want a key in double quotes, got ","'],
    ['[]', 'want one JSON object'],
    ['{"lockfileVersion": 9}', 'its lockfileVersion is 9, want 1, 2 or 3'],
    ['{"lockfileVersion": 3}', 'it has no "packages"'],
    ['<<<<<<< HEAD\n{}', 'Cannot read package-lock.json:1:1: want a value, got "<"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseLockfile(text, 'package-lock.json')).toThrow(message);
  });
});

describe('requireInStep()', () => {
  const manifest = parseManifest(JSON.stringify({ dependencies: { express: '^5', debug: '4' }, devDependencies: { tsc: '1' } }));
  it('accepts a lockfile made for the manifest', () => {
    requireInStep(
      manifest,
      parseLockfile(lock({ dependencies: { debug: '4', express: '^5' }, devDependencies: { tsc: '1' } }), 'package-lock.json'),
      'package-lock.json',
    );
  });

  it('names each difference', () => {
    expect(() =>
      requireInStep(
        manifest,
        parseLockfile(lock({ dependencies: { express: '^4', old: '1' }, devDependencies: { tsc: '1' } }), 'package-lock.json'),
        'package-lock.json',
      ),
    ).toThrow(
      'Cannot install: package-lock.json does not match package.json: express is "^5" in package.json and "^4" in package-lock.json; debug is missing in package-lock.json; old is only in package-lock.json',
    );
  });

  it('leaves lockfiles without that record to npm', () => {
    requireInStep(manifest, parseLockfile('{"lockfileVersion":1}', 'package-lock.json'), 'package-lock.json');
  });
});
