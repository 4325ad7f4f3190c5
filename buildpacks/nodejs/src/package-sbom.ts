import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { hashesFromIntegrity, type Component } from '../../../src/sdk/index.ts';
import { packageDirectories } from './clean-tree.ts';
import { isTable } from './manifest.ts';

/** What a lockfile knows of an installed package. */
export interface KnownPackage {
  readonly version: string | undefined;
  /** Subresource integrity of its archive. */
  readonly integrity: string | undefined;
  readonly license: string | undefined;
  /** Names of what it needs, optional ones included; undefined where its package.json tells. */
  readonly needs: readonly string[] | undefined;
}

/** An installed package, as lockfiles are asked for it. */
export interface InstalledPackage {
  /** `node_modules/express`, below the root of the installation. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

/**
 * Components of the packages in the node_modules of `folders` below `root`: what lies there, completed by what the lockfile knows. A
 * package that it does not know is described by its package.json alone.
 */
export function describePackages(root: string, folders: readonly string[], known: (found: InstalledPackage) => KnownPackage | undefined): readonly Component[] {
  const components = new Map<string, { readonly component: Component; readonly path: string; readonly needs: readonly string[] }>();
  for (const directory of folders.flatMap((folder) => [...packageDirectories(join(root, folder, 'node_modules'))])) {
    const path = directory.slice(root.length + 1);
    const manifest = readJson(join(directory, 'package.json'));
    const name = text(manifest['name']) ?? nameOfDirectory(directory);
    const entry = known({ path, name, version: text(manifest['version']) ?? '' });
    const version = entry?.version ?? text(manifest['version']) ?? '0.0.0';
    const needs = entry?.needs ?? [...keysOf(manifest['dependencies']), ...keysOf(manifest['optionalDependencies'])];
    const homepage = text(manifest['homepage']);
    const description = text(manifest['description']);
    const licences = declaredLicences(manifest);
    components.set(path, {
      path,
      needs,
      component: {
        type: 'library',
        name,
        version,
        purl: packageUrl(name, version),
        ...(description === undefined ? {} : { description }),
        ...(homepage !== undefined && URL.canParse(homepage) ? { homepage: new URL(homepage).href } : {}),
        licences: licences.length > 0 ? licences : entry?.license === undefined ? [] : [entry.license],
        hashes: hashesFromIntegrity(entry?.integrity ?? ''),
        locations: [join(directory, 'package.json')],
      },
    });
  }
  return [...components.values()].map(({ component, path, needs }) => ({
    ...component,
    dependsOn: needs.flatMap((name) => components.get(resolveFrom(root, path, name, components) ?? '')?.component.purl ?? []),
  }));
}

/** The package URL of an npm package (purl-spec, type npm). */
export function packageUrl(name: string, version: string): string {
  const encoded = name.startsWith('@') ? `%40${name.slice(1)}` : name;
  return `pkg:npm/${encoded}@${encodeURIComponent(version)}`;
}

/** Where Node.js finds `name` from inside the package at `path`. */
function resolveFrom(root: string, path: string, name: string, known: ReadonlyMap<string, unknown>): string | undefined {
  for (let at: string | undefined = path; at !== undefined; at = parentOf(at)) {
    if (basename(at) === 'node_modules') continue;
    const candidate = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (known.has(candidate)) return candidate;
    // pnpm links what a package needs beside it.
    const target = realPath(join(root, candidate));
    if (target !== undefined && known.has(relative(root, target))) return relative(root, target);
  }
  return undefined;
}

function parentOf(path: string): string | undefined {
  return path === '' ? undefined : path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function nameOfDirectory(directory: string): string {
  const scope = basename(dirname(directory));
  return scope.startsWith('@') ? `${scope}/${basename(directory)}` : basename(directory);
}

/** `license` in its present form and the two that npm has given up. */
function declaredLicences(manifest: Readonly<Record<string, unknown>>): readonly string[] {
  const one = (value: unknown): readonly string[] =>
    typeof value === 'string' ? [value] : isTable(value) && typeof value['type'] === 'string' ? [value['type']] : [];
  const { license, licenses } = manifest;
  const declared = one(license);
  if (declared.length > 0) return declared;
  return Array.isArray(licenses) ? licenses.flatMap(one) : [];
}

function readJson(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    return isTable(value) ? value : {};
  } catch {
    return {}; // somebody else's file: what cannot be read is not described
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function keysOf(value: unknown): readonly string[] {
  return isTable(value) ? Object.keys(value) : [];
}
