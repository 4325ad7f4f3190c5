import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type BuildContext, type LayerDirectory, type LayerInput } from '../../../../src/sdk/index.ts';
import { cleanTree } from '../clean-tree.ts';
import { npmFailed } from '../errors.ts';
import type { Lockfile } from '../lockfile.ts';
import type { Manifest } from '../manifest.ts';
import { describePackages } from '../package-sbom.ts';
import { exitText, runNpm, type Tools } from '../run-npm.ts';

/** An application whose packages are to be installed. */
export interface Installation {
  readonly context: BuildContext;
  readonly tools: Tools;
  readonly manifest: Manifest;
  readonly lockfile: Lockfile | undefined;
  /** Whether the build script may use devDependencies that differ from the production tree. */
  readonly needsDevelopmentTree: boolean;
}

/** The installed trees. */
export interface InstalledPackages {
  /** What the image holds: a node_modules folder in a layer. */
  readonly production: string;
  /** What the build script sees; the same as {@link production} when there are no devDependencies. */
  readonly development: string;
  /** What the trees were made from: for what depends on them. */
  readonly inputs: readonly LayerInput[];
}

/** Installs into the layers `dependencies` (launch, cache) and, when needed, `build-dependencies` (cache). */
export async function installPackages(installation: Installation): Promise<InstalledPackages> {
  const { context, needsDevelopmentTree } = installation;
  const inputs = installInputs(installation);
  let development: LayerDirectory | undefined;
  if (needsDevelopmentTree) {
    const outcome = await context.layer({
      name: 'build-dependencies',
      title: 'packages for the build (devDependencies included)',
      types: { cache: true },
      inputs,
      create: async (layer) => {
        await install(installation, layer.path, true);
        return {};
      },
    });
    development = outcome.layer;
  } else context.dropLayer('build-dependencies');

  const production = await context.layer({
    name: 'dependencies',
    title: 'production packages',
    types: { launch: true, cache: true },
    inputs: [...inputs, { name: 'layer format', value: '1' }],
    create: async (layer) => {
      if (development === undefined) await install(installation, layer.path, false);
      else await copyPruned(installation, development.path, layer.path);
      await describeTree(context, layer, installation.manifest);
      cleanTree(join(layer.path, 'node_modules'));
      return {};
    },
  });
  const productionTree = join(production.layer.path, 'node_modules');
  return { production: productionTree, development: development === undefined ? productionTree : join(development.path, 'node_modules'), inputs };
}

function installInputs({ context, tools, manifest, lockfile }: Installation): readonly LayerInput[] {
  const npmrc = join(context.applicationDirectory, '.npmrc');
  return [
    { name: lockfile?.file ?? 'package-lock.json', value: lockfile?.digest ?? 'none' },
    // The lockfile repeats the ranges, but overrides, engines and the like are in package.json alone.
    { name: 'package.json', value: manifest.installDigest },
    { name: '.npmrc', value: existsSync(npmrc) ? digestOf(readFileSync(npmrc)) : 'none' },
    { name: 'npm settings', value: digestOf(JSON.stringify(npmVariables(context.env))) },
    { name: 'Node.js version', value: tools.runtime.version, readable: true },
    { name: 'npm version', value: tools.npm.version, readable: true },
    { name: 'architecture', value: context.target.architecture, readable: true },
  ];
}

/** npm's settings from the environment, without addresses and secrets, which do not change what is installed. */
function npmVariables(env: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(env)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name.startsWith('npm_config_') && !/registry|auth|password|token|cache|userconfig|cafile|proxy|prefix|_ca$|:/.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Files that npm reads, in a folder of the layer, so that nothing of the application can change what is installed. */
function placeManifest({ context, manifest, lockfile }: Installation, directory: string): readonly string[] {
  const placed = ['package.json'];
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest.installParts));
  for (const file of [...(lockfile === undefined ? [] : [lockfile.file]), '.npmrc', 'yarn.lock']) {
    const source = join(context.applicationDirectory, file);
    // npm can read the versions of a yarn.lock when there is nothing better.
    if (!existsSync(source) || (file === 'yarn.lock' && lockfile !== undefined)) continue;
    copyFileSync(source, join(directory, file));
    placed.push(file);
  }
  return placed;
}

async function install(installation: Installation, directory: string, development: boolean): Promise<void> {
  const { context, tools, lockfile } = installation;
  const placed = placeManifest(installation, directory);
  const args = [
    lockfile === undefined ? 'install' : 'ci',
    ...(development ? ['--include=dev'] : ['--omit=dev']),
    ...(lockfile === undefined ? ['--no-save'] : []),
  ];
  context.log.line(`npm ${args.join(' ')}`);
  const result = await runNpm(context, tools, [...args, '--prefer-offline'], { cwd: directory });
  if (result.exitCode !== 0) throw npmFailed(`install the packages`, exitText(result), result.tail);
  mkdirSync(join(directory, 'node_modules'), { recursive: true });
  // Settings may hold credentials, and none of the files belongs into an image.
  for (const file of placed) rmSync(join(directory, file), { force: true });
  rmSync(join(directory, 'package-lock.json'), { force: true });
}

/** Production packages out of the complete tree: native modules are not compiled twice. */
async function copyPruned(installation: Installation, from: string, to: string): Promise<void> {
  const { context, tools } = installation;
  context.log.line('Copying the packages without devDependencies');
  const env = { PATH: context.env['PATH'] ?? '/usr/bin:/bin' };
  const copied = await context.run({
    command: ['cp', '-a', '--reflink=auto', join(from, 'node_modules'), join(to, 'node_modules')],
    cwd: '/',
    env,
    output: (text) => context.log.output(text),
  });
  if (copied.exitCode !== 0) throw npmFailed('copy the packages', exitText(copied), copied.tail);
  const placed = placeManifest(installation, to);
  const result = await runNpm(context, tools, ['prune', '--omit=dev', '--ignore-scripts', '--no-save', '--prefer-offline'], { cwd: to });
  if (result.exitCode !== 0) throw npmFailed('remove devDependencies', exitText(result), result.tail);
  for (const file of [...placed, 'package-lock.json']) rmSync(join(to, file), { force: true });
  mkdirSync(join(to, 'node_modules'), { recursive: true });
}

async function describeTree(context: BuildContext, layer: LayerDirectory, manifest: Manifest): Promise<void> {
  if (context.sbomFormats.length === 0) return;
  const subject = { name: manifest.name, ...(manifest.version === undefined ? {} : { version: manifest.version }) };
  await layer.writeSbom(
    { subject, tool: { name: context.buildpack.id, version: context.buildpack.version }, components: describePackages(layer.path) },
    context.sbomFormats,
  );
}

/** Makes the application's node_modules a link to a tree; whatever was there goes. */
export function linkPackages(applicationDirectory: string, tree: string): void {
  const link = join(applicationDirectory, 'node_modules');
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link, { recursive: true, force: true });
  symlinkSync(tree, link);
}
