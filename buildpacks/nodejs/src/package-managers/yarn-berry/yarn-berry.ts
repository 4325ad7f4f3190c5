import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describePackages } from '../../package-sbom.ts';
import { PNP_FILES } from '../../package-tree.ts';
import { packageFolders } from '../../project.ts';
import type { FailurePatterns } from '../failures.ts';
import { downloadCache } from '../manager-tool.ts';
import { openBuilderPrograms, readBuilderNpm } from '../npm/builder-npm.ts';
import type { Extent, PackageManagerKind } from '../package-manager.ts';
import { runInstallation, runManager, type ManagerProgram } from '../run-manager.ts';
import { checkBerryLockfile, describeArchives, knownToBerry } from './berry-lockfile.ts';
import { openBerrySettings } from './berry-settings.ts';
import { openBerryTool } from './berry-tool.ts';
import { installWithoutDevelopment } from './install-without-development.ts';

const FAILURES: FailurePatterns = {
  outOfStep: /YN0028|The lockfile would have been (?:modified|created) by this install/,
  unauthorized: /YN0041|Response Code: 40[13]|Invalid authentication/,
  unreachable: /\b(ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+)\b/,
  integrity: /YN0018/,
  marker: 'YN0',
  update: 'yarn install',
  lockfile: 'yarn.lock',
};

/** Yarn 2 and later, with node_modules or with Plug'n'Play. */
export const berryKind: PackageManagerKind = {
  name: 'yarn',
  lockfiles: ['yarn.lock'],
  checkLockfile: (lockfile) => checkBerryLockfile(lockfile.text, lockfile.file),
  async open(inputs) {
    const { context, project, runtime } = inputs;
    const cache = await downloadCache(context, 'yarn');
    const tool = await openBerryTool(inputs);
    const settings = await openBerrySettings(context, await inputs.registry(), cache, tool.version);
    const npm = openBuilderPrograms(readBuilderNpm(context.env));
    const program: ManagerProgram = {
      name: 'yarn',
      runtime,
      command: [join(runtime.binDirectory, 'node'), tool.script],
      path: [tool.binDirectory, ...(npm.directory === undefined ? [] : [npm.directory])],
      env: settings.env,
      failures: FAILURES,
    };
    const install = async (directory: string, extent: Extent, env: Readonly<Record<string, string>>) => {
      if (extent === 'all' && project.part === '') {
        const args = ['install', project.lockfile === undefined ? '--no-immutable' : '--immutable'];
        await runInstallation(context, program, args, { cwd: directory, env });
      } else if (tool.canFocus) {
        const args = ['workspaces', 'focus', ...(extent === 'production' ? ['--production'] : [])];
        // With a member as the application, the root's packages are tools for the build.
        const focused = project.part === '' ? ['--all'] : [project.manifest.name, ...(extent === 'all' ? [project.root.name] : [])];
        await runInstallation(context, program, [...args, ...focused], { cwd: directory, env: { ...env, YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' } });
      } else await installWithoutDevelopment(context, program, directory, packageFolders(project), extent, env);
    };
    return {
      name: 'yarn',
      version: tool.version,
      settings: ['.yarnrc.yml', '.yarn/plugins', '.yarn/patches', '.yarn/releases'],
      layout: settings.linker === 'pnp' ? 'pnp' : 'node_modules',
      selectsMembers: true,
      reduction: settings.linker === 'node-modules' && project.workspace === undefined ? 'prune' : 'reinstall',
      async install(directory, extent) {
        if (settings.linker !== 'pnp') await install(directory, extent, {});
        else await installArchives(directory, (env) => install(project.directory, extent, env), project.directory);
      },
      prune: (directory) => install(directory, 'production', { YARN_ENABLE_SCRIPTS: 'false' }),
      async describe(directory) {
        const text = project.lockfile?.text ?? '';
        if (settings.linker === 'pnp') return await describeArchives(text, join(directory, 'cache'));
        const known = await knownToBerry(text);
        return describePackages(directory, packageFolders(project), known);
      },
      runScript: (script, cwd, env) => runManager(context, program, ['run', script], { cwd, env }),
      ...(settings.linker === 'pnp'
        ? {
            async findProgram(name: string, cwd: string) {
              const { exitCode, stdout } = await runManager(context, program, ['bin', name], { cwd, quiet: true });
              return exitCode === 0 ? stdout.trim() : undefined;
            },
          }
        : {}),
      keepForLaunch: () => Promise.resolve(tool.keepForLaunch()),
      [Symbol.dispose]() {
        settings[Symbol.dispose]();
        npm[Symbol.dispose]();
      },
    };
  },
};

/**
 * Plug'n'Play: Yarn runs in the application, whose manifests it reads, and puts archives and unpacked packages into the layer. The files by
 * which Node.js finds them go there too; they are copied back when the packages are to be used.
 */
async function installArchives(
  directory: string,
  install: (env: Readonly<Record<string, string>>) => Promise<void>,
  applicationDirectory: string,
): Promise<void> {
  const archives = join(directory, 'cache');
  mkdirSync(archives, { recursive: true });
  for (const name of PNP_FILES) rmSync(join(applicationDirectory, name), { force: true });
  await install({
    YARN_CACHE_FOLDER: archives,
    YARN_ENABLE_GLOBAL_CACHE: 'false',
    YARN_ENABLE_MIRROR: 'true',
    YARN_PNP_UNPLUGGED_FOLDER: join(directory, 'unplugged'),
    YARN_INSTALL_STATE_PATH: join(directory, 'install-state.gz'),
  });
  rmSync(join(directory, 'install-state.gz'), { force: true });
  for (const name of PNP_FILES) if (existsSync(join(applicationDirectory, name))) moveFile(join(applicationDirectory, name), join(directory, name));
  const map = readFileSync(join(directory, '.pnp.cjs'), 'utf8');
  for (const name of readdirSync(archives)) if (!map.includes(name)) rmSync(join(archives, name), { recursive: true });
}

/** Application and layers may lie on different file systems. */
function moveFile(from: string, to: string): void {
  copyFileSync(from, to);
  rmSync(from);
}
