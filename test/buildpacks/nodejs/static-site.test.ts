import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseManifest } from '../../../buildpacks/nodejs/src/manifest.ts';
import { findOutput, findStaticSite } from '../../../buildpacks/nodejs/src/static-sites/static-site.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tspack-site-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

interface Case {
  readonly packages: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly main?: string;
  readonly files?: Readonly<Record<string, string>>;
}

function find({ packages, scripts = { build: 'tool' }, main, files = {} }: Case) {
  put(files);
  const manifest = parseManifest(JSON.stringify({ devDependencies: Object.fromEntries(packages.map((name) => [name, '1'])), scripts, main }));
  return findStaticSite(folder, manifest, scripts['build'] === undefined ? [] : ['build']);
}

describe('findStaticSite()', () => {
  it.each<[string, Case, { generator: string; output: string; spa: boolean }]>([
    ['Vite', { packages: ['vite'] }, { generator: 'Vite', output: 'dist', spa: true }],
    [
      'a folder that the script names',
      { packages: ['vite'], scripts: { build: 'vite build --outDir=./www/' } },
      { generator: 'Vite', output: 'www', spa: true },
    ],
    [
      'a folder that the settings name',
      { packages: ['vite'], files: { 'vite.config.ts': "build: { outDir: 'web' }" } },
      { generator: 'Vite', output: 'web', spa: true },
    ],
    [
      'a development server as start',
      { packages: ['@11ty/eleventy'], scripts: { build: 'eleventy', start: 'eleventy --serve' } },
      { generator: 'Eleventy', output: '_site', spa: false },
    ],
    [
      'a start that runs it',
      { packages: ['vite'], scripts: { build: 'x', start: 'npm run dev', dev: 'NODE_ENV=x vite --host' } },
      { generator: 'Vite', output: 'dist', spa: true },
    ],
    ['several tools at once', { packages: ['vite'], scripts: { build: 'x', start: 'run-p watch:*' } }, { generator: 'Vite', output: 'dist', spa: true }],
    [
      'Create React App',
      { packages: ['react-scripts'], scripts: { build: 'x', start: 'react-scripts start' } },
      { generator: 'Create React App', output: 'build', spa: true },
    ],
    ['what is built upon Vite', { packages: ['vite', 'vitepress'] }, { generator: 'VitePress', output: '.vitepress/dist', spa: false }],
    ['an adapter for files', { packages: ['vite', '@sveltejs/kit', '@sveltejs/adapter-static'] }, { generator: 'SvelteKit', output: 'build', spa: false }],
    [
      'an export',
      { packages: ['next'], files: { 'next.config.mjs': 'export default { output: "export" }' } },
      { generator: 'Next.js', output: 'out', spa: false },
    ],
    [
      'a main that is settings',
      { packages: ['@11ty/eleventy'], main: '.eleventy.js', files: { '.eleventy.js': '' } },
      { generator: 'Eleventy', output: '_site', spa: false },
    ],
  ])('knows %s', (_, application, { generator, output, spa }) => {
    const site = find(application);
    expect(site).toMatchObject({ generator, spa });
    expect(site?.output[0]).toBe(output);
  });

  it.each<[string, Case]>([
    ['no generator', { packages: ['express'] }],
    ['no script that builds', { packages: ['vite'], scripts: {} }],
    ['a server to start', { packages: ['vite'], scripts: { build: 'x', start: 'node server.js' } }],
    ['a server for production', { packages: ['vite'], scripts: { build: 'x', start: 'vite', 'start:prod': 'node dist/x.js' } }],
    ['a Procfile with a web process', { packages: ['vite'], files: { Procfile: 'web: ./serve' } }],
    ['server.js', { packages: ['vite'], files: { 'server.js': '' } }],
    ['main', { packages: ['vite'], main: 'lib/main.js', files: { 'lib/main.js': '' } }],
    ['Next.js with a server', { packages: ['next'] }],
    ['an adapter for Node.js', { packages: ['astro', '@astrojs/node'] }],
    ['an adapter for Node.js beside the tool below it', { packages: ['vite', '@sveltejs/kit', '@sveltejs/adapter-node'] }],
    ['a server framework beside the tool below it', { packages: ['vite', '@tanstack/react-start'] }],
    ['a script that leaves the folder', { packages: ['unknown'], scripts: { build: 'x --outDir ../../etc' } }],
  ])('finds none with %s', (_, application) => {
    expect(find(application)).toBeUndefined();
  });

  it('never looks outside of the application', () => {
    expect(find({ packages: ['vite'], scripts: { build: 'vite build --outDir ../other' } })?.output).toEqual(['dist']);
  });

  it('names folders of a part by their path in the source', () => {
    const manifest = parseManifest('{"devDependencies":{"vite":"1"},"scripts":{"build":"x"}}');
    put({ 'apps/web/index.html': '' });
    expect(findStaticSite(folder, manifest, ['build'], 'apps/web')?.output).toEqual(['apps/web/dist']);
  });
});

describe('findOutput()', () => {
  it('finds the first folder that is there, a * for any name', () => {
    put({ 'dist/shop/browser/index.html': '', 'dist/notes.txt': '', 'build/x': '' });
    expect(findOutput(folder, ['out', 'dist/*/browser', 'build'])).toBe('dist/shop/browser');
    expect(findOutput(folder, ['dist/notes.txt', 'nothing/*/x'])).toBeUndefined();
  });
});
