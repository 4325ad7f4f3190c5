import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hashesFromIntegrity, type Component } from '../../../src/sdk/index.ts';
import { packageDirectories } from './clean-tree.ts';
import { parseLockfile, type LockedPackage } from './lockfile.ts';
import { isTable } from './manifest.ts';

/**
 * Components of the packages that are installed at `root`. npm's hidden lockfile tells integrity and edges; a package that it does
 * not name (npm 6) is described by its package.json alone.
 */
export function describePackages(root: string): readonly Component[] {
  const nodeModules = join(root, 'node_modules');
  const hidden = join(nodeModules, '.package-lock.json');
  const locked = existsSync(hidden)
    ? parseLockfile(readFileSync(hidden, 'utf8'), 'node_modules/.package-lock.json').packages
    : new Map<string, LockedPackage>();
  const components = new Map<string, { readonly component: Component; readonly path: string; readonly needs: readonly string[] }>();
  for (const directory of packageDirectories(nodeModules)) {
    const path = directory.slice(root.length + 1);
    const manifest = readJson(join(directory, 'package.json'));
    const entry = locked.get(path);
    const name = text(manifest['name']) ?? nameOfDirectory(directory);
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
    dependsOn: needs.flatMap((name) => components.get(resolveFrom(path, name, components) ?? '')?.component.purl ?? []),
  }));
}

/** The package URL of an npm package (purl-spec, type npm). */
export function packageUrl(name: string, version: string): string {
  const encoded = name.startsWith('@') ? `%40${name.slice(1)}` : name;
  return `pkg:npm/${encoded}@${encodeURIComponent(version)}`;
}

/** Where Node.js finds `name` from inside the package at `path`. */
function resolveFrom(path: string, name: string, known: ReadonlyMap<string, unknown>): string | undefined {
  for (let at = path; ;) {
    const candidate = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (known.has(candidate)) return candidate;
    if (at === '') return undefined;
    const parent = at.lastIndexOf('/node_modules/');
    at = parent === -1 ? '' : at.slice(0, parent);
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
