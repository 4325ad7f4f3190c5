import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findRegistry, parseNpmrc } from '../../../buildpacks/nodejs/src/package-managers/npm-settings.ts';
import type { Binding } from '../../../src/sdk/index.ts';

const empty = mkdtempSync(join(tmpdir(), 'tspack-npmrc-'));
const withNpmrc = mkdtempSync(join(tmpdir(), 'tspack-npmrc-'));
writeFileSync(join(withNpmrc, '.npmrc'), 'registry=https://project.example/npm\n');
afterAll(() => [empty, withNpmrc].forEach((directory) => rmSync(directory, { recursive: true })));

function npmrcBinding(text: string): Binding {
  return { name: 'npm', type: 'npmrc', provider: undefined, directory: '/b', keys: ['.npmrc'], read: (key) => (key === '.npmrc' ? text : undefined) };
}
const nobody = () => Promise.resolve(undefined);

describe('parseNpmrc()', () => {
  it('reads lines, quotes and variables', () => {
    expect([...parseNpmrc('# c\n; c\nregistry = "https://r.example"\n//r.example/:_authToken=${TOKEN}\nx=${NONE}\nword\n', { TOKEN: 't0ken' })]).toEqual([
      ['registry', 'https://r.example'],
      ['//r.example/:_authToken', 't0ken'],
      ['x', '${NONE}'],
    ]);
  });
});

describe('findRegistry()', () => {
  const env = { npm_config_registry: 'https://env.example/' };
  it.each([
    ['.npmrc', withNpmrc, [npmrcBinding('registry=https://binding.example')], 'https://project.example/npm/'],
    ['the npmrc binding', empty, [npmrcBinding('registry=https://binding.example')], 'https://binding.example/'],
    ['npm_config_registry', empty, [], 'https://env.example/'],
  ])('takes the address of %s', async (source, applicationDirectory, bindings, url) => {
    expect(await findRegistry({ applicationDirectory, env, bindings, askNpm: nobody })).toMatchObject({ url, source });
  });

  it('asks npm last, and only then', async () => {
    expect(await findRegistry({ applicationDirectory: empty, env: {}, bindings: [], askNpm: () => Promise.resolve('https://npm.example') })).toMatchObject({
      url: 'https://npm.example/',
      source: 'npm',
    });
    expect(await findRegistry({ applicationDirectory: empty, env: {}, bindings: [], askNpm: nobody })).toBeUndefined();
  });

  it('sends credentials only to the address that they are for', async () => {
    const text = [
      '//r.example/team/:_authToken=s3cret-token',
      '//r.example/:_auth=dXNlcjpwYXNz',
      '//p.example/:username=me',
      `//p.example/:_password=${Buffer.from('pw').toString('base64')}`,
    ].join('\n');
    const registry = (await findRegistry({ applicationDirectory: empty, env, bindings: [npmrcBinding(text)], askNpm: nobody }))!;
    expect(registry.headersFor('https://r.example/team/pkg')).toEqual({ authorization: 'Bearer s3cret-token' });
    expect(registry.headersFor('https://r.example/teammates/pkg')).toEqual({ authorization: 'Basic dXNlcjpwYXNz' });
    expect(registry.headersFor('https://p.example/x/-/x.tgz')).toEqual({ authorization: `Basic ${Buffer.from('me:pw').toString('base64')}` });
    expect(registry.headersFor('https://evil.example/r.example/team/')).toEqual({});
  });
});
