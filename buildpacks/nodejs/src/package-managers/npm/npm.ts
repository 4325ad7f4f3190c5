import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from '../../../../../src/sdk/index.ts';
import { describePackages } from '../../package-sbom.ts';
import { packageFolders } from '../../project.ts';
import type { FailurePatterns } from '../failures.ts';
import { downloadCache, installTool } from '../manager-tool.ts';
import type { Extent, OpenInputs, PackageManager, PackageManagerKind } from '../package-manager.ts';
import { runInstallation, runManager, type ManagerProgram } from '../run-manager.ts';
import { linkNpmPrograms, openBuilderPrograms, readBuilderNpm, type BuilderNpm } from './builder-npm.ts';
import { parseLockfile, readHiddenLockfile, requireInStep } from './npm-lockfile.ts';

const FAILURES: FailurePatterns = {
  outOfStep: /npm (?:error|ERR!) (?:code EUSAGE|`npm ci` can only install)[\s\S]*in sync/,
  unauthorized: /code E40[13]\b/,
  unreachable: /code (ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+)/,
  integrity: /code EINTEGRITY/,
  marker: 'npm error',
  update: 'npm install',
  lockfile: 'package-lock.json',
};

/** npm: the builder's own where it fits, because it costs no download. */
export const npmKind: PackageManagerKind = {
  name: 'npm',
  lockfiles: ['npm-shrinkwrap.json', 'package-lock.json'],
  checkLockfile(lockfile, project) {
    const parsed = parseLockfile(lockfile.text, lockfile.file);
    if (project.workspace === undefined) requireInStep(project.root, parsed, lockfile.file); // npm itself compares members
  },
  async open(inputs) {
    const builder = readBuilderNpm(inputs.context.env);
    const cache = await downloadCache(inputs.context, 'npm');
    const npm = await chooseNpm(inputs, builder);
    return createNpm(inputs, npm, cache);
  },
};

interface ChosenNpm extends Disposable {
  readonly version: string;
  readonly binDirectory: string;
  readonly cli: string;
  keepForLaunch(): Promise<void>;
}

async function chooseNpm(inputs: OpenInputs, builder: BuilderNpm | undefined): Promise<ChosenNpm> {
  const { context, request, runtime } = inputs;
  const fits =
    builder !== undefined &&
    satisfies(runtime.version, builder.node) &&
    (request === undefined || (request.hash === undefined && satisfies(builder.version, request.text)));
  if (fits) {
    const why = request === undefined ? 'the application asks for none' : `it satisfies "${request.text}" in ${request.source}`;
    context.choose({ name: 'npm', version: builder.version, reason: `the builder's own; ${why}` });
    return useBuilderNpm(inputs, builder);
  }
  const tool = await installTool(inputs, {
    name: 'npm',
    listed: 'npm',
    packageFor: () => 'npm',
    fallback: { text: '*', source: 'the default' },
    filter: (path) => !/^(?:docs|man)\//.test(path),
  });
  return {
    version: tool.version,
    binDirectory: tool.binDirectory,
    cli: join(tool.directory, 'bin/npm-cli.js'),
    keepForLaunch: () => Promise.resolve(tool.keepForLaunch()),
    [Symbol.dispose]: () => undefined,
  };
}

function useBuilderNpm({ context }: OpenInputs, builder: BuilderNpm): ChosenNpm {
  const programs = openBuilderPrograms(builder);
  return {
    version: builder.version,
    binDirectory: programs.directory!,
    cli: join(builder.directory, 'bin/npm-cli.js'),
    async keepForLaunch() {
      const outcome = await context.layer({
        name: 'npm',
        title: `npm ${builder.version}`,
        types: { cache: true },
        inputs: [{ name: 'npm version', value: builder.version, readable: true }],
        create: async (layer) => {
          const directory = join(layer.path, 'lib/npm');
          mkdirSync(join(layer.path, 'lib'), { recursive: true });
          await context.run({
            command: ['cp', '-R', builder.directory, directory],
            cwd: '/',
            env: { PATH: context.env['PATH'] ?? '' },
            output: (text) => context.log.output(text),
          });
          for (const folder of ['docs', 'man']) rmSync(join(directory, folder), { recursive: true, force: true });
          mkdirSync(join(layer.path, 'bin'), { recursive: true });
          linkNpmPrograms('../lib/npm', join(layer.path, 'bin'));
          return {};
        },
      });
      outcome.setTypes({ cache: true, launch: true });
    },
    [Symbol.dispose]: () => programs[Symbol.dispose](),
  };
}

function createNpm({ context, project, runtime }: OpenInputs, npm: ChosenNpm, cache: string): PackageManager {
  const program: ManagerProgram = {
    name: 'npm',
    runtime,
    command: [join(runtime.binDirectory, 'node'), npm.cli],
    path: [npm.binDirectory],
    env: { npm_config_cache: cache, npm_config_audit: 'false', npm_config_fund: 'false', npm_config_progress: 'false' },
    failures: FAILURES,
  };
  const locked = project.lockfile !== undefined;
  // With a member as the application, only its packages; the root's are tools for the build.
  const only = (extent: Extent) => (project.part === '' ? [] : ['--workspace', project.part, ...(extent === 'all' ? ['--include-workspace-root'] : [])]);
  const quiet = ['--prefer-offline'];
  return {
    name: 'npm',
    version: npm.version,
    settings: ['.npmrc'],
    layout: 'node_modules',
    selectsMembers: true,
    reduction: project.workspace === undefined ? 'prune' : 'reinstall',
    async install(directory, extent) {
      const args = [
        locked ? 'ci' : 'install',
        extent === 'all' ? '--include=dev' : '--omit=dev',
        ...(locked ? [] : ['--no-save', '--no-package-lock']),
        ...only(extent),
      ];
      await runInstallation(context, program, [...args, ...quiet], { cwd: directory, hidden: quiet });
    },
    async prune(directory) {
      const args = ['prune', '--omit=dev', '--ignore-scripts', '--no-save', ...only('production'), ...quiet];
      await runInstallation(context, program, args, { cwd: directory, hidden: quiet, action: 'remove devDependencies' });
    },
    describe(directory) {
      const hidden = readHiddenLockfile(directory);
      return Promise.resolve(describePackages(directory, packageFolders(project), ({ path }) => hidden.get(path)));
    },
    runScript: (script, cwd, env) => runManager(context, program, ['run', script], { cwd, env }),
    keepForLaunch: () => npm.keepForLaunch(),
    [Symbol.dispose]: () => npm[Symbol.dispose](),
  };
}
