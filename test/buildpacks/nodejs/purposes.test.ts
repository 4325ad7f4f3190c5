import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodejsBuildpack } from '../../../buildpacks/nodejs/src/buildpack.ts';
import { createBuildKit, type BuildKitOptions } from '../../../src/sdk/testing/index.ts';
import { createFakeNpm, createFakeRegistry } from '../../support/fake-npm.ts';

/** What the buildpack does for a web server's buildpack and for other languages: the output of the scripts, and nothing of Node.js. */
const builderNpm = mkdtempSync(join(tmpdir(), 'tspack-npm-'));
beforeAll(() => {
  mkdirSync(join(builderNpm, 'bin'));
  writeFileSync(join(builderNpm, 'package.json'), JSON.stringify({ name: 'npm', version: '11.0.0', engines: { node: '>=18' } }));
  for (const name of ['npm-cli.js', 'npx-cli.js']) writeFileSync(join(builderNpm, 'bin', name), '');
});
afterAll(() => rmSync(builderNpm, { recursive: true }));

const site = {
  'package.json': JSON.stringify({ name: 'site', devDependencies: { vite: '1' }, scripts: { build: 'vite build' } }),
  'package-lock.json': JSON.stringify({
    lockfileVersion: 3,
    packages: { '': { devDependencies: { vite: '1' } }, 'node_modules/vite': { dev: true } },
  }),
  'index.html': '',
};

async function kitFor(application: Readonly<Record<string, string>>, plan: BuildKitOptions['plan'], output: string) {
  const registry = await createFakeRegistry();
  const npm = createFakeNpm({
    onBuild(cwd) {
      mkdirSync(join(cwd, output), { recursive: true });
      writeFileSync(join(cwd, output, 'index.html'), 'made');
      return 0;
    },
  });
  const kit = createBuildKit({
    buildpack: nodejsBuildpack,
    buildpackDirectory: join(import.meta.dirname, '../../../buildpacks/nodejs'),
    application,
    run: npm.run,
    createDownloads: registry.createDownloads,
    env: { TSPACK_NPM: builderNpm, npm_config_registry: 'https://registry.test/' },
    ...(plan === undefined ? {} : { plan }),
  });
  return { kit, npm, registry, [Symbol.dispose]: () => kit[Symbol.dispose]() };
}

describe('detect', () => {
  it('offers a static site as the front end of others, as files, and as a server', async () => {
    using it = await kitFor(site, undefined, 'dist');
    expect((await it.kit.detect()).plan?.alternatives).toEqual([
      { provides: ['frontend'], requires: [] },
      {
        provides: ['node', 'static-web', 'static-site'],
        requires: [
          { name: 'node', metadata: { output: 'static-web' } },
          { name: 'static-web', metadata: { root: ['dist'], spa: true, generator: 'Vite' } },
        ],
      },
      { provides: ['node'], requires: [{ name: 'node' }] },
    ]);
  });

  it('offers a server without files, and none of it to others without a package.json', async () => {
    using server = await kitFor({ 'package.json': '{"scripts":{"start":"node x"}}' }, undefined, 'dist');
    expect((await server.kit.detect()).plan?.alternatives).toHaveLength(2);
    using plain = await kitFor({ 'server.js': '' }, undefined, 'dist');
    expect((await plain.kit.detect()).plan?.alternatives).toEqual([{ provides: ['node'], requires: [{ name: 'node' }] }]);
  });

  it('leaves a broken package.json for build to explain', async () => {
    using it = await kitFor({ 'package.json': '{' }, undefined, 'dist');
    expect(await it.kit.detect()).toMatchObject({ exitCode: 0 });
  });
});

describe('build', () => {
  it.each([
    ['files', [{ name: 'node', metadata: { output: 'static-web' } }]],
    ['frontend', [{ name: 'frontend' }]],
  ])('leaves only the output in the image: %s', async (_, plan) => {
    using it = await kitFor(site, plan, 'dist');
    const result = await it.kit.build();
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(it.npm.calls).toEqual(['ci --include=dev --prefer-offline', 'run build']);
    expect(result.launch?.processes).toEqual([]);
    expect([...result.layers].filter(([, { types }]) => types.launch)).toEqual([]);
    expect(readdirSync(it.kit.applicationDirectory).sort()).toEqual(['dist', 'index.html', 'package-lock.json', 'package.json']);

    it.kit.change('index.html', 'changed');
    await it.kit.build();
    expect(it.npm.calls.slice(2)).toEqual(['run build']);
  });

  it('leaves only the output of an installation inside the application, too', async () => {
    const manifest = { name: 'site', devDependencies: { vite: '1' }, scripts: { build: 'vite build', postinstall: 'patch' } };
    using it = await kitFor({ ...site, 'package.json': JSON.stringify(manifest) }, [{ name: 'frontend' }], 'dist');
    const result = await it.kit.build();
    expect(result.exitCode, result.stderr).toBe(0);
    expect(existsSync(join(it.kit.applicationDirectory, 'node_modules'))).toBe(false);
    expect(result.launch?.slices).toEqual([]);
  });

  it('fetches nothing for a front end without a script that builds', async () => {
    using it = await kitFor({ 'package.json': '{"devDependencies":{"prettier":"3"}}' }, [{ name: 'frontend' }], 'dist');
    const result = await it.kit.build();
    expect(result).toMatchObject({ exitCode: 0, layers: new Map() });
    expect(it.registry.asked).toEqual([]);
  });

  it('says when a generator made nothing that can be served', async () => {
    using it = await kitFor(site, [{ name: 'node', metadata: { output: 'static-web' } }], 'elsewhere');
    const result = await it.kit.build();
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('the build script of Vite made none of dist [NODE_STATIC_OUTPUT_MISSING]');
  });

  it("starts a framework's own server without node_modules", async () => {
    const manifest = { name: 'shop', dependencies: { nuxt: '4' }, scripts: { build: 'nuxt build', start: 'nuxt start' } };
    const lockfile = JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies: { nuxt: '4' } }, 'node_modules/nuxt': {} } });
    using it = await kitFor({ 'package.json': JSON.stringify(manifest), 'package-lock.json': lockfile }, undefined, '.output/server');
    // The fake writes index.html; the server is what the application brings.
    it.kit.change('.output/server/index.mjs', '');
    const result = await it.kit.build();
    expect(result.launch?.processes).toMatchObject([{ command: ['node', '.output/server/index.mjs'] }]);
    expect(result.layers.get('dependencies')?.types).toEqual({ launch: false, build: false, cache: true });
    expect(lstatSync(join(it.kit.applicationDirectory, 'node_modules'), { throwIfNoEntry: false })).toBeUndefined();
  });
});
