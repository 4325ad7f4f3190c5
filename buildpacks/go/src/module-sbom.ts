import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifyLicence, type Component } from '../../../src/sdk/index.ts';
import type { GoPackage } from './packages.ts';

/** A module in a program, as its build information has it (`go version -m`). */
export interface BuiltModule {
  readonly path: string;
  readonly version: string;
  /** `h1:...`, undefined for the main module and for folders. */
  readonly sum: string | undefined;
  readonly main: boolean;
  /** Path that packages import it by, where a `replace` put another in its place. */
  readonly importedAs: string;
}

/** Reads what `go version -m` prints for one or more programs; each module once. */
export function parseBuildInfo(text: string): readonly BuiltModule[] {
  const modules = new Map<string, BuiltModule>();
  let last: BuiltModule | undefined;
  for (const line of text.split('\n')) {
    const [, kind, path, version = '', sum] = line.split('\t');
    if (path === undefined || (kind !== 'mod' && kind !== 'dep' && kind !== '=>')) continue;
    const module: BuiltModule = {
      path,
      version,
      sum: sum === undefined || sum === '' ? undefined : sum,
      main: kind === 'mod',
      importedAs: kind === '=>' && last !== undefined ? last.importedAs : path,
    };
    if (kind === '=>' && last !== undefined) modules.delete(last.importedAs);
    modules.set(module.importedAs, module);
    last = module;
  }
  return [...modules.values()];
}

/** Where the text of a module's licence may be. */
export interface ModuleFolders {
  readonly moduleCache: string;
  /** `vendor` of the application. */
  readonly vendor: string;
  /** Of the main module. */
  readonly application: string;
}

/** The modules of the programs and the standard library as components: licences by the texts that the modules bring, hashes as go.sum has them. */
export function describeModules(
  modules: readonly BuiltModule[],
  goVersion: string,
  packages: readonly GoPackage[],
  folders: ModuleFolders,
): readonly Component[] {
  const ids = new Map(modules.map((module) => [module.importedAs, purlOf(module)]));
  const standard = `pkg:golang/stdlib@${goVersion}`;
  const needs = moduleEdges(packages);
  const components = modules.map((module): Component => {
    const licence = findLicence(module, folders);
    const hash = module.sum === undefined ? undefined : /^h1:(.*)$/.exec(module.sum)?.[1];
    return {
      type: module.main ? 'application' : 'library',
      name: module.path,
      version: module.version,
      purl: purlOf(module),
      ...(licence === undefined ? {} : { licences: [licence] }),
      // A digest over the names and digests of all files (golang.org/x/mod/sumdb/dirhash), not of an archive.
      ...(hash === undefined ? {} : { hashes: [{ algorithm: 'SHA-256', hex: Buffer.from(hash, 'base64').toString('hex') }] }),
      dependsOn: [...[...(needs.get(module.importedAs) ?? [])].flatMap((path) => ids.get(path) ?? []), standard],
    };
  });
  return [
    ...components,
    { type: 'library', name: 'stdlib', version: `go${goVersion}`, purl: standard, description: 'The standard library of Go', licences: ['BSD-3-Clause'] },
  ];
}

/** The main module has no version, unless it was stamped with one. */
function purlOf({ path, version }: BuiltModule): string {
  const name = path.split('/').map(encodeURIComponent).join('/');
  return `pkg:golang/${name}${version === '' || version === '(devel)' ? '' : `@${encodeURIComponent(version)}`}`;
}

function moduleEdges(packages: readonly GoPackage[]): ReadonlyMap<string, ReadonlySet<string>> {
  const moduleOf = new Map(packages.map(({ importPath, module }) => [importPath, module]));
  const edges = new Map<string, Set<string>>();
  for (const { module, imports } of packages) {
    const targets = edges.get(module) ?? new Set<string>();
    for (const path of imports) {
      const other = moduleOf.get(path);
      if (other !== undefined && other !== module) targets.add(other);
    }
    edges.set(module, targets);
  }
  return edges;
}

function findLicence(module: BuiltModule, folders: ModuleFolders): string | undefined {
  // Capital letters are written as `!` and the small one in the module cache (https://go.dev/ref/mod#module-cache).
  const escaped = `${module.path}@${module.version}`.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
  const places = module.main ? [folders.application] : [join(folders.moduleCache, escaped), join(folders.vendor, module.importedAs)];
  for (const place of places) {
    const name = list(place).find((entry) => /^(?:licen[cs]e|copying|unlicense)(?:[._-].*)?$/i.test(entry));
    if (name !== undefined) return identifyLicence(readFileSync(join(place, name), 'utf8'));
  }
  return undefined;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch {
    return []; // a module of the workspace, or one that is replaced by a folder
  }
}
