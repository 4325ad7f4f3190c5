import { describe, expect, it } from 'vitest';
import { parseNpmrc } from '../../../../buildpacks/nodejs/src/package-managers/npm-settings.ts';
import { checkPnpmLockfile, knownToPnpm } from '../../../../buildpacks/nodejs/src/package-managers/pnpm/pnpm-lockfile.ts';
import { berryLockfileVersion, checkBerryLockfile } from '../../../../buildpacks/nodejs/src/package-managers/yarn-berry/berry-lockfile.ts';
import { yarnSettings } from '../../../../buildpacks/nodejs/src/package-managers/yarn-berry/berry-settings.ts';
import { parseYarnLockfile } from '../../../../buildpacks/nodejs/src/package-managers/yarn/yarn-lockfile.ts';

describe('parseYarnLockfile()', () => {
  it('reads packages, ranges and edges', () => {
    const { patterns, packages, has } = parseYarnLockfile(
      '# yarn lockfile v1\n\n"@koa/router@^12", "@koa/router@>=12":\n  version "12.0.1"\n  integrity sha512-x==\n  dependencies:\n    debug "^4"\n    "@a/b" "1"\n\nalias@npm:real@^1:\n  version "1.2.3"\n',
      'yarn.lock',
    );
    expect([...patterns]).toEqual(['@koa/router@^12', '@koa/router@>=12', 'alias@npm:real@^1']);
    expect(packages.get('@koa/router@12.0.1')).toEqual({ version: '12.0.1', integrity: 'sha512-x==', license: undefined, needs: ['debug', '@a/b'] });
    expect(packages.has('real@1.2.3')).toBe(true);
    expect(has('@koa/router')).toBe(true);
  });

  it.each([
    ['a@1:\n  version "1"\n<<<<<<< HEAD\n', 'Cannot use yarn.lock:3: there is an unresolved merge'],
    ['{\n', 'Cannot use yarn.lock:1: want an entry such as'],
  ])('refuses %j', (text, message) => {
    expect(() => parseYarnLockfile(text, 'yarn.lock')).toThrow(message);
  });
});

describe('lockfiles of pnpm', () => {
  it.each(['/a/1.0.0:', '/a@1.0.0(b@2.0.0):', 'a@1.0.0:'])('give the integrity of %s', async (key) => {
    const known = await knownToPnpm(`lockfileVersion: '9.0'\npackages:\n  ${key}\n    resolution: {integrity: sha512-x}\n`, 'pnpm-lock.yaml');
    expect(known({ path: '', name: 'a', version: '1.0.0' })?.integrity).toBe('sha512-x');
    expect(known({ path: '', name: 'b', version: '1.0.0' })).toBeUndefined();
  });

  it.each([
    ['packages: {}\n', 'it has no lockfileVersion'],
    ["lockfileVersion: '12.0'\n", 'its lockfileVersion is 12.0, want 5, 6 or 9'],
    ['>>>>>>> x\n', 'pnpm-lock.yaml:1: there is an unresolved merge'],
  ])('are refused: %j', (text, message) => {
    expect(() => checkPnpmLockfile(text, 'pnpm-lock.yaml')).toThrow(message);
  });

  it('say where they are no YAML', async () => {
    await expect(knownToPnpm('packages:\n  a: {\n', 'pnpm-lock.yaml')).rejects.toThrow(/^Cannot read pnpm-lock\.yaml:\d+:\d+: /);
  });
});

describe('lockfiles of Yarn 2 and later', () => {
  it('tell their format', () => {
    expect(berryLockfileVersion('# x\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n')).toBe(8);
    expect(() => checkBerryLockfile('"a@npm:1":\n  version: 1\n', 'yarn.lock')).toThrow('it has no version in "__metadata"');
  });
});

describe('yarnSettings()', () => {
  it("says an .npmrc in Yarn's words", () => {
    const text = 'registry=https://npm.test/\n@own:registry=https://own.test/x/\n//own.test/x/:_authToken=secret\n//npm.test/:_auth=dTpw\n';
    expect(yarnSettings(parseNpmrc(text, {}))).toEqual({
      npmRegistryServer: 'https://npm.test/',
      npmScopes: { own: { npmRegistryServer: 'https://own.test/x/' } },
      npmRegistries: { '//own.test/x': { npmAuthToken: 'secret', npmAlwaysAuth: true }, '//npm.test': { npmAuthIdent: 'u:p', npmAlwaysAuth: true } },
    });
  });
});
