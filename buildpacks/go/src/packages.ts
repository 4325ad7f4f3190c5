import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';
import { goFailed, mainMissing, targetIsNoProgram } from './errors.ts';
import { runGo, type GoCommand } from './go-command.ts';
import { findMainFolders } from './main-folders.ts';
import type { ModuleFile } from './module-files.ts';

/** A package as `go list` describes it. */
export interface GoPackage {
  readonly importPath: string;
  readonly directory: string;
  readonly name: string;
  /** Whether only another package asked for it. */
  readonly dependency: boolean;
  readonly standard: boolean;
  /** Path of its module. */
  readonly module: string;
  readonly imports: readonly string[];
  readonly embedPatterns: readonly string[];
  /** Files that this build leaves out, such as those that need a C compiler. */
  readonly ignoredFiles: readonly string[];
}

/** The programs of the application, and everything that they are made from. */
export interface Programs {
  readonly mains: readonly GoPackage[];
  /** Of the mains and all that they import, the standard library left out. */
  readonly packages: readonly GoPackage[];
}

const FIELDS = [
  ...['{{.ImportPath}}', '{{.Dir}}', '{{.Name}}', '{{.DepOnly}}', '{{.Standard}}', '{{with .Module}}{{.Path}}{{end}}'],
  ...['{{join .Imports "|"}}', '{{join .EmbedPatterns "|"}}', '{{join .IgnoredGoFiles "|"}}'],
];

/**
 * Finds the main packages: those of the targets, else the one at the root, else those below cmd/, else all.
 * Throws `GO_MAIN_MISSING`, `GO_TARGET_INVALID` and the errors of {@link goFailed}.
 */
export async function findPrograms(context: BuildContext, go: GoCommand, file: ModuleFile, targets: readonly string[]): Promise<Programs> {
  const patterns = targets.length > 0 ? targets.map(asPattern) : defaultPatterns(file);
  // Packages with errors are listed too: an example that does not compile must not stop the application beside it.
  const args = ['list', '-e', '-deps', '-f', FIELDS.join('\t'), ...patterns];
  const result = await runGo(context, go, args, { quiet: true });
  if (result.exitCode !== 0) throw goFailed('read the packages', args, result);
  const packages = result.stdout
    .split('\n')
    .filter((line) => line.includes('\t'))
    .map(parsePackage);
  const named = packages.filter(({ dependency }) => !dependency);
  const mains = chooseMains(context, named, targets, patterns);
  return { mains, packages: closure(mains, packages) };
}

/** A folder without `./` would be taken for a package of the standard library. */
function asPattern(target: string): string {
  return /^(?:\.{1,2}(?:\/|$)|\/)/.test(target) || /^[^/]+\.[^/]+\//.test(target) ? target : `./${target}`;
}

function defaultPatterns({ file, uses }: ModuleFile): readonly string[] {
  if (file === 'go.mod') return ['./...'];
  return uses.map((use) => `${use.startsWith('.') || use.startsWith('/') ? use.replace(/\/+$/, '') : `./${use}`}/...`);
}

function parsePackage(line: string): GoPackage {
  const [importPath = '', directory = '', name = '', dependency, standard, module = '', imports = '', embeds = '', ignored = ''] = line.split('\t');
  const words = (text: string) => text.split('|').filter((word) => word !== '');
  return {
    importPath,
    directory,
    name,
    dependency: dependency === 'true',
    standard: standard === 'true',
    module,
    imports: words(imports),
    embedPatterns: words(embeds),
    ignoredFiles: words(ignored),
  };
}

function chooseMains(context: BuildContext, named: readonly GoPackage[], targets: readonly string[], patterns: readonly string[]): readonly GoPackage[] {
  const mains = named.filter(({ name }) => name === 'main');
  if (targets.length > 0) {
    const library = named.find(({ name }) => name !== 'main' && name !== '');
    if (mains.length === 0 && library !== undefined) throw targetIsNoProgram(targets.join(', '), library.importPath, library.name);
    // Broken targets are left in, so that the compiler says what is wrong with them.
    return mains.length > 0 ? mains : named;
  }
  if (mains.length === 0) throw mainMissing(patterns, named.length, findMainFolders(context.applicationDirectory).skipped);
  const path = (main: GoPackage) => relative(context.applicationDirectory, main.directory);
  const atRoot = mains.filter((main) => path(main) === '');
  if (atRoot.length > 0) return atRoot;
  const commands = mains.filter((main) => /(?:^|\/)cmd\//.test(path(main)));
  return commands.length > 0 ? commands : mains;
}

/** The mains and all that they import, each once. */
function closure(mains: readonly GoPackage[], packages: readonly GoPackage[]): readonly GoPackage[] {
  const known = new Map(packages.map((one) => [one.importPath, one]));
  const reached = new Set<GoPackage>();
  const visit = (one: GoPackage | undefined) => {
    if (one === undefined || one.standard || reached.has(one)) return;
    reached.add(one);
    for (const path of one.imports) visit(known.get(path));
  };
  for (const main of mains) visit(main);
  return [...reached];
}

/** Packages whose C code is not compiled, because cgo is off: what they do without it shows only at run time. */
export function packagesWithoutTheirC(packages: readonly GoPackage[]): readonly string[] {
  return packages
    .filter(({ directory, ignoredFiles }) => ignoredFiles.some((name) => /^(?:import |\t)"C"$/m.test(readFileSync(join(directory, name), 'utf8'))))
    .map(({ importPath }) => importPath);
}

/** The name that `go build` gives a program: the last element of its path that is no major version. */
export function programName(importPath: string): string {
  const elements = importPath.split('/');
  const last = elements.at(-1)!;
  return /^v[2-9]\d*$|^v1\d+$/.test(last) && elements.length > 1 ? elements.at(-2)! : last;
}
