import { join } from 'node:path';
import { majorVersion } from '../../../../../src/sdk/index.ts';
import { describePackages } from '../../package-sbom.ts';
import { packageFolders, type Project } from '../../project.ts';
import type { FailurePatterns } from '../failures.ts';
import { downloadCache, installTool, readPrograms, type ToolRequest } from '../manager-tool.ts';
import { openBuilderPrograms, readBuilderNpm } from '../npm/builder-npm.ts';
import type { Extent, OpenInputs, PackageManagerKind, VersionRequest } from '../package-manager.ts';
import { runInstallation, runManager, type ManagerProgram } from '../run-manager.ts';
import { checkPnpmLockfile, knownToPnpm, lockfileVersion } from './pnpm-lockfile.ts';

const FAILURES: FailurePatterns = {
  outOfStep: /ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH|FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE)/,
  unauthorized: /ERR_PNPM_FETCH_40[13]/,
  unreachable: /\b(ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+)\b/,
  integrity: /ERR_PNPM_TARBALL_INTEGRITY/,
  marker: 'ERR_PNPM',
  update: 'pnpm install',
  lockfile: 'pnpm-lock.yaml',
};

/** pnpm. */
export const pnpmKind: PackageManagerKind = {
  name: 'pnpm',
  lockfiles: ['pnpm-lock.yaml'],
  checkLockfile: (lockfile) => checkPnpmLockfile(lockfile.text, lockfile.file),
  async open(inputs) {
    const { context, project, runtime } = inputs;
    const cache = await downloadCache(context, 'pnpm');
    const tool = await installTool(inputs, toolRequest(inputs));
    const npm = openBuilderPrograms(readBuilderNpm(context.env));
    const started = readPrograms(tool.directory)['pnpm'] ?? 'pnpm';
    const program: ManagerProgram = {
      name: 'pnpm',
      runtime,
      command: /\.[cm]?js$/.test(started) ? [join(runtime.binDirectory, 'node'), join(tool.directory, started)] : [join(tool.directory, started)],
      path: [tool.binDirectory, ...(npm.directory === undefined ? [] : [npm.directory])],
      env: {},
      failures: FAILURES,
    };
    const settings = settingsFor(cache, context.downloads.offline);
    const lock = project.lockfile === undefined ? ['--no-lockfile'] : ['--frozen-lockfile'];
    const only = (extent: Extent) => filterFor(project, extent);
    const extentOf = (extent: Extent) => (extent === 'all' ? '--prod=false' : '--prod');
    // pnpm asks before it removes a node_modules, unless it runs where nobody can answer.
    const env = { CI: 'true' };
    return {
      name: 'pnpm',
      version: tool.version,
      settings: ['.npmrc', 'pnpm-workspace.yaml', '.pnpmfile.cjs', ...patchFolders(project)],
      layout: 'node_modules',
      // Its store makes a second tree as fast as a copy, and remembers what was compiled.
      selectsMembers: true,
      reduction: 'reinstall',
      async install(directory, extent) {
        await runInstallation(context, program, ['install', ...lock, extentOf(extent), ...only(extent), ...settings], {
          cwd: directory,
          env,
          hidden: settings,
        });
      },
      async prune(directory) {
        const args = ['install', ...lock, extentOf('production'), '--ignore-scripts', ...only('production'), ...settings];
        await runInstallation(context, program, args, { cwd: directory, env, hidden: settings, action: 'remove devDependencies' });
      },
      async describe(directory) {
        const known = project.lockfile === undefined ? () => undefined : await knownToPnpm(project.lockfile.text, project.lockfile.file);
        return describePackages(directory, packageFolders(project), known);
      },
      runScript: (script, cwd, extra) => runManager(context, program, ['run', '--config.verify-deps-before-run=false', script], { cwd, env: extra }),
      keepForLaunch: () => Promise.resolve(tool.keepForLaunch()),
      [Symbol.dispose]: () => npm[Symbol.dispose](),
    };
  },
};

/** From version 12 on pnpm is a program for each platform, in a package of its own. */
function toolRequest({ context, project }: OpenInputs): ToolRequest {
  const platform = context.target.architecture === 'arm64' ? 'linux-arm64' : 'linux-x64';
  return {
    name: 'pnpm',
    listed: 'pnpm',
    packageFor: (version) => (majorVersion(version) < 12 ? 'pnpm' : `@pnpm/exe.${platform}`),
    fallback: versionFor(project),
  };
}

/** The version that made a lockfile of this format; settings in pnpm-workspace.yaml are read from pnpm 10 on. */
function versionFor(project: Project): VersionRequest {
  const format = project.lockfile === undefined ? undefined : lockfileVersion(project.lockfile.text);
  const source = format === undefined ? 'the default' : `lockfileVersion ${format} of pnpm-lock.yaml`;
  if (format === undefined) return { text: '10.x', source };
  if (format.startsWith('5.')) return { text: format === '5.4' ? '7.x' : '6.x', source };
  if (format.startsWith('6.')) return { text: '8.x', source };
  return project.workspace?.hasPnpmSettings === true ? { text: '10.x', source: `${source} and the settings in pnpm-workspace.yaml` } : { text: '9.x', source };
}

/** Settings that a user does not care about. Files are copied out of the store, so that nothing that changes one of them can change the store. */
function settingsFor(cache: string, offline: boolean): readonly string[] {
  return [
    offline ? '--offline' : '--prefer-offline',
    `--store-dir=${cache}/store`,
    `--config.cache-dir=${cache}/metadata`,
    '--config.package-import-method=copy',
    '--config.manage-package-manager-versions=false',
    '--config.confirm-modules-purge=false',
    '--config.prefer-symlinked-executables=true',
    '--reporter=append-only',
  ];
}

/** `web...` is the member and what it depends on; the root's packages are tools for the build. */
function filterFor({ part, manifest, root }: Project, extent: Extent): readonly string[] {
  if (part === '') return [];
  return [`--filter=${manifest.name}...`, ...(extent === 'all' ? [`--filter=${root.name}`] : [])];
}

/** Folders with the patches that package.json or pnpm-workspace.yaml name. */
function patchFolders(project: Project): readonly string[] {
  const files = project.workspace?.pnpmPatches ?? [];
  const { pnpm } = project.root.installParts as { pnpm?: { patchedDependencies?: Record<string, unknown> } };
  const named = Object.values(pnpm?.patchedDependencies ?? {}).filter((path): path is string => typeof path === 'string');
  return [...new Set([...files, ...named])].sort();
}
