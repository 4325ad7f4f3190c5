import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';
import { cleanTree } from './clean-tree.ts';
import { buildScriptFailed, npmFailed } from './errors.ts';
import type { Lockfile } from './lockfile.ts';
import type { Manifest } from './manifest.ts';
import { describePackages } from './package-sbom.ts';
import { exitText, runNpm, type Tools } from './run-npm.ts';

/** Scripts of the application itself that npm runs while it installs. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
/** Programs that only set up a developer's checkout. */
const CHECKOUT_TOOLS = /^(?:husky|lefthook|simple-git-hooks|is-ci|patch-husky)\b[^&|;]*$/;

/** Why the packages must be installed inside the application rather than in a layer of their own; undefined when nothing speaks against the layer. */
export function reasonToInstallInPlace(manifest: Manifest, lockfile: Lockfile | undefined, isFile: (path: string) => boolean): string | undefined {
  if (manifest.hasWorkspaces) return 'it has workspaces';
  if (lockfile !== undefined && [...lockfile.packages].some(([path, { link }]) => link || !path.startsWith('node_modules/')))
    return 'packages of it are folders of the application';
  const local = Object.values({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }).find((range) =>
    /^(?:file:|link:|\.{1,2}\/)/.test(range),
  );
  if (local !== undefined) return `it depends on "${local}"`;
  const script = INSTALL_SCRIPTS.find((name) => manifest.scripts[name] !== undefined && !CHECKOUT_TOOLS.test(manifest.scripts[name]));
  if (script !== undefined) return `its "${script}" script may change them`;
  return isFile('binding.gyp') ? 'it is a native module itself' : undefined;
}

/** Installs, builds and prunes inside the application, as a developer would; node_modules becomes a slice of the application. */
export async function installInPlace(inputs: {
  readonly context: BuildContext;
  readonly tools: Tools;
  readonly manifest: Manifest;
  readonly lockfile: Lockfile | undefined;
}): Promise<void> {
  const { context, tools, manifest, lockfile } = inputs;
  const cwd = context.applicationDirectory;
  rmSync(join(cwd, 'node_modules'), { recursive: true, force: true });
  const install = lockfile === undefined ? ['install', '--no-package-lock'] : ['ci'];
  context.log.line(`npm ${install.join(' ')} --include=dev`);
  const installed = await runNpm(context, tools, [...install, '--include=dev', '--prefer-offline'], { cwd });
  if (installed.exitCode !== 0) throw npmFailed('install the packages', exitText(installed), installed.tail);
  const script = manifest.scripts['build'];
  if (script !== undefined) {
    context.log.line(`npm run build (${script})`);
    const built = await runNpm(context, tools, ['run', 'build'], { cwd, env: { NODE_ENV: context.env['NODE_ENV'] ?? 'production' } });
    if (built.exitCode !== 0) throw buildScriptFailed('build', exitText(built), built.tail);
  }
  context.log.line('npm prune --omit=dev');
  const pruned = await runNpm(context, tools, ['prune', '--omit=dev', '--ignore-scripts', '--no-save', '--prefer-offline'], { cwd });
  if (pruned.exitCode !== 0) throw npmFailed('remove devDependencies', exitText(pruned), pruned.tail);
  await context.writeLaunchSbom({
    subject: { name: manifest.name, ...(manifest.version === undefined ? {} : { version: manifest.version }) },
    tool: { name: context.buildpack.id, version: context.buildpack.version },
    components: describePackages(cwd),
  });
  cleanTree(join(cwd, 'node_modules'));
  context.addSlice(['node_modules']);
}
