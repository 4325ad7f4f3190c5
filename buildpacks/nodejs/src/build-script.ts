import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf, type BuildContext, type LayerInput } from '../../../src/sdk/index.ts';
import { TOOL_CACHES } from './clean-tree.ts';
import { buildScriptFailed } from './errors.ts';
import { linkPackages, type InstalledPackages } from './layers/dependencies.ts';
import type { Manifest } from './manifest.ts';
import { exitText, runNpm, type Tools } from './run-npm.ts';
import { digestFiles, listFiles, pathBytes, type FileState } from './source-files.ts';

/** Folders in which tools keep what speeds up their next run. They never enter the image. */
const BUILD_CACHES = ['.next/cache', '.nuxt/cache', '.angular/cache', '.parcel-cache', '.turbo', '.svelte-kit/cache'];

/** Tools that refuse a node_modules that is a link out of the application; they get a copy while they build. */
const NEED_REAL_FOLDER = ['next'];

/** What the build script needs. */
export interface BuildScript {
  readonly context: BuildContext;
  readonly tools: Tools;
  readonly manifest: Manifest;
  readonly packages: InstalledPackages;
}

/**
 * Runs `npm run build`, unless source, packages and environment are those of the last build: then the files that it made are put
 * in place. `TSPACK_NODE_ALWAYS_BUILD=1` runs it in any case.
 */
export async function runBuildScript(script: BuildScript): Promise<void> {
  const { context, packages } = script;
  const { applicationDirectory } = context;
  const before = listFiles(applicationDirectory);
  const caches = await context.layer({ name: 'build-cache', title: 'caches of build tools', types: { cache: true }, inputs: [], create: () => ({}) });
  const outcome = await context.layer({
    name: 'build-output',
    title: 'the output of the build script',
    types: { cache: true },
    inputs: buildInputs(script, before),
    create: async (layer) => {
      await build(script, caches.layer.path);
      keepOutput(applicationDirectory, before, layer.path);
      keepGenerated(packages, join(layer.path, 'generated'));
      return {};
    },
  });
  if (outcome.status === 'reused') placeOutput(outcome.layer.path, applicationDirectory);
  placeGenerated(join(outcome.layer.path, 'generated'), packages.production);
  for (const name of TOOL_CACHES) rmSync(join(packages.production, name), { recursive: true, force: true });
}

function buildInputs({ context, manifest, packages }: BuildScript, files: ReadonlyMap<string, FileState>): readonly LayerInput[] {
  const always = /^(1|true|yes)$/i.test(context.env['TSPACK_NODE_ALWAYS_BUILD'] ?? '');
  return [
    { name: 'the build script', value: digestOf(JSON.stringify(['prebuild', 'build', 'postbuild'].map((name) => manifest.scripts[name] ?? null))) },
    { name: 'the source', value: digestFiles(context.applicationDirectory, files) },
    { name: 'the packages', value: digestOf(JSON.stringify(packages.inputs)) },
    { name: 'the environment', value: digestOf(JSON.stringify([context.execEnv, relevantVariables(context), bindingContents(context)])) },
    ...(always ? [{ name: 'TSPACK_NODE_ALWAYS_BUILD', value: context.clock.now().toISOString() }] : []),
  ];
}

/** Variables that differ between machines without changing what a build makes. */
const IRRELEVANT =
  /^(?:CNB_(?!TARGET_)|npm_config_|NPM_CONFIG_)|^(?:HOME|HOSTNAME|PWD|OLDPWD|SHLVL|_|TMPDIR|USER|LOGNAME|TERM|PATH|TSPACK_[A-Z_]+|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$|proxy$/i;

function relevantVariables(context: BuildContext): readonly (readonly [string, string])[] {
  return Object.entries(context.env)
    .filter(([name]) => !IRRELEVANT.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function bindingContents(context: BuildContext): readonly unknown[] {
  return context.bindings.map((binding) => [binding.name, binding.keys.map((key) => [key, digestOf(binding.read(key) ?? '')])]);
}

async function build({ context, tools, manifest, packages }: BuildScript, cacheDirectory: string): Promise<void> {
  const { applicationDirectory, log } = context;
  const needsFolder = NEED_REAL_FOLDER.filter((name) => manifest.dependencies[name] !== undefined || manifest.devDependencies[name] !== undefined);
  if (needsFolder.length > 0) {
    log.line(`Copying node_modules for the build, because ${needsFolder.join(' and ')} does not accept a link`);
    const link = join(applicationDirectory, 'node_modules');
    rmSync(link, { recursive: true, force: true });
    await copyTree(context, packages.development, link);
  } else linkPackages(applicationDirectory, packages.development);

  for (const [index, path] of BUILD_CACHES.entries()) {
    const kept = join(cacheDirectory, String(index));
    if (!existsSync(kept) || existsSync(join(applicationDirectory, path))) continue;
    mkdirSync(dirname(join(applicationDirectory, path)), { recursive: true });
    await copyTree(context, kept, join(applicationDirectory, path));
  }

  log.line(`npm run build (${manifest.scripts['build']!})`);
  const environment = { NODE_ENV: context.env['NODE_ENV'] ?? 'production' };
  const result = await runNpm(context, tools, ['run', 'build'], { cwd: applicationDirectory, env: environment });
  if (result.exitCode !== 0) throw buildScriptFailed('build', exitText(result), result.tail);

  for (const [index, path] of BUILD_CACHES.entries()) {
    const made = join(applicationDirectory, path);
    if (!existsSync(made)) continue;
    rmSync(join(cacheDirectory, String(index)), { recursive: true, force: true });
    await copyTree(context, made, join(cacheDirectory, String(index)));
    rmSync(made, { recursive: true });
  }
  if (needsFolder.length > 0) {
    const folder = join(applicationDirectory, 'node_modules');
    // What the script generated among the packages belongs to their tree.
    for (const name of generatedFolders(folder)) {
      rmSync(join(packages.development, name), { recursive: true, force: true });
      await copyTree(context, join(folder, name), join(packages.development, name));
    }
    rmSync(folder, { recursive: true });
  }
}

async function copyTree(context: BuildContext, from: string, to: string): Promise<void> {
  const command = ['cp', '-a', '--reflink=auto', from, to];
  const result = await context.run({ command, cwd: '/', env: { PATH: context.env['PATH'] ?? '/usr/bin:/bin' }, output: (text) => context.log.output(text) });
  if (result.exitCode !== 0) throw buildScriptFailed('build', exitText(result), result.tail);
}

/** Folders at the top of node_modules that a script may fill with what runs later, such as Prisma's client. */
function generatedFolders(nodeModules: string): readonly string[] {
  if (!existsSync(nodeModules)) return [];
  const known = new Set<string>(['.bin', ...TOOL_CACHES]);
  return readdirSync(nodeModules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('.') && !known.has(entry.name))
    .map(({ name }) => name);
}

function keepGenerated(packages: InstalledPackages, target: string): void {
  for (const name of generatedFolders(packages.development)) copyInto(join(packages.development, name), join(target, name));
}

function placeGenerated(source: string, production: string): void {
  for (const name of existsSync(source) ? readdirSync(source) : []) {
    rmSync(join(production, name), { recursive: true, force: true });
    copyInto(join(source, name), join(production, name));
  }
}

function copyInto(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const [path, { kind }] of listFiles(from)) copyOne(from, to, path, kind);
}

/** Copies what the script added or changed into the layer, and the names of what it removed. */
function keepOutput(applicationDirectory: string, before: ReadonlyMap<string, FileState>, layerPath: string): void {
  const after = listFiles(applicationDirectory);
  const files = join(layerPath, 'files');
  mkdirSync(files, { recursive: true });
  for (const [path, { kind, mark }] of after) {
    const old = before.get(path);
    if (old?.mark !== mark || old.kind !== kind) copyOne(applicationDirectory, files, path, kind);
  }
  // Children before their folders.
  const removed = [...before].filter(([path, { kind }]) => after.get(path)?.kind !== kind).map(([path, { kind }]) => ({ path, kind }));
  writeFileSync(join(layerPath, 'removed.json'), JSON.stringify(removed.reverse()));
}

function placeOutput(layerPath: string, applicationDirectory: string): void {
  const removed = JSON.parse(readFileSync(join(layerPath, 'removed.json'), 'utf8')) as { path: string; kind: FileState['kind'] }[];
  for (const { path, kind } of removed) {
    if (kind === 'directory') rmdirSync(pathBytes(applicationDirectory, path));
    else unlinkSync(pathBytes(applicationDirectory, path));
  }
  copyInto(join(layerPath, 'files'), applicationDirectory);
}

function copyOne(fromRoot: string, toRoot: string, path: string, kind: FileState['kind']): void {
  const [from, to] = [pathBytes(fromRoot, path), pathBytes(toRoot, path)];
  if (kind === 'directory') {
    mkdirSync(to, { recursive: true });
    return;
  }
  if (path.includes('/')) mkdirSync(pathBytes(toRoot, dirname(path)), { recursive: true });
  if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) unlinkSync(to);
  if (kind === 'symlink') symlinkSync(readlinkSync(from, { encoding: 'buffer' }), to);
  else copyFileSync(from, to);
}
