import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findOutput } from '../static-sites/static-site.ts';
import { hasPackage } from '../static-sites/generators.ts';
import type { Manifest } from '../manifest.ts';
import type { ProcessVariable } from './process-variable.ts';

/** A server that a framework's build made. */
export interface FrameworkServer {
  /** `Nuxt`. */
  readonly framework: string;
  /** The file for Node.js, relative to the application. */
  readonly file: string;
  /** Variables without which it would listen to the container alone. Container engines set HOSTNAME themselves. */
  readonly env: readonly ProcessVariable[];
  /** Programs of the framework that a "start" script may run instead. */
  readonly programs: readonly string[];
  /** Whether it needs nothing of node_modules. */
  readonly selfContained: boolean;
}

interface Framework extends Omit<FrameworkServer, 'file'> {
  readonly packages: readonly string[];
  /** `*` is one folder name. */
  readonly files: readonly string[];
}

const FRAMEWORKS: readonly Framework[] = [
  {
    framework: 'Next.js',
    packages: ['next'],
    files: ['.next/standalone/server.js'],
    env: [['HOSTNAME', '0.0.0.0', 'override']],
    programs: ['next'],
    selfContained: true,
  },
  { framework: 'Nuxt', packages: ['nuxt', 'nuxt3'], files: ['.output/server/index.mjs'], env: [], programs: ['nuxt', 'nuxi'], selfContained: true },
  {
    framework: 'Nitro',
    packages: ['nitropack', 'nitro', 'vinxi', '@solidjs/start', '@tanstack/react-start'],
    files: ['.output/server/index.mjs'],
    env: [],
    programs: ['nitro', 'vinxi', 'vite'],
    selfContained: true,
  },
  { framework: 'SvelteKit', packages: ['@sveltejs/adapter-node'], files: ['build/index.js'], env: [], programs: ['vite', 'svelte-kit'], selfContained: false },
  {
    framework: 'Astro',
    packages: ['@astrojs/node'],
    files: ['dist/server/entry.mjs'],
    env: [['HOST', '0.0.0.0', 'default']],
    programs: ['astro'],
    selfContained: false,
  },
  { framework: 'Nest', packages: ['@nestjs/core'], files: ['dist/main.js', 'dist/src/main.js'], env: [], programs: ['nest'], selfContained: false },
  {
    framework: 'Angular',
    packages: ['@angular/ssr', '@angular/platform-server'],
    files: ['dist/*/server/server.mjs'],
    env: [],
    programs: ['ng'],
    selfContained: false,
  },
];

/** The server that the build made, when the application is of a framework whose server is known. `folder` is that of its package.json. */
export function findFrameworkServer(folder: string, part: string, manifest: Manifest): FrameworkServer | undefined {
  for (const { packages, files, ...framework } of FRAMEWORKS) {
    if (!packages.some((name) => hasPackage(manifest, name))) continue;
    // Next.js repeats the folders of a repository in its own.
    const candidates = part === '' ? files : files.flatMap((path) => [path.replace('standalone/', `standalone/${part}/`), path]);
    const file = candidates.map((path) => expandFile(folder, path)).find((path) => path !== undefined);
    if (file !== undefined) return { ...framework, file };
  }
  return undefined;
}

function expandFile(folder: string, path: string): string | undefined {
  const at = path.lastIndexOf('/');
  const directory = findOutput(folder, [path.slice(0, at)]);
  const file = directory === undefined ? undefined : join(directory, path.slice(at + 1));
  return file !== undefined && existsSync(join(folder, file)) ? file : undefined;
}

/** Completes Next.js' standalone folder, which leaves out what a CDN could serve, and removes what it has copies of. */
export function completeStandalone(folder: string, server: FrameworkServer): void {
  if (server.framework !== 'Next.js') return;
  const root = join(folder, server.file, '..');
  for (const [from, to] of [
    ['public', 'public'],
    ['.next/static', '.next/static'],
  ] as const) {
    if (existsSync(join(folder, from))) cpSync(join(folder, from), join(root, to), { recursive: true });
  }
  for (const name of readdirSync(join(folder, '.next'))) if (name !== 'standalone') rmSync(join(folder, '.next', name), { recursive: true });
}
