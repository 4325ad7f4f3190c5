import { join } from 'node:path';
import { lockfileOutOfStep } from '../../errors.ts';
import { describePackages } from '../../package-sbom.ts';
import { packageFolders, type Project } from '../../project.ts';
import type { FailurePatterns } from '../failures.ts';
import { downloadCache, installTool, readPrograms } from '../manager-tool.ts';
import { openBuilderPrograms, readBuilderNpm } from '../npm/builder-npm.ts';
import type { Extent, PackageManagerKind } from '../package-manager.ts';
import { runInstallation, runManager, type ManagerProgram } from '../run-manager.ts';
import { parseYarnLockfile, type YarnLockfile } from './yarn-lockfile.ts';

const FAILURES: FailurePatterns = {
  outOfStep: /error Your lockfile needs to be updated/,
  unauthorized: /(?:Request failed \\?"40[13] |error .*: (?:401|403) )/,
  unreachable: /error (?:An unexpected error occurred: ".*?)?\b(ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+)\b/,
  integrity: /error .*(?:Integrity check failed|Incorrect integrity when fetching)/,
  marker: 'error',
  update: 'yarn install',
  lockfile: 'yarn.lock',
};

/** Yarn 1. */
export const yarnKind: PackageManagerKind = {
  name: 'yarn',
  lockfiles: ['yarn.lock'],
  checkLockfile(lockfile, project) {
    requireInStep(parseYarnLockfile(lockfile.text, lockfile.file), project, lockfile.file);
  },
  async open({ context, project, runtime, ...inputs }) {
    const cache = await downloadCache(context, 'yarn');
    const tool = await installTool(
      { context, project, runtime, ...inputs },
      { name: 'yarn', listed: 'yarn', packageFor: () => 'yarn', fallback: { text: '1.x', source: 'the kind of yarn.lock' } },
    );
    const npm = openBuilderPrograms(readBuilderNpm(context.env));
    const program: ManagerProgram = {
      name: 'yarn',
      runtime,
      command: [join(runtime.binDirectory, 'node'), join(tool.directory, readPrograms(tool.directory)['yarn']!)],
      path: [tool.binDirectory, ...(npm.directory === undefined ? [] : [npm.directory])],
      env: { YARN_CACHE_FOLDER: cache },
      failures: FAILURES,
    };
    const lock = project.lockfile === undefined ? '--no-lockfile' : '--frozen-lockfile';
    const extentOf = (extent: Extent) => `--production=${extent === 'production'}`;
    const quiet = ['--non-interactive', '--no-progress', context.downloads.offline ? '--offline' : '--prefer-offline'];
    return {
      name: 'yarn',
      version: tool.version,
      settings: ['.npmrc', '.yarnrc'],
      layout: 'node_modules',
      selectsMembers: false,
      reduction: project.workspace === undefined ? 'prune' : 'reinstall',
      async install(directory, extent) {
        await runInstallation(context, program, ['install', lock, extentOf(extent), ...quiet], { cwd: directory, hidden: quiet });
      },
      // Yarn 1 has no other way to take packages out: it knows which compiled files to leave.
      async prune(directory) {
        const args = ['install', lock, extentOf('production'), '--ignore-scripts', ...quiet];
        await runInstallation(context, program, args, { cwd: directory, hidden: quiet, action: 'remove devDependencies' });
      },
      describe(directory) {
        const locked = project.lockfile === undefined ? undefined : parseYarnLockfile(project.lockfile.text, project.lockfile.file);
        return Promise.resolve(describePackages(directory, packageFolders(project), ({ name, version }) => locked?.packages.get(`${name}@${version}`)));
      },
      runScript: (script, cwd, env) => runManager(context, program, ['run', script], { cwd, env }),
      keepForLaunch: () => Promise.resolve(tool.keepForLaunch()),
      [Symbol.dispose]: () => npm[Symbol.dispose](),
    };
  },
};

/** Every range of package.json has an entry, or Yarn would have to change the file. Workspaces and resolutions are compared by Yarn itself. */
function requireInStep(lockfile: YarnLockfile, { root, workspace }: Project, file: string): void {
  if (workspace !== undefined || root.installParts['resolutions'] !== undefined) return;
  const wanted = { ...root.dependencies, ...root.devDependencies, ...root.optionalDependencies };
  const differences = Object.entries(wanted)
    .filter(([name, range]) => !/^(?:file:|link:|\.{0,2}\/)/.test(range) && !lockfile.patterns.has(`${name}@${range}`))
    .map(([name, range]) => `${name} is "${range}" in package.json and ${lockfile.has(name) ? 'another range' : 'missing'} in ${file}`);
  if (differences.length > 0) throw lockfileOutOfStep(file, differences, FAILURES.update);
}
