import type { Manifest } from '../manifest.ts';

/** A tool that makes files for a web server, and nothing that runs. */
export interface Generator {
  /** `Vite`. */
  readonly name: string;
  /** Packages that show it: one of them is enough. */
  readonly packages: readonly string[];
  /** Programs by which it serves its pages to a developer. */
  readonly programs: readonly string[];
  /** Folders that its output may be in, the likeliest first; `*` is one folder name. */
  readonly output: readonly string[];
  /** Whether one page answers for every path. */
  readonly spa: boolean;
  /** Whether this application has it make files rather than a server. It does by default. */
  readonly isStatic?: (application: GeneratorView) => boolean;
}

/** What a generator is judged by. */
export interface GeneratorView {
  readonly manifest: Manifest;
  /** The text of the first of the files that is there; empty without one. */
  readonly readFirst: (names: readonly string[]) => string;
}

/** Whether package.json names the package, as whatever kind of dependency. */
export function hasPackage(manifest: Manifest, name: string): boolean {
  return [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].some((table) => table[name] !== undefined);
}

const configFiles = (name: string) => ['ts', 'mts', 'js', 'mjs', 'cjs'].map((extension) => `${name}.config.${extension}`);
const buildLine = ({ manifest }: GeneratorView) => manifest.scripts['build'] ?? '';

/** What builds by Vite, but a server. */
const serverFramework = (name: string, packages: readonly string[]): Generator => ({
  name,
  packages,
  programs: [],
  output: [],
  spa: false,
  isStatic: () => false,
});

/** What is built upon another one comes before it, and decides alone. */
export const GENERATORS: readonly Generator[] = [
  {
    name: 'Next.js',
    packages: ['next'],
    programs: ['next'],
    output: ['out'],
    spa: false,
    isStatic: (view) => /\boutput\s*:\s*['"]export['"]/.test(view.readFirst(configFiles('next'))) || /\bnext export\b/.test(buildLine(view)),
  },
  {
    name: 'Nuxt',
    packages: ['nuxt', 'nuxt3'],
    programs: ['nuxt', 'nuxi'],
    output: ['.output/public', 'dist'],
    spa: false,
    isStatic: (view) =>
      /\b(?:nuxt|nuxi) generate\b/.test(buildLine(view)) || /\bpreset\s*:\s*['"](?:static|github[_-]pages)['"]/.test(view.readFirst(configFiles('nuxt'))),
  },
  {
    name: 'SvelteKit',
    packages: ['@sveltejs/kit'],
    programs: ['vite', 'svelte-kit'],
    output: ['build'],
    spa: false,
    isStatic: ({ manifest }) => hasPackage(manifest, '@sveltejs/adapter-static'),
  },
  {
    name: 'Astro',
    packages: ['astro'],
    programs: ['astro'],
    output: ['dist'],
    spa: false,
    isStatic: ({ manifest }) =>
      !Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).some((name) => /^@astrojs\/(?:node|netlify|vercel|cloudflare|deno)$/.test(name)),
  },
  {
    name: 'React Router',
    packages: ['@react-router/dev', '@remix-run/dev'],
    programs: ['react-router', 'remix'],
    output: ['build/client'],
    spa: true,
    isStatic: (view) => /\bssr\s*:\s*false\b/.test(view.readFirst([...configFiles('react-router'), ...configFiles('vite')])),
  },
  {
    name: 'SolidStart',
    packages: ['@solidjs/start'],
    programs: ['vinxi'],
    output: ['.output/public'],
    spa: false,
    isStatic: (view) => /\bstatic\b/.test(view.readFirst(configFiles('app'))),
  },
  serverFramework('TanStack Start', ['@tanstack/react-start', '@tanstack/solid-start']),
  serverFramework('Nitro', ['nitro', 'nitropack', 'vinxi']),
  serverFramework('Qwik City', ['@builder.io/qwik-city', '@qwik.dev/router']),
  { name: 'VitePress', packages: ['vitepress'], programs: ['vitepress'], output: ['.vitepress/dist', 'docs/.vitepress/dist', '*/.vitepress/dist'], spa: false },
  { name: 'VuePress', packages: ['vuepress'], programs: ['vuepress'], output: ['.vuepress/dist', 'docs/.vuepress/dist', '*/.vuepress/dist'], spa: false },
  { name: 'Docusaurus', packages: ['@docusaurus/core'], programs: ['docusaurus'], output: ['build'], spa: false },
  { name: 'Gatsby', packages: ['gatsby'], programs: ['gatsby'], output: ['public'], spa: false },
  { name: 'Eleventy', packages: ['@11ty/eleventy'], programs: ['eleventy'], output: ['_site', 'dist', 'public'], spa: false },
  { name: 'Hexo', packages: ['hexo'], programs: ['hexo'], output: ['public'], spa: false },
  { name: 'Hugo', packages: ['hugo-bin', 'hugo-extended'], programs: ['hugo'], output: ['public'], spa: false },
  { name: 'Rspress', packages: ['rspress', '@rspress/core'], programs: ['rspress'], output: ['doc_build'], spa: false },
  {
    name: 'Angular',
    packages: ['@angular/cli'],
    programs: ['ng'],
    output: ['dist/*/browser', 'dist/browser', 'dist/*', 'dist'],
    spa: true,
    isStatic: ({ manifest }) => !Object.keys(manifest.scripts).some((name) => name.startsWith('serve:ssr')),
  },
  {
    name: 'Create React App',
    packages: ['react-scripts', '@craco/craco', 'react-app-rewired'],
    programs: ['react-scripts', 'craco', 'react-app-rewired'],
    output: ['build'],
    spa: true,
  },
  { name: 'Vue CLI', packages: ['@vue/cli-service'], programs: ['vue-cli-service'], output: ['dist'], spa: true },
  { name: 'Ember', packages: ['ember-cli'], programs: ['ember'], output: ['dist'], spa: true },
  { name: 'Quasar', packages: ['@quasar/app-vite', '@quasar/app-webpack'], programs: ['quasar'], output: ['dist/spa', 'dist/pwa'], spa: true },
  { name: 'Preact CLI', packages: ['preact-cli'], programs: ['preact'], output: ['build'], spa: true },
  { name: 'Stencil', packages: ['@stencil/core'], programs: ['stencil'], output: ['www'], spa: true },
  { name: 'Vite', packages: ['vite', 'rolldown-vite'], programs: ['vite'], output: ['dist'], spa: true },
  { name: 'Rsbuild', packages: ['@rsbuild/core'], programs: ['rsbuild'], output: ['dist'], spa: true },
  { name: 'Parcel', packages: ['parcel', 'parcel-bundler'], programs: ['parcel'], output: ['dist'], spa: true },
  {
    name: 'webpack',
    packages: ['html-webpack-plugin', 'webpack-dev-server'],
    programs: ['webpack', 'webpack-dev-server'],
    output: ['dist', 'build', 'public'],
    spa: true,
  },
];
