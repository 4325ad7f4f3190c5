import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';
import { cleanTree } from './clean-tree.ts';
import type { PackageManager } from './package-managers/package-manager.ts';
import { unlinkTree } from './package-tree.ts';
import { packageFolders, type Project } from './project.ts';
import type { Manifest } from './manifest.ts';
import { runScripts } from './run-scripts.ts';

/** Scripts of the application itself that a package manager runs while it installs. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
/** Programs that only set up a developer's checkout. */
const CHECKOUT_TOOLS = /^(?:husky|lefthook|simple-git-hooks|is-ci|patch-husky)\b[^&|;]*$/;

/** Why the packages must be installed inside the application rather than in a layer of their own; undefined when nothing speaks against the layer. */
export function reasonToInstallInPlace(project: Project): string | undefined {
  const members = project.workspace?.members ?? [];
  const reason = reasonOf(project.root, '', project);
  if (reason !== undefined) return reason;
  for (const { path, manifest } of members) {
    const inner = reasonOf(manifest, path, project);
    if (inner !== undefined) return `${inner} (${path})`;
    // A package manager makes programs of files that are there.
    if (manifest.programs.length > 0) return `${path} has programs that other members may run`;
  }
  return undefined;
}

function reasonOf(manifest: Manifest, folder: string, project: Project): string | undefined {
  const local = Object.values({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }).find((range) =>
    /^(?:file:|link:|portal:|\.{1,2}\/)/.test(range),
  );
  if (local !== undefined) return `it depends on "${local}"`;
  const script = INSTALL_SCRIPTS.find((name) => manifest.scripts[name] !== undefined && !CHECKOUT_TOOLS.test(manifest.scripts[name]));
  if (script !== undefined) return `its "${script}" script may change them`;
  return existsSync(join(project.directory, folder, 'binding.gyp')) ? 'it is a native module itself' : undefined;
}

/** Installs, builds and prunes inside the application, as a developer would; its packages become a slice of the image, unless only the output is wanted. */
export async function installInPlace(inputs: {
  readonly context: BuildContext;
  readonly manager: PackageManager;
  readonly project: Project;
  readonly scripts: readonly string[];
  readonly forLaunch: boolean;
}): Promise<void> {
  const { context, manager, project, scripts, forLaunch } = inputs;
  const folders = packageFolders(project);
  unlinkTree(folders, project.directory);
  await manager.install(project.directory, 'all');
  await runScripts({ context, manager, project, scripts });
  if (!forLaunch) {
    unlinkTree(folders, project.directory);
    return;
  }
  await manager.prune(project.directory);
  const { name, version } = project.manifest;
  await context.writeLaunchSbom({
    subject: { name, ...(version === undefined ? {} : { version }) },
    tool: { name: context.buildpack.id, version: context.buildpack.version },
    components: await manager.describe(project.directory),
  });
  const trees = folders.map((folder) => (folder === '' ? 'node_modules' : `${folder}/node_modules`));
  for (const path of trees) cleanTree(join(project.directory, path));
  context.addSlice(trees.filter((path) => existsSync(join(project.directory, path))));
}
