import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type BuildContext, type LayerDirectory, type LayerInput } from '../../../../src/sdk/index.ts';
import { cleanTree } from '../clean-tree.ts';
import type { Extent, PackageManager } from '../package-managers/package-manager.ts';
import { copyTree, redirectMembers, type PackageTree } from '../package-tree.ts';
import { placeProject, projectInputs, removeProject } from '../project-files.ts';
import { packageFolders, type Project } from '../project.ts';
import type { Runtime } from './runtime.ts';

/** An application whose packages are to be installed. */
export interface Installation {
  readonly context: BuildContext;
  readonly runtime: Runtime;
  readonly manager: PackageManager;
  readonly project: Project;
  /** What is wanted: all packages for scripts that build, those of production for the image. */
  readonly wanted: { readonly all: boolean; readonly production: boolean };
}

/** The installed trees, in layers. */
export interface InstalledPackages {
  /** What the image holds; undefined when it was not wanted. */
  readonly production: PackageTree | undefined;
  /** What scripts that build see. */
  readonly development: PackageTree;
  /** What the trees were made from: for what depends on them. */
  readonly inputs: readonly LayerInput[];
  /** Keeps {@link production} for the next build, and out of the image. */
  leaveOut(): void;
}

/** Installs into the layers `dependencies` (launch, cache) and `build-dependencies` (cache), each as wanted. */
export async function installPackages(installation: Installation): Promise<InstalledPackages> {
  const { context, project, wanted } = installation;
  const inputs = installInputs(installation);
  const folders = packageFolders(project);
  let complete: PackageTree | undefined;
  if (wanted.all) {
    const { layer } = await context.layer({
      name: 'build-dependencies',
      title: 'packages for the build (devDependencies included)',
      types: { cache: true },
      inputs,
      create: async ({ path }) => {
        await install(installation, { directory: path, folders }, 'all');
        return {};
      },
    });
    complete = { directory: layer.path, folders };
  } else context.dropLayer('build-dependencies');
  if (!wanted.production) context.dropLayer('dependencies');
  const production = wanted.production ? await productionTree(installation, inputs, complete) : undefined;
  return { production: production?.tree, development: complete ?? production!.tree, inputs, leaveOut: () => production?.setTypes({ cache: true }) };
}

async function productionTree(installation: Installation, inputs: readonly LayerInput[], complete: PackageTree | undefined) {
  const { context, manager, project } = installation;
  const folders = packageFolders(project);
  const { layer, setTypes } = await context.layer({
    name: 'dependencies',
    title: 'production packages',
    types: { launch: true, cache: true },
    inputs: [...inputs, { name: 'layer format', value: '2' }],
    create: async (directory) => {
      const tree = { directory: directory.path, folders };
      if (complete === undefined || manager.reduction === 'reinstall') await install(installation, tree, 'production', directory);
      else await copyPruned(installation, complete, tree, directory);
      for (const folder of folders) cleanTree(join(tree.directory, folder, 'node_modules'));
      return {};
    },
  });
  return { tree: { directory: layer.path, folders }, setTypes };
}

function installInputs({ context, runtime, manager, project }: Installation): readonly LayerInput[] {
  return [
    ...projectInputs(project, manager),
    { name: `${manager.name} settings`, value: digestOf(JSON.stringify(managerVariables(context.env))) },
    { name: 'Node.js version', value: runtime.version, readable: true },
    { name: `${manager.name} version`, value: manager.version, readable: true },
    { name: 'architecture', value: context.target.architecture, readable: true },
  ];
}

/** Settings of package managers from the environment, without addresses and secrets, which do not change what is installed. */
function managerVariables(env: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(env)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(
      ([name]) =>
        /^(?:npm_config|pnpm_config|yarn)_/.test(name) && !/registry|auth|password|token|cache|userconfig|cafile|ca_file|proxy|prefix|_ca$|:/.test(name),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Installs into an empty folder; `layer` also gets an SBOM. */
async function install({ context, manager, project }: Installation, tree: PackageTree, extent: Extent, layer?: LayerDirectory): Promise<void> {
  placeProject(project, manager, tree.directory);
  await manager.install(tree.directory, extent);
  await finish(context, manager, project, tree, layer);
}

/** Production packages out of the complete tree: native modules are not compiled twice. */
async function copyPruned({ context, manager, project }: Installation, complete: PackageTree, tree: PackageTree, layer: LayerDirectory): Promise<void> {
  context.log.line('Copying the packages without devDependencies');
  await copyTree(context, complete, tree.directory);
  placeProject(project, manager, tree.directory);
  await manager.prune(tree.directory);
  await finish(context, manager, project, tree, layer);
}

async function finish(context: BuildContext, manager: PackageManager, project: Project, tree: PackageTree, layer: LayerDirectory | undefined): Promise<void> {
  if (layer !== undefined && context.sbomFormats.length > 0) {
    const { name, version } = project.manifest;
    const document = {
      subject: { name, ...(version === undefined ? {} : { version }) },
      tool: { name: context.buildpack.id, version: context.buildpack.version },
      components: await manager.describe(tree.directory),
    };
    await layer.writeSbom(document, context.sbomFormats);
  }
  removeProject(project, manager, tree.directory);
  if (manager.layout === 'node_modules' && !existsSync(join(tree.directory, 'node_modules'))) mkdirSync(join(tree.directory, 'node_modules'));
  if (project.workspace !== undefined) redirectMembers(tree, project.directory);
}
