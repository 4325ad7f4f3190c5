import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readProcfile, startsWeb, type BuildContext } from '../../../src/sdk/index.ts';
import { runBuildScripts } from './build-script.ts';
import { OUTPUT_ONLY } from './detect.ts';
import { outputMissing } from './errors.ts';
import { installInPlace, reasonToInstallInPlace } from './install-in-place.ts';
import { installPackages, type InstalledPackages } from './layers/packages.ts';
import type { Runtime } from './layers/runtime.ts';
import { installStartEnvironment } from './layers/start-environment.ts';
import { installNode } from './node.ts';
import { buildScripts } from './options.ts';
import { choosePackageManager, type ManagerChoice } from './package-managers/choose-package-manager.ts';
import { findRegistry, requireRegistry, type Registry } from './package-managers/npm-settings.ts';
import { askNpmForRegistry } from './package-managers/npm/builder-npm.ts';
import type { PackageManager } from './package-managers/package-manager.ts';
import { linkTree, unlinkTree } from './package-tree.ts';
import { packageFolders, readProject, type Project } from './project.ts';
import { inspectApplication } from './start/built-application.ts';
import { completeStandalone } from './start/framework-server.ts';
import { scriptProgram } from './start/script-program.ts';
import { chooseWebProcess, type StartProcess } from './start/start-command.ts';
import { findOutput, findStaticSite } from './static-sites/static-site.ts';

/** What the image is to hold: a server; files for a web server; or what another language's buildpack takes in. */
type Purpose = 'server' | 'files' | 'frontend';

/** Node.js, then the packages, then the build script, then the start command. */
export async function build(context: BuildContext): Promise<void> {
  // Everything that can be wrong in the application's own files is found before anything is fetched.
  const purpose = readPurpose(context);
  if (purpose === 'files') context.leaveUnmet('static-web');
  const choices: ManagerChoice[] = [];
  const project = await readProject(context.applicationDirectory, context.env, (root) => {
    choices.push(choosePackageManager(context.applicationDirectory, root));
    return choices[0]!.kind.lockfiles;
  });
  const choice = choices[0];
  if (project?.lockfile !== undefined) choice!.kind.checkLockfile(project.lockfile, project);
  const scripts = project === undefined ? [] : buildScripts(project.manifest, context.env);
  if (purpose === 'frontend' && scripts.length === 0) {
    context.log.line('package.json has no "build" script: there is no front end to build');
    return;
  }

  let found: Registry | undefined;
  const { applicationDirectory, env, bindings } = context;
  const registry = async () =>
    (found ??= requireRegistry(await findRegistry({ applicationDirectory, env, bindings, askNpm: () => askNpmForRegistry(context) })));
  context.log.section('Node.js');
  const runtime = await installNode(context, project, await registry(), purpose === 'server');
  if (project === undefined || !hasWork(project, scripts)) {
    if (project !== undefined) context.log.line('The application depends on no packages');
    await addProcesses(context, project, undefined, undefined);
    return;
  }

  context.log.section('Packages');
  describeChoice(context, choice!, project);
  using manager = await choice!.kind.open({ context, project, runtime, registry, request: choice!.request });
  const packages = await installAndBuild({ context, runtime, manager, project, scripts, purpose });
  if (purpose === 'server') await addProcesses(context, project, manager, packages);
  else requireOutput(context, project, scripts, purpose);
}

function readPurpose({ plan }: BuildContext): Purpose {
  if (plan.entries.some(({ name }) => name === 'frontend')) return 'frontend';
  return plan.entries.some(({ name, metadata }) => name === 'node' && metadata?.['output'] === OUTPUT_ONLY.output) ? 'files' : 'server';
}

/** Whether a package manager has anything to do. */
function hasWork({ root, manifest, workspace, lockfile }: Project, scripts: readonly string[]): boolean {
  const named = [root.dependencies, root.devDependencies, root.optionalDependencies].some((table) => Object.keys(table).length > 0);
  return (
    named || workspace !== undefined || (lockfile?.text.includes('node_modules/') ?? false) || scripts.length > 0 || manifest.scripts['start'] !== undefined
  );
}

function describeChoice(context: BuildContext, { kind, reason, ignored }: ManagerChoice, { lockfile }: Project): void {
  context.log.line(`${kind.name}: ${reason}`);
  if (ignored.length > 0)
    context.log.warning(
      `${ignored.join(' and ')} is not looked at, because ${kind.name} installs the packages`,
      `Remove the lockfiles of other package managers.`,
    );
  if (lockfile === undefined)
    context.log.warning(
      `There is no ${kind.lockfiles.at(-1)!}: ${kind.name} chooses the versions anew, so that another build may hold others`,
      `Run \`${kind.name} install\` and commit ${kind.lockfiles.at(-1)!}.`,
    );
}

interface Work {
  readonly context: BuildContext;
  readonly runtime: Runtime;
  readonly manager: PackageManager;
  readonly project: Project;
  readonly scripts: readonly string[];
  readonly purpose: Purpose;
}

/** Installs the packages and runs the scripts. Returns the trees, when the packages are in layers of their own. */
async function installAndBuild({ context, runtime, manager, project, scripts, purpose }: Work): Promise<InstalledPackages | undefined> {
  const forLaunch = purpose === 'server';
  const inPlace = manager.layout === 'pnp' ? undefined : reasonToInstallInPlace(project);
  if (inPlace !== undefined) {
    context.log.line(`Installing inside the application, because ${inPlace}; the packages are not kept between builds`);
    for (const name of ['dependencies', 'build-dependencies', 'build-output', 'build-cache']) context.dropLayer(name);
    await installInPlace({ context, manager, project, scripts, forLaunch });
    removeOtherMembers(project);
    return undefined;
  }
  const hasDevelopment = project.workspace !== undefined || Object.keys(project.root.devDependencies).length > 0;
  const all = !forLaunch || (scripts.length > 0 && hasDevelopment);
  const packages = await installPackages({ context, runtime, manager, project, wanted: { all, production: forLaunch } });
  if (scripts.length > 0) {
    context.log.section('Build script');
    await runBuildScripts({ context, manager, project, scripts, packages });
  } else for (const name of ['build-output', 'build-cache']) context.dropLayer(name);
  removeOtherMembers(project);
  unlinkTree(packages.development.folders, project.directory);
  if (packages.production !== undefined) linkTree(packages.production, project.directory);
  return packages;
}

/** With a member as the application, the image holds it and what it depends on. */
function removeOtherMembers({ directory, workspace }: Project): void {
  if (workspace?.app === undefined) return;
  const needed = new Set(workspace.needed.map(({ path }) => path));
  for (const { path } of workspace.members) {
    const holdsNeeded = [...needed].some((other) => other === path || other.startsWith(`${path}/`));
    if (!holdsNeeded) rmSync(join(directory, path), { recursive: true, force: true });
  }
}

function requireOutput(context: BuildContext, project: Project, scripts: readonly string[], purpose: Purpose): void {
  const site = purpose === 'files' ? findStaticSite(project.directory, project.manifest, scripts, project.part) : undefined;
  if (site === undefined) return;
  const output = findOutput(project.directory, site.output);
  if (output === undefined) throw outputMissing(site.generator, site.output);
  context.log.line(`${site.generator} made ${output}/, which a web server is to serve; the image holds no Node.js and no packages`);
}

/** Declares the web process, unless a Procfile does, and what the processes need. */
async function addProcesses(
  context: BuildContext,
  project: Project | undefined,
  manager: PackageManager | undefined,
  packages: InstalledPackages | undefined,
): Promise<void> {
  context.log.section('Start');
  const lines = readProcfile(context.applicationDirectory);
  const part = project?.part ?? '';
  const programs = Object.values(project?.manifest.scripts ?? {}).map((line) => scriptProgram(line, project!.manifest.scripts).program);
  const built = { root: context.applicationDirectory, part, manifest: project?.manifest, manager, development: packages?.development };
  const application = await inspectApplication(built, [...new Set(programs)]);
  const web = startsWeb(lines) ? undefined : chooseWeb(() => chooseWebProcess(application), lines.length > 0);
  if (web === undefined) context.log.line(`The Procfile says how to start: ${lines.map(({ type }) => type).join(', ')}`);
  else {
    context.log.line(`web: ${web.explanation}`);
    for (const warning of web.warnings) context.log.warning(warning);
    context.addProcess({
      type: 'web',
      command: web.command,
      default: true,
      ...(part === '' ? {} : { workingDirectory: join(context.applicationDirectory, part) }),
    });
    if (web.framework !== undefined) completeStandalone(join(context.applicationDirectory, part), web.framework);
    if (web.framework?.selfContained === true && packages !== undefined) leavePackagesOut(context, packages, project!);
  }
  await installStartEnvironment(context, [...new Set([part, ''])], web?.env ?? []);
  const inProcfile = manager !== undefined && lines.some(({ command }) => new RegExp(`\\b(?:${manager.name}|npx)\\b`).test(command));
  if (web?.needsManager === true || inProcfile) await manager?.keepForLaunch();
}

/** A Procfile without a web process is a way to start, too. */
function chooseWeb(choose: () => StartProcess, hasOther: boolean): StartProcess | undefined {
  try {
    return choose();
  } catch (error) {
    if (hasOther) return undefined;
    throw error;
  }
}

function leavePackagesOut(context: BuildContext, packages: InstalledPackages, project: Project): void {
  context.log.line('The server brings what it needs: node_modules stays out of the image');
  packages.leaveOut();
  unlinkTree(packageFolders(project), context.applicationDirectory);
}
