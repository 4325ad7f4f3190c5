import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestFiles, digestOf, environmentDigest, listFiles, type BuildContext, type FileState, type LayerInput } from '../../../src/sdk/index.ts';
import { TOOL_CACHES } from './clean-tree.ts';
import { copyGenerated } from './generated-packages.ts';
import { keepOutput, placeOutput } from './kept-output.ts';
import type { InstalledPackages } from './layers/packages.ts';
import { copyFolder, copyTree, linkTree, PNP_FILES, unlinkTree, type PackageTree } from './package-tree.ts';
import { packageFolders, type Project } from './project.ts';
import { runScripts, stepsOf, type ScriptRun } from './run-scripts.ts';

/** Folders in which tools keep what speeds up their next run. They never enter the image. */
const BUILD_CACHES = ['.next/cache', '.nuxt/cache', '.angular/cache', '.parcel-cache', '.turbo', '.svelte-kit/cache'];

/** Tools that refuse a node_modules that is a link out of the application; they get a copy while they build. */
const NEED_REAL_FOLDER = ['next'];

/** Scripts, and the packages that they see. */
export interface BuildScripts extends ScriptRun {
  readonly packages: InstalledPackages;
}

/**
 * Runs the scripts, unless source, packages and environment are those of the last build: then the files that they made are put
 * in place. `TSPACK_NODE_ALWAYS_BUILD=1` runs them in any case.
 */
export async function runBuildScripts(build: BuildScripts): Promise<void> {
  const { context, packages, project } = build;
  const installed = [...packageFolders(project).map((folder) => join(folder, 'node_modules')), ...PNP_FILES];
  const before = listFiles(project.directory, installed);
  const caches = await context.layer({ name: 'build-cache', title: 'caches of build tools', types: { cache: true }, inputs: [], create: () => ({}) });
  const outcome = await context.layer({
    name: 'build-output',
    title: 'the output of the build script',
    types: { cache: true },
    inputs: buildInputs(build, before),
    create: async (layer) => {
      await runInTree(build, caches.layer.path);
      keepOutput(project.directory, before, installed, layer.path);
      copyGenerated(join(packages.development.directory, 'node_modules'), join(layer.path, 'generated'));
      return {};
    },
  });
  if (outcome.status === 'reused') placeOutput(outcome.layer.path, project.directory);
  if (packages.production === undefined) return;
  const production = join(packages.production.directory, 'node_modules');
  copyGenerated(join(outcome.layer.path, 'generated'), production, true);
  for (const name of TOOL_CACHES) rmSync(join(production, name), { recursive: true, force: true });
}

function buildInputs(build: BuildScripts, files: ReadonlyMap<string, FileState>): readonly LayerInput[] {
  const { context, packages, project } = build;
  const always = /^(1|true|yes)$/i.test(context.env['TSPACK_NODE_ALWAYS_BUILD'] ?? '');
  return [
    { name: 'the build script', value: digestOf(JSON.stringify(stepsOf(build))) },
    { name: 'the source', value: digestFiles(project.directory, files) },
    { name: 'the packages', value: digestOf(JSON.stringify(packages.inputs)) },
    { name: 'the environment', value: environmentDigest(context) },
    ...(always ? [{ name: 'TSPACK_NODE_ALWAYS_BUILD', value: context.clock.now().toISOString() }] : []),
  ];
}

async function runInTree(build: BuildScripts, cacheDirectory: string): Promise<void> {
  const { context, packages, project } = build;
  const needsFolder = NEED_REAL_FOLDER.filter(
    (name) => project.manifest.dependencies[name] !== undefined || project.manifest.devDependencies[name] !== undefined,
  );
  const part = join(project.directory, project.part);
  if (needsFolder.length > 0) {
    context.log.line(`Copying node_modules for the build, because ${needsFolder.join(' and ')} does not accept a link`);
    unlinkTree(packages.development.folders, project.directory);
    await copyTree(context, packages.development, project.directory);
  } else linkTree(packages.development, project.directory);
  await placeCaches(context, cacheDirectory, part);
  await runScripts(build);
  await keepCaches(context, part, cacheDirectory);
  if (needsFolder.length > 0) takeBack(packages.development, project);
}

/** What scripts generated among the packages belongs to their tree. */
function takeBack(tree: PackageTree, project: Project): void {
  copyGenerated(join(project.directory, 'node_modules'), join(tree.directory, 'node_modules'));
  unlinkTree(tree.folders, project.directory);
}

async function placeCaches(context: BuildContext, cacheDirectory: string, part: string): Promise<void> {
  for (const [index, path] of BUILD_CACHES.entries()) {
    const kept = join(cacheDirectory, String(index));
    if (!existsSync(kept) || existsSync(join(part, path))) continue;
    mkdirSync(dirname(join(part, path)), { recursive: true });
    await copyFolder(context, kept, join(part, path));
  }
}

async function keepCaches(context: BuildContext, part: string, cacheDirectory: string): Promise<void> {
  for (const [index, path] of BUILD_CACHES.entries()) {
    const made = join(part, path);
    if (!existsSync(made)) continue;
    rmSync(join(cacheDirectory, String(index)), { recursive: true, force: true });
    await copyFolder(context, made, join(cacheDirectory, String(index)));
    rmSync(made, { recursive: true });
  }
}
