import { digestOf, readProcfile, startsWeb, type BuildContext } from '../../../src/sdk/index.ts';
import { readDistributions } from './dist-info.ts';
import { installDependencies } from './layers/dependencies.ts';
import { rememberWantedPackages } from './layers/locked-packages.ts';
import { installPip } from './layers/pip.ts';
import { buildProjects, dropProjects, type BuiltProjects } from './layers/project.ts';
import { choosePython, installPython } from './layers/runtime.ts';
import { readPyproject } from './manifests/pyproject.ts';
import { choosePackageSource, type ChosenSource } from './package-sources.ts';
import { findVersionRequests } from './python-version.ts';
import { sitePackages } from './python.ts';
import type { Tools } from './run-pip.ts';
import { openSourceTree } from './source-tree.ts';
import { pythonSources } from './sources/python-sources.ts';
import { normalizeName } from './specifiers.ts';
import { findDjangoProject } from './start/django.ts';
import { chooseStart } from './start/start-command.ts';
import { collectStaticFiles } from './static-files.ts';
import { readVersionSources } from './version-sources.ts';
import type { WantedPackages } from './wanted-packages.ts';

/** Python, then the packages, then static files, then the start command. */
export async function build(context: BuildContext): Promise<void> {
  const { applicationDirectory, log } = context;
  // Everything that can be wrong in the application's own files is found before anything is fetched.
  const pyproject = readPyproject(applicationDirectory);
  const source = choosePackageSource(context, pyproject);
  const hasWebProcess = startsWeb(readProcfile(applicationDirectory));
  const requests = findVersionRequests(readVersionSources(context, pyproject));

  log.section('Python');
  const chosen = await choosePython(context, requests, pythonSources(context));
  const wanted = await rememberWantedPackages(context, chosen.version, source, pyproject);
  const python = await installPython(context, chosen);

  log.section('Packages');
  tellSource(context, source, wanted);
  const tools = await prepareTools(context, python, wanted);
  const projects = tools === undefined ? undefined : await prepareProjects(context, tools, wanted);
  const ofProjects = wanted.complete ? [] : (projects?.requirements ?? []);
  const environment = await installDependencies(context, python, tools, { wanted, ofProjects, projects: projects?.prefix });
  await projects?.install(environment.path);

  const tree = openSourceTree(applicationDirectory);
  const django = findDjangoProject(tree);
  const installed = [environment.path, ...(projects === undefined ? [] : [projects.prefix])].flatMap((prefix) =>
    readDistributions(sitePackages(prefix, python.version)),
  );
  const packages = new Set(installed.map(({ name }) => normalizeName(name)));
  if (django !== undefined && packages.has('django')) {
    log.section('Static files');
    const versions = digestOf(JSON.stringify(installed.map(({ name, version }) => [name, version])));
    await collectStaticFiles({ context, python, environment: environment.path, project: django, packages: versions });
  } else context.dropLayer('static-files');

  if (hasWebProcess) return;
  log.section('Start');
  const { command, explanation, warning } = chooseStart({ tree, packages, scripts: projects === undefined ? [] : (pyproject?.project?.scripts ?? []) });
  log.line(`web: ${explanation}`);
  if (warning !== undefined) log.warning(warning.message, warning.nextStep);
  context.addProcess({ type: 'web', command, default: true });
}

function tellSource({ log }: BuildContext, source: ChosenSource | undefined, wanted: WantedPackages): void {
  if (source === undefined) return log.line('No file names any packages');
  const { file, others, reason } = source;
  log.line(`${file} names the packages${reason === undefined ? '' : `: ${reason}`}`);
  for (const other of others) log.line(`${other} is not looked at, because ${file} counts first`);
  if (wanted.steps.length === 0 && wanted.projects.length === 0) log.line('The application depends on no packages');
  else if (!wanted.pinned)
    log.warning(`${file} leaves versions open: another build may hold others`, 'Commit a lockfile, or pin every version with "==" (`pip freeze` lists them).');
}

/** pip, when there is anything for it to do. */
async function prepareTools(context: BuildContext, python: Tools['python'], wanted: WantedPackages): Promise<Tools | undefined> {
  if (wanted.steps.length > 0 || wanted.projects.length > 0) return await installPip(context, python);
  for (const name of ['pip', 'pip-cache']) context.dropLayer(name);
  return undefined;
}

async function prepareProjects(context: BuildContext, tools: Tools, { projects }: WantedPackages): Promise<BuiltProjects | undefined> {
  if (projects.length > 0) return await buildProjects(context, tools, projects);
  dropProjects(context);
  return undefined;
}
