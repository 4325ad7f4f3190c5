import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { BuildContext } from '../../../src/sdk/index.ts';
import { runBuildScript } from './build-script.ts';
import { installInPlace, reasonToInstallInPlace } from './install-in-place.ts';
import { installPackages, linkPackages } from './layers/dependencies.ts';
import { askNpmForRegistry, installNpm, requireRegistry } from './layers/npm.ts';
import { installRuntime, runtimePackage } from './layers/runtime.ts';
import { readLockfile, requireInStep, type Lockfile } from './lockfile.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { chooseNodeVersion, findVersionRequests } from './node-version.ts';
import { findRegistry, type Registry } from './npm-settings.ts';
import { fetchOfferedVersions } from './offered-versions.ts';
import type { Tools } from './run-npm.ts';
import { chooseProcesses, type BuiltApplication } from './start-command.ts';

/** Node.js, then the packages, then the build script, then the start command. */
export async function build(context: BuildContext): Promise<void> {
  // Everything that can be wrong in the application's own files is found before anything is fetched.
  const manifest = readManifest(context.applicationDirectory);
  const lockfile = manifest === undefined ? undefined : readLockfile(context.applicationDirectory);
  if (manifest !== undefined && lockfile !== undefined) requireInStep(manifest, lockfile);

  let found: Registry | undefined;
  const registry = async () =>
    (found ??= requireRegistry(
      await findRegistry({
        applicationDirectory: context.applicationDirectory,
        env: context.env,
        bindings: context.bindings,
        askNpm: () => askNpmForRegistry(context),
      }),
    ));

  context.log.section('Node.js');
  const runtime = await installNode(context, manifest, await registry());
  if (manifest === undefined || !hasWork(manifest, lockfile)) {
    if (manifest !== undefined) context.log.line('The application depends on no packages');
    addProcesses(context, manifest, undefined, undefined);
    return;
  }

  context.log.section('Packages');
  warnAboutLockfile(context, lockfile);
  using npm = await installNpm(context, manifest, runtime.version, registry);
  const cache = await context.layer({ name: 'npm-cache', title: "npm's cache", types: { cache: true }, inputs: [], create: () => ({}) });
  const tools: Tools = { runtime, npm, cacheDirectory: cache.layer.path };
  const developmentTree = await installAndBuild(context, tools, manifest, lockfile);
  if (addProcesses(context, manifest, developmentTree, lockfile)) await npm.keepForLaunch();
}

async function installNode(context: BuildContext, manifest: Manifest | undefined, registry: Registry) {
  const requests = findVersionRequests(manifest, { nvmrc: readText(context, '.nvmrc'), nodeVersion: readText(context, '.node-version') });
  const [request, ...others] = requests;
  const offered = await fetchOfferedVersions(context, registry, runtimePackage(context.target.architecture), undefined);
  const verified = new Map([...offered].filter(([, { integrity }]) => integrity?.includes('sha512-') === true));
  const chosen = chooseNodeVersion(request, [...verified.keys()], context.today);
  context.log.line(`Node.js ${chosen.version}: ${chosen.reason}`);
  for (const other of others) {
    if (other.text !== request!.text) context.log.line(`"${other.text}" in ${other.source} is not looked at, because ${request!.source} counts first`);
  }
  if (chosen.warning !== undefined) context.log.warning(chosen.warning, `Move ${request?.source ?? 'the application'} to a version that has.`);
  return await installRuntime(context, registry, chosen.version, verified);
}

/** Whether npm has anything to do. */
function hasWork(manifest: Manifest, lockfile: Lockfile | undefined): boolean {
  const named = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].some((table) => Object.keys(table).length > 0);
  return named || manifest.hasWorkspaces || (lockfile?.packages.size ?? 0) > 0 || manifest.scripts['build'] !== undefined || needsNpmToStart(manifest);
}

function needsNpmToStart(manifest: Manifest): boolean {
  return manifest.scripts['start'] !== undefined;
}

function warnAboutLockfile(context: BuildContext, lockfile: Lockfile | undefined): void {
  if (lockfile !== undefined) return;
  const other = ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock'].find((name) => existsSync(join(context.applicationDirectory, name)));
  const what = other === undefined ? 'There is no package-lock.json' : `There is a ${other} but no package-lock.json, and this buildpack installs with npm`;
  context.log.warning(`${what}: npm chooses the versions anew, so that another build may hold others`, 'Run `npm install` and commit package-lock.json.');
}

/** Installs the packages and runs the build script. Returns the tree with devDependencies, when there is one. */
async function installAndBuild(context: BuildContext, tools: Tools, manifest: Manifest, lockfile: Lockfile | undefined): Promise<string | undefined> {
  const inPlace = reasonToInstallInPlace(manifest, lockfile, (path) => existsSync(join(context.applicationDirectory, path)));
  if (inPlace !== undefined) {
    context.log.line(`Installing inside the application, because ${inPlace}; the packages are not kept between builds`);
    for (const name of ['dependencies', 'build-dependencies', 'build-output', 'build-cache']) context.dropLayer(name);
    await installInPlace({ context, tools, manifest, lockfile });
    return undefined;
  }
  const hasBuild = manifest.scripts['build'] !== undefined;
  const hasDevelopment =
    Object.keys(manifest.devDependencies).length > 0 &&
    (lockfile === undefined || lockfile.packages.size === 0 || [...lockfile.packages.values()].some(({ dev }) => dev));
  const packages = await installPackages({ context, tools, manifest, lockfile, needsDevelopmentTree: hasBuild && hasDevelopment });
  if (hasBuild) {
    context.log.section('Build script');
    await runBuildScript({ context, tools, manifest, packages });
  } else for (const name of ['build-output', 'build-cache']) context.dropLayer(name);
  linkPackages(context.applicationDirectory, packages.production);
  return packages.development;
}

/** Declares the processes. Returns whether one of them needs npm in the image. */
function addProcesses(context: BuildContext, manifest: Manifest | undefined, developmentTree: string | undefined, lockfile: Lockfile | undefined): boolean {
  context.log.section('Start');
  const processes = chooseProcesses(inspectApplication(context, manifest, developmentTree, lockfile));
  for (const { type, command, env, explanation, warnings } of processes) {
    context.log.line(`${type}: ${explanation}`);
    for (const warning of warnings) context.log.warning(warning);
    // A launcher runs programs, not command lines: `env` sets what the line set.
    const setting = env.map(([name, value]) => `${name}=${value}`);
    context.addProcess({ type, command: setting.length === 0 ? command : ['env', ...setting, ...command], default: type === 'web' });
  }
  return processes.some(({ needsNpm }) => needsNpm);
}

function inspectApplication(
  context: BuildContext,
  manifest: Manifest | undefined,
  developmentTree: string | undefined,
  lockfile: Lockfile | undefined,
): BuiltApplication {
  const root = context.applicationDirectory;
  const kind = (path: string) => statSync(join(root, path), { throwIfNoEntry: false });
  return {
    manifest,
    procfile: readText(context, 'Procfile'),
    isFile: (path) => kind(path)?.isFile() === true,
    isDirectory: (path) => kind(path)?.isDirectory() === true,
    resolveProgram(program) {
      const path = join(root, 'node_modules/.bin', program);
      if (!existsSync(path)) return undefined;
      const target = realpathSync(path);
      if (!/^#!.*\bnode\b/.test(firstLine(target))) return 'foreign';
      return { script: join('node_modules', relative(realpathSync(join(root, 'node_modules')), target)) };
    },
    isDevelopmentProgram(program) {
      if (developmentTree !== undefined && existsSync(join(developmentTree, '.bin', program))) return true;
      if (manifest?.devDependencies[program] !== undefined) return true;
      return lockfile?.packages.get(`node_modules/${program}`)?.dev === true;
    },
  };
}

function firstLine(file: string): string {
  return readFileSync(file, 'utf8').split('\n', 1)[0] ?? '';
}

function readText(context: BuildContext, name: string): string | undefined {
  const path = join(context.applicationDirectory, name);
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path, 'utf8') : undefined;
}
